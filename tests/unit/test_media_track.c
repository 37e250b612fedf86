/* Tracks: frames put together from packets, and the time of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "mjr_fixture.h"

enum { VIDEO_TICKS = 90, AUDIO_TICKS = 48 }; /* in a millisecond */

static struct mjr_file file;
static struct track *track;

static void track_open(void)
{
	track = made_track(&file);
}

static void track_close(void)
{
	track_free(track);
	mjr_close(&file);
}

/* The next frame's time in ms after the first packet's arrival; -1000 at the end. */
static double next_ms(struct sample *sample)
{
	return track_next(track, sample) ? (double)(sample->time - MADE_FIRST) / 1000 : -1000;
}

static uint8_t last_byte(const struct sample *sample)
{
	return sample->frame->bytes.data[sample->frame->bytes.len - 1];
}

/* Asserts that the frames that come are those with these last bytes. */
static void assert_frames(const uint8_t *expected, size_t count)
{
	struct sample sample;

	track_open();
	for (size_t i = 0; i < count; i++) {
		if (!track_next(track, &sample))
			fail_msg("frame %d is missing", expected[i]);
		assert_int_equal(last_byte(&sample), expected[i]);
	}
	assert_false(track_next(track, &sample));
}

/* ---- frames ---- */

static void pictures_before_the_first_key_frame_are_dropped(void **state)
{
	(void)state;
	made_begin(HEADER_VIDEO);
	made_vp8(0, 1, 0, 0, 0, 1);
	made_vp8(40, 2, 3600, 0, 0, 2);
	made_vp8(80, 3, 7200, 320, 180, 3);
	made_vp8(120, 4, 10800, 0, 0, 4);
	assert_frames((const uint8_t[]){3, 4}, 2);
	assert_int_equal(track_counts(track).dropped, 2);
	track_close();
}

static void a_frame_that_misses_a_packet_is_dropped_alone(void **state)
{
	static const uint8_t first[] = {0x10, 1, 0}, middle[] = {0x00, 5}, last[] = {0x00, 6};

	(void)state;
	made_begin(HEADER_VIDEO);
	made_vp8(0, 1, 0, 320, 180, 1);
	made_rtp(40, 2, 3600, false, first, sizeof first);
	made_rtp(40, 3, 3600, false, middle, sizeof middle);
	made_rtp(40, 4, 3600, true, last, sizeof last);
	made_rtp(80, 5, 7200, false, first, sizeof first); /* the packet 6 is lost */
	made_rtp(80, 7, 7200, true, last, sizeof last);
	made_vp8(120, 8, 10800, 0, 0, 8);
	made_rtp(160, 9, 14400, false, first, sizeof first); /* 10, its end, is lost */
	made_vp8(200, 11, 18000, 0, 0, 11);
	assert_frames((const uint8_t[]){1, 6, 8, 11}, 4);
	assert_int_equal(track_counts(track).lost, 2);
	assert_int_equal(track_counts(track).dropped, 2);
	track_close();
}

static void packets_that_come_late_or_twice_are_put_right(void **state)
{
	(void)state;
	made_begin(HEADER_VIDEO);
	made_vp8(0, 65534, 0, 320, 180, 1);
	made_vp8(80, 0, 7200, 0, 0, 3);
	made_vp8(90, 0, 7200, 0, 0, 3);
	made_vp8(400, 65535, 3600, 0, 0, 2);
	made_vp8(410, 1, 10800, 0, 0, 4);
	assert_frames((const uint8_t[]){1, 2, 3, 4}, 4);
	track_close();
}

static void a_change_of_size_is_seen_and_a_huge_picture_is_dropped(void **state)
{
	static const int sizes[][2] = {{16, 16}, {1280, 720}, {4096, 2160}};
	struct sample sample;

	(void)state;
	made_begin(HEADER_VIDEO);
	for (unsigned i = 0; i < 3; i++)
		made_vp8(i * 40, i, i * 3600, sizes[i][0], sizes[i][1], 0);
	made_vp8(120, 3, 10800, 4098, 16, 0);
	made_vp8(160, 4, 14400, 16, 2162, 0);
	made_vp8(200, 5, 18000, 0, 0, 0);
	track_open();
	for (int i = 0; i < 3; i++) {
		assert_true(track_next(track, &sample));
		assert_int_equal(sample.frame->width, sizes[i][0]);
		assert_int_equal(sample.frame->height, sizes[i][1]);
	}
	assert_true(track_next(track, &sample));
	assert_false(sample.frame->key);
	assert_int_equal(track_counts(track).dropped, 2);
	track_close();
}

