/* RTP packets, their clock, their order, and the lower envelope of their delays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "media/envelope.h"
#include "media/reorder.h"
#include "media/rtp.h"

enum { ORIENTATION = 4 };

/* ---- packets ---- */

static bool read_bytes(const uint8_t *data, size_t len, struct rtp_packet *packet)
{
	/* Memory of exactly this length, so that the sanitizer sees a read beyond the end. */
	uint8_t *copy = malloc(len);
	bool good;

	memcpy(copy, data, len);
	good = rtp_read(copy, len, ORIENTATION, packet);
	packet->payload = data + (packet->payload == NULL ? 0 : packet->payload - copy);
	free(copy);
	return good;
}

static void a_packet_is_read(void **state)
{
	static const uint8_t plain[] = {
	    0x80, 0xE0, 0x12, 0x34, 0xAB, 0xCD, 0xEF, 0x01, 0, 0, 0, 1, 'x', 'y'};
	static const uint8_t padded[] = {
	    0xA1, 0x60, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 9, 9, 9, 9, 'x', 0, 0, 3};
	static const uint8_t empty[] = {0xA0, 0x60, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 2};
	struct rtp_packet packet;

	(void)state;
	assert_true(read_bytes(plain, sizeof plain, &packet));
	assert_int_equal(packet.seq, 0x1234);
	assert_int_equal(packet.timestamp, 0xABCDEF01);
	assert_true(packet.marker);
	assert_int_equal(packet.len, 2);
	assert_int_equal(packet.payload[0], 'x');
	assert_int_equal(packet.orientation, -1);
	assert_true(read_bytes(padded, sizeof padded, &packet));
	assert_int_equal(packet.len, 1);
	assert_int_equal(packet.payload[0], 'x');
	assert_false(packet.marker);
	assert_true(read_bytes(empty, sizeof empty, &packet));
	assert_int_equal(packet.len, 0);
}

static void the_orientation_is_found_among_the_extensions(void **state)
{
	static const uint8_t one_byte[] = {0x90, 0x60, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xBE, 0xDE, 0,
	    2, 0x11, 1, 2, 0, 0x40, 3, 0, 0, 'x'};
	static const uint8_t two_byte[] = {0x90, 0x60, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x10, 0x00, 0,
	    2, 1, 0, 0, 4, 1, 2, 0, 0, 'x'};
	static const uint8_t other[] = {
	    0x90, 0x60, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xBE, 0xDE, 0, 1, 0x50, 3, 0, 0, 'x'};
	struct rtp_packet packet;

	(void)state;
	assert_true(read_bytes(one_byte, sizeof one_byte, &packet));
	assert_int_equal(packet.orientation, 3);
	assert_int_equal(packet.len, 1);
	assert_true(read_bytes(two_byte, sizeof two_byte, &packet));
	assert_int_equal(packet.orientation, 2);
	assert_true(read_bytes(other, sizeof other, &packet));
	assert_int_equal(packet.orientation, -1);
}

static void a_packet_that_contradicts_itself_is_refused(void **state)
{
	static const uint8_t version[] = {0x40, 0x60, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 'x'};
	static const uint8_t sources[] = {0x8F, 0x60, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 'x'};
	static const uint8_t extension[] = {
	    0x90, 0x60, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xBE, 0xDE, 0xFF, 0xFF, 'x', 'y'};
	static const uint8_t extension_cut[] = {
	    0x90, 0x60, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xBE, 0xDE, 0};
	static const uint8_t padding[] = {0xA0, 0x60, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 'x', 3};
	static const uint8_t padding_none[] = {0xA0, 0x60, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 'x', 0};
	uint8_t big[12 + RTP_PAYLOAD_MAX + 1] = {0x80};
	struct rtp_packet packet;

	(void)state;
	assert_false(read_bytes(version, sizeof version, &packet));
	assert_false(read_bytes(sources, sizeof sources, &packet));
	assert_false(read_bytes(extension, sizeof extension, &packet));
	assert_false(read_bytes(extension_cut, sizeof extension_cut, &packet));
	assert_false(read_bytes(padding, sizeof padding, &packet));
	assert_false(read_bytes(padding_none, sizeof padding_none, &packet));
	assert_false(read_bytes(version, 11, &packet));
	assert_false(read_bytes(big, sizeof big, &packet));
	assert_true(read_bytes(big, sizeof big - 1, &packet));
}

