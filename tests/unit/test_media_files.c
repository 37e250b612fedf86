/* From track files to files that can be watched: names, people, sound without gaps. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "base/clock.h"
#include "media/shown.h"
#include "media/sound.h"
#include "media/webm.h"
#include "mjr_fixture.h"

enum { TICKS = 960 }; /* of 20 ms of sound */

#define PIECE  (20 * MILLISECOND)
#define DEVICE "AttendeeAttendee-device01"

/* ---- names ---- */

static void names_of_the_room_are_read(void **state)
{
	struct track_name parts;

	(void)state;
	assert_true(track_name_read(
	    arena, "a-room", "videoroom-a-room-user-" DEVICE "-17-audio-0.mjr", &parts));
	assert_string_equal(parts.participant, DEVICE);
	assert_string_equal(parts.attendee, "AttendeeAttendee");
	assert_false(parts.screen);
	assert_false(parts.open);
	assert_int_equal(parts.made, 17);
	assert_false(parts.is_video);
	assert_true(track_name_read(arena, "r",
	    "videoroom-r-user--_-_-_-_-_-_-_-_--_-_-_-_-screen-17-video-2.mjr.tmp", &parts));
	assert_string_equal(parts.participant, "-_-_-_-_-_-_-_-_--_-_-_-_-screen");
	assert_string_equal(parts.attendee, "-_-_-_-_-_-_-_-_");
	assert_true(parts.screen);
	assert_true(parts.open);
	assert_true(parts.is_video);
}

static void other_names_are_refused(void **state)
{
	static const char *const names[] = {"", "x.mjr", "videoroom-r-user-.mjr",
	    "videoroom-r-user-" DEVICE ".mjr", "videoroom-s-user-" DEVICE "-17-audio-0.mjr",
	    "videoroom-r-user-" DEVICE "-17-data-0.mjr", "videoroom-r-user-" DEVICE "-17-audio-0",
	    "videoroom-r-user-" DEVICE "-17-audio-.mjr",
	    "videoroom-r-user-" DEVICE "-x-audio-0.mjr",
	    "videoroom-r-user-" DEVICE "--1-audio-0.mjr", "videoroom-r-user-short-17-audio-0.mjr",
	    "videoroom-r-user-Attendee.Attende-device01-17-audio-0.mjr",
	    "videoroom-r-user-" DEVICE "-screen-screen-17-audio-0.mjr",
	    "videoroom-r-user-" DEVICE "-11111111111111111-audio-0.mjr"};
	struct track_name parts;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (track_name_read(arena, "r", names[i], &parts))
			fail_msg("%s is taken for a track file", names[i]);
	}
}

/* ---- sound ---- */

/* What a listener gets: the pieces one after the other. */
struct heard {
	int64_t start, end; /* µs after MADE_FIRST */
	int64_t silence;    /* µs */
	int packets;
	double worst; /* ms between a packet and its time */
};

/* Plays the made file. A packet's last byte and the order tell when it was made: made_ms[number].
 */
static struct heard listen(const double *made_ms)
{
	const struct chain_file files[] = {
	    {.name = "made.mjr", .kind = MEDIA_AUDIO, .first = MADE_FIRST}};
	struct mjr_file file;
	struct heard heard = {0};
	struct sound sound = {0};
	struct sound_piece piece;
	struct error error = {0};
	int number = 0;

	assert_int_equal(made_open_cut(made.len, &file, &error), MJR_OPEN);
	mjr_close(&file);
	sound.chain = chain_new(made.fd, files, 1);
	heard.start = heard.end = chain_sample(sound.chain)->time;
	sound_begin(&sound, heard.start);
	for (; sound_piece(&sound, &piece); sound_advance(&sound)) {
		assert_true(piece.time == heard.end);
		heard.end += piece.length;
		if (piece.silence) {
			heard.silence += piece.length;
			continue;
		}
		heard.packets++;
		while ((number & 0xFF) != piece.data[piece.len - 1])
			number++;
		if (made_ms != NULL) {
			double off = (double)(piece.time - MADE_FIRST) / 1000 - made_ms[number];

			off = off < 0 ? -off : off;
			heard.worst = off > heard.worst ? off : heard.worst;
		}
		number++;
	}
	chain_free(sound.chain);
	heard.start -= MADE_FIRST;
	heard.end -= MADE_FIRST;
	return heard;
}

static void sound_without_loss_is_left_as_it_is(void **state)
{
	struct heard heard;

	(void)state;
	made_begin(HEADER_AUDIO);
	for (unsigned i = 0; i < 500; i++)
		made_opus(i * 20, i, i * TICKS, (uint8_t)i);
	heard = listen(NULL);
	assert_int_equal(heard.packets, 500);
	assert_int_equal(heard.silence, 0);
	assert_int_equal(heard.end - heard.start, 500 * PIECE);
}