static void packets_that_are_no_vp8_are_dropped(void **state)
{
	static const uint8_t cut[] = {0x90, 0x80}, key[] = {0x10, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0};

	(void)state;
	made_begin(HEADER_VIDEO);
	made_packet(0, "short", 5);
	made_rtp(0, 1, 0, true, cut, sizeof cut);
	made_rtp(40, 2, 3600, true, key, sizeof key); /* without the start code */
	made_vp8(80, 3, 7200, 320, 180, 3);
	assert_frames((const uint8_t[]){3}, 1);
	assert_int_equal(track_counts(track).bad, 1);
	track_close();
}

static void layers_of_a_vp9_picture_become_one_frame_with_an_index(void **state)
{
	/* Bits of the header: frame marker 2, profile 0, key frame, sync code, size 320x180. */
	static const uint8_t base[] = {0xA8, 0x80, 0x01, 0x10, /* descriptor: I L B E; S 0 */
	    0, 0x82, 0x49, 0x83, 0x42, 0x00, 0x13, 0xF0, 0x0B, 0x30, 7};
	static const uint8_t upper[] = {0xAC, 0x80, 0x01, 0x12, 0, 8, 9};
	static const uint8_t other[] = {0x8C, 0x80, 0x02, 0x86, 5};
	struct sample sample;
	size_t len;

	(void)state;
	made_begin("{\"t\":\"v\",\"c\":\"vp9\",\"s\":1,\"u\":1700000000000000}");
	made_rtp(0, 1, 0, false, base, sizeof base);
	made_rtp(0, 2, 0, true, upper, sizeof upper);
	made_rtp(40, 3, 3600, true, other, sizeof other);
	track_open();
	assert_true(track_next(track, &sample));
	assert_true(sample.frame->key);
	assert_int_equal(sample.frame->width, 320);
	assert_int_equal(sample.frame->height, 180);
	len = sample.frame->bytes.len;
	assert_int_equal(len, 10 + 2 + 2 + 2 * 4);
	assert_int_equal(sample.frame->bytes.data[len - 1], 0xD9); /* two frames, 4 bytes each */
	assert_int_equal(sample.frame->bytes.data[len - 9], 10);
	assert_int_equal(sample.frame->bytes.data[len - 5], 2);
	assert_true(track_next(track, &sample));
	assert_false(sample.frame->key);
	assert_int_equal(sample.frame->bytes.len, 2);
	track_close();
}

/* The parameter sets of a picture of 320x180, as x264 writes them. */
static const uint8_t sps[] = {0x67, 0x42, 0xC0, 0x0C, 0xDA, 0x05, 0x06, 0x7E, 0x7C, 0x04, 0x40,
    0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x0A, 0x23, 0xC5, 0x0A, 0xA8};
static const uint8_t pps[] = {0x68, 0xCE, 0x0F, 0xC8};

static void h264_pictures_get_their_parameter_sets(void **state)
{
	static const uint8_t idr[] = {0x65, 0x88, 0x84, 0x21}, slice[] = {0x41, 0x9A, 0x21};
	struct sample sample;

	(void)state;
	made_begin("{\"t\":\"v\",\"c\":\"h264\",\"s\":1,\"u\":1700000000000000}");
	made_rtp(0, 1, 0, true, idr, sizeof idr); /* before any set: it cannot be decoded */
	made_rtp(40, 2, 3600, false, sps, sizeof sps);
	made_rtp(40, 3, 3600, false, pps, sizeof pps);
	made_rtp(40, 4, 3600, true, idr, sizeof idr);
	made_rtp(80, 5, 7200, true, slice, sizeof slice);
	made_rtp(120, 6, 10800, true, idr, sizeof idr); /* its sets came before */
	track_open();
	assert_true(track_next(track, &sample));
	assert_true(sample.frame->key);
	assert_int_equal(sample.frame->width, 320);
	assert_int_equal(sample.frame->height, 180);
	assert_int_equal(sample.frame->setup_len, 4 + sizeof sps + 4 + sizeof pps);
	assert_true(track_next(track, &sample));
	assert_false(sample.frame->key);
	assert_true(track_next(track, &sample));
	assert_true(sample.frame->key);
	assert_int_equal(sample.frame->bytes.len, 4 + sizeof sps + 4 + sizeof pps + 4 + sizeof idr);
	track_close();
}