/* ---- the clock ---- */

static void timestamps_wrap_and_go_back_a_little(void **state)
{
	struct rtp_clock clock = {.rate = 90000};

	(void)state;
	assert_int_equal(rtp_clock_time(&clock, UINT32_MAX - 8999, 0), 0);
	assert_int_equal(rtp_clock_time(&clock, 0, 100), 100 * MILLISECOND);
	assert_int_equal(rtp_clock_time(&clock, 9000, 200), 200 * MILLISECOND);
	assert_int_equal(rtp_clock_time(&clock, UINT32_MAX - 8999, 210), 0);
	assert_int_equal(rtp_clock_time(&clock, 18000, 300), 300 * MILLISECOND);
}

static void a_jump_of_the_timestamps_alone_is_not_real(void **state)
{
	const uint32_t hours_6 = 6U * 3600 * 48000;
	struct rtp_clock clock = {.rate = 48000};

	(void)state;
	assert_int_equal(rtp_clock_time(&clock, 0, 0), 0);
	assert_int_equal(rtp_clock_time(&clock, hours_6, 20), 20 * MILLISECOND);
	assert_int_equal(rtp_clock_time(&clock, hours_6 + 960, 40), 40 * MILLISECOND);
	assert_int_equal(rtp_clock_time(&clock, 0, 60), 60 * MILLISECOND);
}

static void a_pause_that_the_arrival_shows_is_real(void **state)
{
	const uint32_t hours_2 = 2U * 3600 * 48000;
	struct rtp_clock clock = {.rate = 48000};

	(void)state;
	assert_int_equal(rtp_clock_time(&clock, 0, 0), 0);
	assert_int_equal(rtp_clock_time(&clock, hours_2, 7200500), 2 * HOUR);
}

/* ---- the order ---- */

/* The numbers that come out when these go in, one each 10 ms. */
static void assert_order(const int *in, size_t count, const int *expected, size_t expected_count)
{
	struct reorder *reorder = reorder_new();
	const struct timed_packet *packet;
	size_t got = 0;

	for (size_t i = 0; i <= count; i++) {
		if (i < count) {
			uint8_t payload = (uint8_t)in[i];

			reorder_add(reorder,
			    &(struct timed_packet){.arrival = (int64_t)i * 10,
				.rtp = {.seq = (uint16_t)in[i], .len = 1, .payload = &payload}});
		} else {
			reorder_end(reorder);
		}
		while ((packet = reorder_next(reorder)) != NULL) {
			assert_true(got < expected_count);
			assert_int_equal(packet->rtp.seq, (uint16_t)expected[got]);
			assert_int_equal(packet->rtp.payload[0], (uint8_t)expected[got]);
			got++;
			reorder_drop(reorder);
		}
	}
	assert_int_equal(got, expected_count);
	reorder_free(reorder);
}

#define ASSERT_ORDER(in, out)                                                                      \
	assert_order(in, sizeof in / sizeof in[0], out, sizeof out / sizeof out[0])

static void packets_come_out_in_order_and_once(void **state)
{
	/* The very first packet may come after the second. */
	static const int in[] = {65533, 65532, 65535, 65534, 65534, 0, 2, 1, 0, 3};
	static const int out[] = {65532, 65533, 65534, 65535, 65536, 65537, 65538, 65539};

	(void)state;
	ASSERT_ORDER(in, out);
}

static void a_packet_that_never_comes_is_given_up(void **state)
{
	static const int in[] = {1, 2, 4, 5};
	struct reorder *reorder = reorder_new();
	const struct timed_packet *packet;
	uint8_t payload = 0;
	int count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof in / sizeof in[0]; i++)
		reorder_add(
		    reorder, &(struct timed_packet){
				 .rtp = {.seq = (uint16_t)in[i], .len = 1, .payload = &payload}});
	reorder_add(reorder, &(struct timed_packet){.arrival = 1000,
				 .rtp = {.seq = 8, .len = 1, .payload = &payload}});
	for (; reorder_next(reorder) != NULL; count++)
		reorder_drop(reorder);
	assert_int_equal(count, 2); /* 3 may still come */
	reorder_add(reorder, &(struct timed_packet){.arrival = 3000,
				 .rtp = {.seq = 9, .len = 1, .payload = &payload}});
	for (; (packet = reorder_next(reorder)) != NULL; count++)
		reorder_drop(reorder);
	assert_int_equal(count, 6);
	assert_int_equal(reorder_lost(reorder), 3);
	reorder_free(reorder);
}

