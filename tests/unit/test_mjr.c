/* Track files: what a reader gets of whole, cut and damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "mjr_fixture.h"

enum {
	PACKETS = 200,
	PAYLOAD = 100,
	FRAME = 10 + RTP_HEADER + PAYLOAD, /* of a packet in the file */
};

static size_t begin; /* where the first packet begins */

/* A file with PACKETS packets, 10 ms apart; the number of each is its sequence number. */
static void file_make(void)
{
	uint8_t payload[PAYLOAD];

	made_begin(HEADER_VIDEO);
	begin = made.len;
	for (unsigned i = 0; i < PACKETS; i++) {
		memset(payload, (int)i, sizeof payload);
		made_rtp(i * 10, i, i * 900, true, payload, sizeof payload);
	}
}

/* Reads the first `len` bytes of the file. Marks in `seen` which packets came, and checks that
 * their times rise and are at most that of the last packet. Returns how many came. */
static int file_read(size_t len, bool seen[static PACKETS])
{
	struct error error = {0};
	struct mjr_file file;
	struct mjr_cursor *cursor;
	struct mjr_packet packet;
	int64_t last = 0;
	int count = 0;

	memset(seen, 0, PACKETS * sizeof *seen);
	if (made_open_cut(len, &file, &error) != MJR_OPEN)
		fail_msg("refused: %s", error.message);
	cursor = mjr_cursor_new(&file);
	while (mjr_next(cursor, &packet)) {
		assert_true(packet.arrival >= last && packet.arrival <= (PACKETS - 1) * 10);
		last = packet.arrival;
		if (packet.len == RTP_HEADER + PAYLOAD && packet.data[3] < PACKETS)
			seen[packet.data[3]] = true;
		count++;
	}
	assert_int_equal(mjr_at(cursor), len);
	mjr_cursor_free(cursor);
	mjr_close(&file);
	return count;
}

static void a_whole_file_gives_each_packet_with_its_arrival(void **state)
{
	struct error error = {0};
	struct mjr_file file;
	struct mjr_cursor *cursor;
	struct mjr_packet packet;

	(void)state;
	file_make();
	assert_int_equal(made_open_cut(made.len, &file, &error), MJR_OPEN);
	assert_int_equal(file.header.kind, MEDIA_VIDEO);
	assert_int_equal(file.header.codec, CODEC_VP8);
	assert_int_equal(file.header.first, MADE_FIRST);
	cursor = mjr_cursor_new(&file);
	for (int i = 0; i < PACKETS; i++) {
		assert_true(mjr_next(cursor, &packet));
		assert_int_equal(packet.arrival, i * 10);
		assert_int_equal(packet.len, RTP_HEADER + PAYLOAD);
		assert_int_equal(packet.data[RTP_HEADER], i);
	}
	assert_false(mjr_next(cursor, &packet));
	assert_int_equal(mjr_skipped(cursor), 0);
	assert_int_equal(mjr_cut(cursor), 0);
	mjr_cursor_free(cursor);
	mjr_close(&file);
}

static void a_file_that_has_only_begun_is_empty_and_no_error(void **state)
{
	struct error error = {0};
	struct mjr_file file;

	(void)state;
	file_make();
	assert_int_equal(made_open_cut(0, &file, &error), MJR_EMPTY);
	assert_int_equal(made_open_cut(8, &file, &error), MJR_EMPTY);
}

static void a_file_without_a_whole_header_is_refused(void **state)
{
	static const size_t lengths[] = {1, 4, 7, 9, 10, 60};
	struct error error = {0};
	struct mjr_file file;

	(void)state;
	file_make();
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		assert_int_equal(made_open_cut(lengths[i], &file, &error), MJR_UNREADABLE);
		assert_true(strlen(error.message) > 0);
		error_clear(&error);
	}
}

static void headers_that_cannot_be_used_are_refused_with_a_reason(void **state)
{
	static const struct {
		const char *header, *reason;
	} cases[] = {
	    {"{", "damaged"},
	    {"[]", "neither"},
	    {"{\"t\":\"d\",\"c\":\"text\",\"s\":1,\"u\":1}", "neither"},
	    {"{\"t\":\"v\",\"c\":\"av1\",\"s\":1,\"u\":1}", "codec"},
	    {"{\"t\":\"v\",\"c\":\"opus\",\"s\":1,\"u\":1}", "codec"},
	    {"{\"t\":\"a\",\"c\":\"vp8\",\"s\":1,\"u\":1}", "codec"},
	    {"{\"t\":\"a\",\"c\":\"opus\",\"s\":1,\"u\":1,\"e\":true}", "encrypted"},
	    {"{\"t\":\"a\",\"c\":\"opus\",\"s\":1}", "times"},
	    {"{\"t\":\"a\",\"c\":\"opus\",\"s\":1,\"u\":-5}", "times"},
	    {"{\"t\":\"a\",\"c\":\"opus\",\"s\":1,\"u\":1.5}", "times"},
	};
	struct mjr_file file;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct error error = {0};

		made_begin(cases[i].header);
		assert_int_equal(made_open_cut(made.len, &file, &error), MJR_UNREADABLE);
		if (strstr(error.message, cases[i].reason) == NULL)
			fail_msg("%s: %s", cases[i].header, error.message);
		error_clear(&error);
	}
}