static void lost_packets_become_silence_of_their_length(void **state)
{
	double made_ms[500];
	struct heard heard;

	(void)state;
	made_begin(HEADER_AUDIO);
	for (unsigned i = 0; i < 500; i++) {
		made_ms[i] = i * 20;
		if (i % 50 != 20 && (i < 300 || i > 310))
			made_opus(i * 20, i, i * TICKS, (uint8_t)i);
	}
	heard = listen(made_ms);
	assert_int_equal(heard.packets, 479);
	assert_int_equal(heard.silence, 21 * PIECE);
	assert_true(heard.worst <= 1);
}

/* The microphone is off without a packet for a minute. */
static void a_pause_is_filled_with_silence(void **state)
{
	double made_ms[200];
	struct heard heard;

	(void)state;
	made_begin(HEADER_AUDIO);
	for (unsigned i = 0; i < 200; i++) {
		unsigned at = i * 20 + (i < 100 ? 0 : 60000);

		made_ms[i] = at;
		made_opus(at, i, at / 20 * TICKS, (uint8_t)i);
	}
	heard = listen(made_ms);
	assert_int_equal(heard.silence, 60 * SECOND);
	assert_true(heard.worst <= 1);
}

/* An overloaded browser loses sound, and its timestamps do not show it: here 100 ms each 2 s. */
static void sound_that_the_senders_clock_left_out_becomes_silence(void **state)
{
	enum { COUNT = 3000 };
	static double made_ms[COUNT];
	struct heard heard;

	(void)state;
	made_begin(HEADER_AUDIO);
	for (unsigned i = 0; i < COUNT; i++) {
		made_ms[i] = i * 20 + i / 100 * 100;
		made_opus((uint32_t)made_ms[i], i, i * TICKS, (uint8_t)i);
	}
	heard = listen(made_ms);
	assert_int_equal(heard.packets, COUNT);
	assert_true(
	    heard.end - heard.start >= (COUNT - 1) * PIECE + 29 * 100 * MILLISECOND - PIECE);
	assert_true(heard.worst <= 100 + 20); /* the window does not see a step at once */
}

static void packets_that_were_on_their_way_for_seconds_come_to_their_place(void **state)
{
	double made_ms[1000];
	struct heard heard;

	(void)state;
	made_begin(HEADER_AUDIO);
	for (unsigned i = 0; i < 1000; i++) {
		made_ms[i] = i * 20;
		made_opus(i >= 400 && i < 600 ? 12000 : i * 20, i, i * TICKS, (uint8_t)i);
	}
	heard = listen(made_ms);
	assert_int_equal(heard.packets, 1000);
	assert_true(heard.worst <= 60);
}

static void a_jump_of_six_hours_makes_no_hours_of_silence(void **state)
{
	const uint32_t hours_6 = 6U * 3600 * 48000;
	struct heard heard;

	(void)state;
	made_begin(HEADER_AUDIO);
	for (unsigned i = 0; i < 200; i++)
		made_opus(i * 20, i, i * TICKS + (i < 100 ? 0 : hours_6), (uint8_t)i);
	heard = listen(NULL);
	assert_int_equal(heard.packets, 200);
	assert_true(heard.end <= 4 * SECOND);
}

/* Too small a jump to be taken for one: what comes after it keeps its place. */
static void a_jump_of_eight_seconds_costs_little(void **state)
{
	struct heard heard;

	(void)state;
	made_begin(HEADER_AUDIO);
	for (unsigned i = 0; i < 500; i++)
		made_opus(i * 20, i, i * TICKS + (i < 100 ? 0 : 8 * 48000), (uint8_t)i);
	heard = listen(NULL);
	assert_true(heard.packets >= 400);
	assert_true(heard.end >= 10 * SECOND - PIECE && heard.end <= 10 * SECOND + 3 * PIECE);
}

/* A hundred times as many packets as there is time for. */
static void sound_never_becomes_longer_than_its_arrival(void **state)
{
	struct heard heard;

	(void)state;
	made_begin(HEADER_AUDIO);
	for (unsigned i = 0; i < 20000; i++)
		made_opus(i / 5, i, i * TICKS, (uint8_t)i);
	heard = listen(NULL);
	assert_true(heard.end <= 4 * SECOND + 100 * MILLISECOND);
}