/* `odd` comes after 1000 packets; 1000 more follow. All but `lost` of them come out, in order. */
static void assert_odd_number(int odd, int lost)
{
	struct reorder *reorder = reorder_new();
	const struct timed_packet *packet;
	uint8_t payload = 0;
	int count = 0;

	for (int i = 0; i <= 2000; i++) {
		int seq = i == 1000 ? odd : 60000 + i;

		reorder_add(
		    reorder, &(struct timed_packet){.arrival = i * 10,
				 .rtp = {.seq = (uint16_t)seq, .len = 1, .payload = &payload}});
		if (i == 2000)
			reorder_end(reorder);
		for (; (packet = reorder_next(reorder)) != NULL; reorder_drop(reorder))
			count++;
	}
	if (count < 2000 - lost)
		fail_msg("number %d: %d packets came out", odd, count);
	reorder_free(reorder);
}

static void a_damaged_number_costs_that_packet(void **state)
{
	(void)state;
	for (int bit = 0; bit < 16; bit++)
		assert_odd_number(61000 ^ (1 << bit), 0);
}

static void numbers_that_begin_anew_are_followed(void **state)
{
	struct reorder *reorder = reorder_new();
	uint8_t payload = 0;
	int count = 0;

	(void)state;
	for (int i = 0; i < 200; i++) {
		int seq = i < 100 ? 30000 + i : 100 + i;

		reorder_add(
		    reorder, &(struct timed_packet){.arrival = i * 10,
				 .rtp = {.seq = (uint16_t)seq, .len = 1, .payload = &payload}});
		for (; reorder_next(reorder) != NULL; reorder_drop(reorder))
			count++;
	}
	assert_int_equal(count, 199);
	reorder_free(reorder);
}

/* ---- the envelope ---- */

static void the_envelope_is_the_smallest_delay_within_the_window(void **state)
{
	enum { COUNT = 3000, WINDOW = 500 };
	int64_t arrivals[COUNT], delays[COUNT];
	struct envelope *envelope = envelope_new(WINDOW);
	int added = 0;

	(void)state;
	srandom(1);
	for (int i = 0; i < COUNT; i++) {
		/* Steps of 10 ms, so that the envelope's own steps do not matter. */
		arrivals[i] = i == 0 ? 0 : arrivals[i - 1] + random() % 4 * 10;
		delays[i] = random() % 100000;
	}
	for (int i = 0; i < COUNT; i++) {
		int64_t smallest = INT64_MAX;

		for (; added < COUNT && arrivals[added] <= arrivals[i] + WINDOW; added++)
			envelope_add(envelope, arrivals[added], delays[added]);
		for (int j = 0; j < COUNT; j++) {
			if (arrivals[j] >= arrivals[i] - WINDOW &&
			    arrivals[j] <= arrivals[i] + WINDOW && delays[j] < smallest)
				smallest = delays[j];
		}
		assert_int_equal(envelope_at(envelope, arrivals[i]), smallest);
	}
	envelope_free(envelope);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_packet_is_read),
	    cmocka_unit_test(the_orientation_is_found_among_the_extensions),
	    cmocka_unit_test(a_packet_that_contradicts_itself_is_refused),
	    cmocka_unit_test(timestamps_wrap_and_go_back_a_little),
	    cmocka_unit_test(a_jump_of_the_timestamps_alone_is_not_real),
	    cmocka_unit_test(a_pause_that_the_arrival_shows_is_real),
	    cmocka_unit_test(packets_come_out_in_order_and_once),
	    cmocka_unit_test(a_packet_that_never_comes_is_given_up),
	    cmocka_unit_test(a_damaged_number_costs_that_packet),
	    cmocka_unit_test(numbers_that_begin_anew_are_followed),
	    cmocka_unit_test(the_envelope_is_the_smallest_delay_within_the_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