static void a_link_a_pipe_and_a_folder_are_refused(void **state)
{
	static const char *const names[] = {"link", "pipe", "dir", "none"};
	struct error none = {0};
	struct mjr_file file;

	(void)state;
	file_make();
	assert_int_equal(made_open_cut(made.len, &file, &none), MJR_OPEN);
	mjr_close(&file);
	assert_int_equal(symlinkat("made.mjr", made.fd, "link"), 0);
	assert_int_equal(mkfifoat(made.fd, "pipe", 0600), 0);
	assert_int_equal(mkdirat(made.fd, "dir", 0700), 0);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct error error = {0};

		assert_int_equal(mjr_open(made.fd, names[i], &file, &error), MJR_UNREADABLE);
		error_clear(&error);
	}
	unlinkat(made.fd, "link", 0);
	unlinkat(made.fd, "pipe", 0);
	unlinkat(made.fd, "dir", AT_REMOVEDIR);
}

/* As after a killed Janus: the file ends anywhere, mostly in the middle of a packet. */
static void a_cut_file_gives_all_whole_packets(void **state)
{
	bool seen[PACKETS];

	(void)state;
	file_make();
	for (size_t len = begin; len < made.len; len += 7) {
		int whole = (int)((len - begin) / FRAME);

		if (file_read(len, seen) != whole)
			fail_msg("%zu bytes", len);
		for (int i = 0; i < whole; i++)
			assert_true(seen[i]);
	}
}

/* Changes the byte at `offset` of packet `number`, and counts the packets that are then missing
 * besides that one and (as a damaged length may hide its beginning) the one after it. */
static void assert_one_byte(int number, size_t offset, uint8_t value)
{
	size_t at = begin + (size_t)number * FRAME + offset;
	uint8_t before = made.bytes[at];
	bool seen[PACKETS];

	made.bytes[at] = value;
	file_read(made.len, seen);
	for (int i = 0; i < PACKETS; i++) {
		if (!seen[i] && i != number)
			fail_msg("byte %zu of packet %d is 0x%02X: packet %d is missing", offset,
			    number, value, i);
	}
	made.bytes[at] = before;
}

static void a_broken_byte_costs_one_packet(void **state)
{
	static const uint8_t values[] = {0, 1, 0x7F, 0x80, 0xFF, 'M'};
	static const int numbers[] = {0, 1, PACKETS / 2, PACKETS - 2};

	(void)state;
	file_make();
	for (size_t n = 0; n < sizeof numbers / sizeof numbers[0]; n++) {
		for (size_t offset = 0; offset < 10; offset++) {
			for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
				assert_one_byte(numbers[n], offset, values[v]);
		}
	}
}

static void a_broken_length_of_the_last_packet_costs_no_other(void **state)
{
	bool seen[PACKETS];
	size_t at;

	(void)state;
	file_make();
	at = begin + (size_t)(PACKETS - 1) * FRAME + 8;
	made.bytes[at] = 0xFF;
	assert_int_equal(file_read(made.len, seen), PACKETS - 1);
}

static void garbage_in_the_middle_is_skipped_and_counted(void **state)
{
	struct error error = {0};
	struct mjr_file file;
	struct mjr_cursor *cursor;
	struct mjr_packet packet;
	uint8_t garbage[700000]; /* longer than what is read at once */
	int count = 0;

	(void)state;
	memset(garbage, 'M', sizeof garbage);
	made_begin(HEADER_VIDEO);
	made_vp8(0, 1, 0, 320, 180, 0);
	made_add(garbage, sizeof garbage);
	made_vp8(40, 2, 3600, 0, 0, 0);
	assert_int_equal(made_open_cut(made.len, &file, &error), MJR_OPEN);
	cursor = mjr_cursor_new(&file);
	while (mjr_next(cursor, &packet))
		count++;
	/* The packet before the garbage may be damaged too. */
	assert_true(count >= 1);
	assert_int_equal(packet.arrival, 40);
	assert_true(mjr_skipped(cursor) >= (int64_t)sizeof garbage);
	mjr_cursor_free(cursor);
	mjr_close(&file);
}

static void a_gap_of_hours_in_the_arrival_is_kept(void **state)
{
	enum { HOURS_2 = 7200000 };
	struct error error = {0};
	struct mjr_file file;
	struct mjr_cursor *cursor;
	struct mjr_packet packet;

	(void)state;
	made_begin(HEADER_VIDEO);
	made_vp8(0, 1, 0, 320, 180, 0);
	made_vp8(HOURS_2, 2, 3600, 0, 0, 0);
	made_vp8(HOURS_2 + 40, 3, 7200, 0, 0, 0);
	assert_int_equal(made_open_cut(made.len, &file, &error), MJR_OPEN);
	cursor = mjr_cursor_new(&file);
	assert_true(mjr_next(cursor, &packet) && packet.arrival == 0);
	assert_true(mjr_next(cursor, &packet) && packet.arrival == HOURS_2);
	assert_true(mjr_next(cursor, &packet) && packet.arrival == HOURS_2 + 40);
	mjr_cursor_free(cursor);
	mjr_close(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_whole_file_gives_each_packet_with_its_arrival),
	    cmocka_unit_test(a_file_that_has_only_begun_is_empty_and_no_error),
	    cmocka_unit_test(a_file_without_a_whole_header_is_refused),
	    cmocka_unit_test(headers_that_cannot_be_used_are_refused_with_a_reason),
	    cmocka_unit_test(a_link_a_pipe_and_a_folder_are_refused),
	    cmocka_unit_test(a_cut_file_gives_all_whole_packets),
	    cmocka_unit_test(a_broken_byte_costs_one_packet),
	    cmocka_unit_test(a_broken_length_of_the_last_packet_costs_no_other),
	    cmocka_unit_test(garbage_in_the_middle_is_skipped_and_counted),
	    cmocka_unit_test(a_gap_of_hours_in_the_arrival_is_kept),
	};

	return cmocka_run_group_tests(tests, made_setup, made_teardown);
}