static void the_orientation_holds_until_it_changes(void **state)
{
	static const uint8_t turned[] = {0x90, 0xE0, 0, 2, 0, 0, 0x0E, 0x10, 0, 0, 0, 1, 0xBE, 0xDE,
	    0, 1, 0x40, 1, 0, 0, 0x10, 1, 0, 0, 2};
	struct sample sample;

	(void)state;
	made_begin("{\"t\":\"v\",\"c\":\"vp8\",\"s\":1,\"u\":1700000000000000,"
		   "\"x\":{\"4\":\"urn:3gpp:video-orientation\"}}");
	made_vp8(0, 1, 0, 320, 180, 1);
	made_packet(40, turned, sizeof turned);
	made_vp8(80, 3, 7200, 0, 0, 3);
	track_open();
	assert_true(track_next(track, &sample));
	assert_int_equal(sample.orientation, 0);
	assert_true(track_next(track, &sample));
	assert_int_equal(sample.orientation, 1);
	assert_true(track_next(track, &sample));
	assert_int_equal(sample.orientation, 1);
	track_close();
}

/* ---- times ---- */

/* A sender's frames: made at a time, on their way for some time; `slept` is what the sender's clock
 * does not know of. All in ms. */
struct sending {
	double made, way, slept;
};

/* How late is each frame in the worst case, after `settled` ms? The first packet's own way counts:
 * the file tells when it came, not when it was made. */
static double worst_error(const struct sending *frames, size_t count, double settled)
{
	const double first = frames[0].made + frames[0].way;
	struct sample sample;
	double worst = 0;

	track_open();
	for (size_t i = 0; i < count; i++) {
		double error = next_ms(&sample) - (frames[i].made - first);

		assert_int_equal(last_byte(&sample), i & 0xFF);
		if (frames[i].made >= settled && (error > worst || -error > worst))
			worst = error < 0 ? -error : error;
	}
	track_close();
	return worst;
}

/* Writes a video of these frames. The sender's clock is `drift` too fast. */
static void video_make(const struct sending *frames, size_t count, double drift)
{
	const double first = frames[0].made + frames[0].way;

	made_begin(HEADER_VIDEO);
	for (size_t i = 0; i < count; i++) {
		double ticks = (frames[i].made - frames[i].slept) * VIDEO_TICKS * (1 + drift);

		made_vp8((uint32_t)(frames[i].made + frames[i].way - first), (unsigned)i,
		    (uint32_t)(int64_t)ticks - 123456, i == 0 ? 320 : 0, 180, (uint8_t)i);
	}
}

enum { FRAMES = 24 * 120 }; /* two minutes of pictures */

static struct sending frames[FRAMES];

static void frames_plan(void)
{
	srandom(7);
	for (int i = 0; i < FRAMES; i++) {
		frames[i].made = i * 1000.0 / 24;
		frames[i].way = 10 + (double)(random() % 40);
		frames[i].slept = 0;
	}
	frames[FRAMES / 3].way = 10;
}

static void the_first_packet_may_come_late(void **state)
{
	(void)state;
	frames_plan();
	frames[0].way = 600; /* a big key frame over a slow line */
	for (int i = 1; i < 14; i++)
		frames[i].way = 600 - i * 40;
	video_make(frames, FRAMES, 0);
	assert_true(worst_error(frames, FRAMES, 0) <= 12);
}

static void a_stall_of_eight_seconds_does_not_shift_the_pictures(void **state)
{
	(void)state;
	frames_plan();
	for (int i = 24 * 50; i < 24 * 58; i++)
		frames[i].way = 10 + 8000 - (frames[i].made - frames[24 * 50].made);
	video_make(frames, FRAMES, 0);
	assert_true(worst_error(frames, FRAMES, 0) <= 12);
}

static void pictures_that_come_late_for_long_are_late_for_no_one(void **state)
{
	(void)state;
	frames_plan();
	/* 20 s of a full queue: 1.5 s on the way. */
	for (int i = 24 * 40; i < 24 * 60; i++)
		frames[i].way = 1500;
	video_make(frames, FRAMES, 0);
	assert_true(worst_error(frames, FRAMES, 0) <= 12);
}

static void a_clock_that_stood_still_is_right_again_at_once(void **state)
{
	(void)state;
	frames_plan();
	for (int i = FRAMES / 2; i < FRAMES; i++) {
		frames[i].made += 6000;
		frames[i].slept = 6000;
	}
	video_make(frames, FRAMES, 0);
	assert_true(worst_error(frames, FRAMES, 0) <= 12);
}

static void a_drifting_clock_is_followed(void **state)
{
	(void)state;
	frames_plan();
	video_make(frames, FRAMES, 200e-6); /* crystals are within 100 millionths */
	assert_true(worst_error(frames, FRAMES, 0) <= 20);
	video_make(frames, FRAMES, -200e-6);
	assert_true(worst_error(frames, FRAMES, 0) <= 20);
}