static void packets_of_every_length_are_known(void **state)
{
	static const struct {
		uint8_t bytes[2];
		size_t len;
		int64_t length;
	} cases[] = {{{0x00}, 1, 10000}, {{0x18}, 1, 60000}, {{0x60}, 1, 10000}, {{0x78}, 1, 20000},
	    {{0x80}, 1, 2500}, {{0xF8}, 1, 20000}, {{0xF9}, 1, 40000}, {{0xFA}, 1, 40000},
	    {{0xFB, 3}, 2, 60000}, {{0xFB, 0xC6}, 2, 120000}, {{0x1B, 2}, 2, 120000},
	    {{0x1B, 3}, 2, 0}, {{0xFB, 0}, 2, 0}, {{0xFB}, 1, 0}, {{0}, 0, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(opus_length(cases[i].bytes, cases[i].len), cases[i].length);
}

/* ---- pictures of people ---- */

static void the_later_connection_of_a_person_has_the_picture(void **state)
{
	struct stretch camera = {.attendee = "a"}, other = {.attendee = "b"},
		       screen = {.attendee = "a", .screen = true};
	struct interval whole[] = {{0, 100}}, later[] = {{20, 40}, {50, 60}}, last[] = {{90, 120}};
	struct interval b[] = {{0, 100}}, shared[] = {{10, 30}};
	struct part parts[] = {
	    {.stretch = &camera, .to = 100, .pictures = whole, .picture_count = 1},
	    {.stretch = &other, .to = 100, .pictures = b, .picture_count = 1},
	    {.stretch = &camera, .from = 20, .to = 60, .pictures = later, .picture_count = 2},
	    {.stretch = &screen, .from = 10, .to = 30, .pictures = shared, .picture_count = 1},
	    {.stretch = &camera, .from = 90, .to = 120, .pictures = last, .picture_count = 1},
	};
	static const struct interval expected[] = {{0, 20}, {40, 50}, {60, 90}};

	(void)state;
	shown_find(arena, parts, sizeof parts / sizeof parts[0]);
	assert_int_equal(parts[0].picture_count, 3);
	assert_memory_equal(parts[0].pictures, expected, sizeof expected);
	assert_int_equal(parts[1].picture_count, 1);
	assert_int_equal(parts[2].picture_count, 2);
	assert_int_equal(parts[3].picture_count, 1);
	assert_int_equal(parts[4].picture_count, 1);
}

/* ---- the disk ---- */

/* Writes a file of about 2 MB, with a limit for its size. */
static bool file_write(rlim_t limit, struct error *error)
{
	static uint8_t data[2000];
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY}, least = {limit, RLIM_INFINITY};
	struct webm *webm = webm_new(
	    &(struct webm_plan){
		.folder = made.fd, .path = made.folder, .name = "out.webm", .audio = true},
	    error);
	int64_t size;
	bool good = true;

	assert_non_null(webm);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &least), 0);
	for (int i = 0; i < 1000 && good; i++)
		good = webm_audio(webm, data, sizeof data, i * PIECE, PIECE, error);
	if (good)
		good = webm_finish(webm, &size, error);
	else
		webm_abandon(webm);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	return good;
}

static void a_full_disk_is_an_error_and_leaves_nothing(void **state)
{
	struct error error = {0};
	struct stat status;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_true(file_write(RLIM_INFINITY, &error));
	assert_int_equal(fstatat(made.fd, "out.webm", &status, 0), 0);
	unlinkat(made.fd, "out.webm", 0);
	/* At the beginning, in the middle, and with the last bytes. */
	for (rlim_t limit = 1; limit < (rlim_t)status.st_size;
	     limit += (rlim_t)status.st_size / 7) {
		assert_false(file_write(limit, &error));
		assert_non_null(strstr(error.message, "out.webm.part"));
		error_clear(&error);
	}
	assert_false(file_write((rlim_t)status.st_size - 1, &error));
	error_clear(&error);
	assert_int_not_equal(fstatat(made.fd, "out.webm", &status, 0), 0);
	assert_int_not_equal(fstatat(made.fd, "out.webm.part", &status, 0), 0);
}

static void what_cannot_be_in_a_file_is_another_error_than_the_disk(void **state)
{
	const struct frame frame = {.key = true}; /* without a size */
	const struct frame good = {.key = true, .width = 16, .height = 16};
	struct webm_plan plan = {
	    .folder = made.fd, .path = made.folder, .name = "out.webm", .video = &frame};
	struct error error = {0};
	struct stat status;

	(void)state;
	assert_null(webm_new(&plan, &error));
	assert_int_equal(error.kind, ERROR_MALFORMED);
	error_clear(&error);
	assert_int_not_equal(fstatat(made.fd, "out.webm.part", &status, 0), 0);
	plan.video = &good;
	plan.path = "/nowhere";
	assert_null(webm_new(&plan, &error));
	assert_int_equal(error.kind, ERROR_UNAVAILABLE);
	error_clear(&error);
}

static int setup(void **state)
{
	return arena_setup(state) != 0 || made_setup(state) != 0;
}

static int teardown(void **state)
{
	arena_teardown(state);
	return made_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_of_the_room_are_read),
	    cmocka_unit_test(other_names_are_refused),
	    cmocka_unit_test(sound_without_loss_is_left_as_it_is),
	    cmocka_unit_test(lost_packets_become_silence_of_their_length),
	    cmocka_unit_test(a_pause_is_filled_with_silence),
	    cmocka_unit_test(sound_that_the_senders_clock_left_out_becomes_silence),
	    cmocka_unit_test(packets_that_were_on_their_way_for_seconds_come_to_their_place),
	    cmocka_unit_test(a_jump_of_six_hours_makes_no_hours_of_silence),
	    cmocka_unit_test(a_jump_of_eight_seconds_costs_little),
	    cmocka_unit_test(sound_never_becomes_longer_than_its_arrival),
	    cmocka_unit_test(packets_of_every_length_are_known),
	    cmocka_unit_test(the_later_connection_of_a_person_has_the_picture),
	    cmocka_unit_test(a_full_disk_is_an_error_and_leaves_nothing),
	    cmocka_unit_test(what_cannot_be_in_a_file_is_another_error_than_the_disk),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