/* Writes the frames, and damages a byte of the arrival of packet `number`. */
static void damaged_make(int number, size_t byte, uint8_t value)
{
	const uint8_t *found = made.bytes;

	video_make(frames, FRAMES, 0);
	for (int i = 0; i <= number; i++)
		found = memmem(found + 1, made.len - (size_t)(found + 1 - made.bytes), "MEET", 4);
	made.bytes[(size_t)(found - made.bytes) + 4 + byte] = value;
}

/* One arrival that is too low would count for a minute around it: here it comes after a pause.
 * (Nothing contradicts its lowest byte.) */
static void a_damaged_arrival_shifts_nothing(void **state)
{
	static const uint8_t values[] = {0x00, 0x01, 0x7F, 0xFF};
	enum { DAMAGED = FRAMES / 2 };

	(void)state;
	frames_plan();
	for (int i = DAMAGED; i < FRAMES; i++)
		frames[i].made += 5000;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		for (size_t byte = 0; byte < 3; byte++) {
			damaged_make(DAMAGED, byte, values[i]);
			assert_true(worst_error(frames, DAMAGED - 1, 0) <= 42);
			assert_true(worst_error(frames, FRAMES, frames[DAMAGED + 1].made) <= 42);
		}
	}
}

static void a_frame_whose_arrival_is_not_sure_does_not_come_before_it_is_sent(void **state)
{
	struct sample sample;

	(void)state;
	made_begin(HEADER_VIDEO);
	made_vp8(1000, 1, 0, 320, 180, 1);
	made_vp8(8000, 2, 5 * 90000, 0, 0, 2);
	made_vp8(6000, 3, 5 * 90000 + 3600, 0, 0, 3);
	track_open();
	assert_true(next_ms(&sample) == 1000);
	assert_true(next_ms(&sample) <= 1001);
	track_close();
}

static void key_frames_of_one_moment_are_a_millisecond_apart(void **state)
{
	struct sample sample;
	double last = -1000;

	(void)state;
	made_begin(HEADER_VIDEO);
	made_vp8(0, 1, 0, 1280, 720, 1);
	made_vp8(40, 2, 3600, 320, 180, 2);
	made_vp8(40, 3, 3601, 640, 360, 3);
	made_vp8(40, 4, 3601, 1280, 720, 4);
	made_vp8(80, 5, 7200, 0, 0, 5);
	track_open();
	for (int i = 1; i <= 5; i++) {
		double ms = next_ms(&sample);

		assert_int_equal(last_byte(&sample), i);
		assert_true(ms >= last + 1);
		last = ms;
	}
	assert_true(last <= 80);
	track_close();
}

static void times_rise_and_stay_within_the_arrival_whatever_is_sent(void **state)
{
	struct sample sample;
	double last = -1e9, ms;

	(void)state;
	made_begin(HEADER_VIDEO);
	srandom(3);
	for (unsigned i = 0; i < 3000; i++) {
		/* First anything, then times that go back and forth. */
		uint32_t timestamp = i < 1500 ? (uint32_t)random() * 2 : i * 1800 + i % 3 * 4500;

		made_vp8(i * 20, i, timestamp, 320, 180, 0);
	}
	track_open();
	while ((ms = next_ms(&sample)) > -1000) {
		assert_true(ms > last && ms <= 3000 * 20 + 1000);
		last = ms;
	}
	track_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pictures_before_the_first_key_frame_are_dropped),
	    cmocka_unit_test(a_frame_that_misses_a_packet_is_dropped_alone),
	    cmocka_unit_test(packets_that_come_late_or_twice_are_put_right),
	    cmocka_unit_test(a_change_of_size_is_seen_and_a_huge_picture_is_dropped),
	    cmocka_unit_test(packets_that_are_no_vp8_are_dropped),
	    cmocka_unit_test(layers_of_a_vp9_picture_become_one_frame_with_an_index),
	    cmocka_unit_test(h264_pictures_get_their_parameter_sets),
	    cmocka_unit_test(the_orientation_holds_until_it_changes),
	    cmocka_unit_test(the_first_packet_may_come_late),
	    cmocka_unit_test(a_stall_of_eight_seconds_does_not_shift_the_pictures),
	    cmocka_unit_test(pictures_that_come_late_for_long_are_late_for_no_one),
	    cmocka_unit_test(a_clock_that_stood_still_is_right_again_at_once),
	    cmocka_unit_test(a_drifting_clock_is_followed),
	    cmocka_unit_test(a_damaged_arrival_shifts_nothing),
	    cmocka_unit_test(a_frame_whose_arrival_is_not_sure_does_not_come_before_it_is_sent),
	    cmocka_unit_test(key_frames_of_one_moment_are_a_millisecond_apart),
	    cmocka_unit_test(times_rise_and_stay_within_the_arrival_whatever_is_sent),
	};

	return cmocka_run_group_tests(tests, made_setup, made_teardown);
}
