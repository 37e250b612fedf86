/* The composed file: what the programs get, and what their answers mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "archive/compose.h"
#include "arena_fixture.h"
#include "base/buffer.h"
#include "base/clock.h"

#define NAME "ann[0:v];movie=/etc/passwd,'\\"

static const struct span all = {1 * SECOND, 5 * SECOND};
static const struct picture_size size = {1 * SECOND, 640, 360};
static const struct picture_turn turn = {1 * SECOND, 90, true};
static const struct recorded_track tracks[] = {
    {.file = "a.webm",
	.person = "a",
	.name = NAME,
	.has_sound = true,
	.from = 1 * SECOND,
	.to = 5 * SECOND,
	.pictures = &all,
	.picture_count = 1,
	.sizes = &size,
	.size_count = 1},
    {.file = "b.mkv",
	.person = "b",
	.name = NAME,
	.has_sound = true,
	.from = 1 * SECOND,
	.to = 5 * SECOND,
	.pictures = &all,
	.picture_count = 1,
	.sizes = &size,
	.size_count = 1,
	.turns = &turn,
	.turn_count = 1},
};
static const char *const labels[] = {"/w/label-0.png", "/w/label-1.png"};
static struct segment_plan plan;
static struct composing composing;

static int setup(void **state)
{
	arena_setup(state);
	plan = segments_plan(arena, tracks, 2, false);
	composing = (struct composing){.arena = arena, .plan = &plan, .tracks = "/t"};
	assert_int_equal(plan.segment_count, 2);
	return 0;
}

static const char *joined(const char *const *arguments)
{
	struct buffer text = buffer_new(arena, 1024);

	for (; *arguments != NULL; arguments++)
		buffer_printf(&text, " %s", *arguments);
	return text.text;
}

static void has(const char *const *arguments, const char *part)
{
	if (strstr(joined(arguments), part) == NULL)
		fail_msg("\"%s\" is not in%s", part, joined(arguments));
}

/* Between one input and the next, the demuxer and the protocols are said. */
static void inputs_are_forced(const char *const *arguments)
{
	bool demuxer = false, protocols = false;

	for (; *arguments != NULL; arguments++) {
		if (strcmp(*arguments, "-f") == 0)
			demuxer = true;
		if (strcmp(*arguments, "-protocol_whitelist") == 0)
			protocols = strcmp(arguments[1], "file,pipe") == 0;
		if (strcmp(*arguments, "-i") != 0)
			continue;
		assert_true(demuxer && protocols);
		assert_memory_equal(arguments[1], "file:/", 6);
		demuxer = protocols = false;
	}
}

static void every_list_forces_its_inputs_and_has_no_text_of_a_person(void **state)
{
	(void)state;
	for (int format = COMPOSE_MP4; format <= COMPOSE_WEBM; format++) {
		size_t count;
		struct compose_sound *sounds = compose_sounds(&composing, tracks, 2, &count);

		composing.format = (enum compose_format)format;
		{
			const char *const *const lists[] = {
			    compose_label(
				&composing, "/p/confab-media", &plan.labels[0], "/w/0.png"),
			    compose_segment(&composing, &plan.segments[1], labels, "/w/1.mp4"),
			    compose_mix(&composing, sounds, count, true, "/w/mix"),
			    compose_mix(&composing, sounds, count, false, "/w/part"),
			    compose_join(&composing, "/w/list", "/w/mix", "/w/out.part"),
			    compose_poster(&composing, "/w/out", "/w/poster.jpg"),
			    compose_thumbnails(&composing, "/w/out", "/w/strip.jpg"),
			    compose_probe(&composing, "/w/out"),
			    compose_decode(&composing, &plan.segments[0], "/w/out"),
			};

			for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
				inputs_are_forced(lists[i]);
				assert_null(strstr(joined(lists[i]), "passwd"));
				assert_int_equal(lists[i][0][0], '/');
			}
		}
	}
}

static void a_segment_has_whole_frames_and_each_picture_in_its_place(void **state)
{
	const char *const *list =
	    compose_segment(&composing, &plan.segments[1], labels, "/w/1.part");

	(void)state;
	has(list,
	    " -f matroska -threads 1 -reinit_filter 0 -an -ss 0.000000 -t 5.000000 -i file:/t/a.webm ");
	has(list, "[0:v]setpts=PTS-(0.000000)/TB,scale=640:360:");
	has(list,
	    "[1:v]setpts=PTS-(0.000000)/TB,scale=640:360:flags=bilinear,format=yuv420p,hflip,transpose=clock");
	has(list, " -f png_pipe -threads 1 -i file:/w/label-0.png ");
	has(list, "color=c=black:s=1280x640:r=24");
	has(list, "[c0][p0]overlay=x=0:y=140:");
	has(list, " -frames:v 96 ");
	has(list, " -f mp4 file:/w/1.part");
}

/* The picture goes on from the segment before: the last frame before the cut may be seen for long.
 */
static void a_segment_in_the_middle_of_a_picture_decodes_from_before_its_beginning(void **state)
{
	struct segment later = plan.segments[1];

	(void)state;
	later.first += 72;
	later.frames -= 72;
	has(compose_segment(&composing, &later, labels, "/w/1"),
	    " -ss 1.000000 -t 4.000000 -i file:/t/a.webm ");
	has(compose_segment(&composing, &later, labels, "/w/1"), "[0:v]setpts=PTS-(2.000000)/TB,");
}

static void a_segment_without_pictures_is_black(void **state)
{
	const char *const *list = compose_segment(&composing, &plan.segments[0], labels, "/w/0");

	(void)state;
	assert_null(strstr(joined(list), " -i "));
	has(list,
	    "-filter_complex color=c=black:s=1280x640:r=24,format=yuv420p[c0] -map [c0] -frames:v 24 ");
}

static void sound_begins_where_its_track_does(void **state)
{
	const struct compose_sound early = {.path = "/t/c.webm", .at = -2 * SECOND};
	size_t count;
	struct compose_sound *sounds = compose_sounds(&composing, tracks, 2, &count);
	const char *const *list = compose_mix(&composing, sounds, count, true, "/w/mix");

	(void)state;
	assert_int_equal(count, 2);
	has(list, "atrim=end_sample=48000");
	has(list, "amix=inputs=2:normalize=0:");
	has(list, " -t 5.000000 -c:a aac ");
	has(compose_mix(&composing, &early, 1, true, "/w/mix"), " -ss 2.000000 -i file:/t/c.webm ");
}

static void without_sound_there_is_silence(void **state)
{
	(void)state;
	has(compose_mix(&composing, NULL, 0, true, "/w/mix"),
	    "-filter_complex anullsrc=r=48000:cl=stereo[m] -map [m]");
}

static void the_list_says_how_long_each_segment_is(void **state)
{
	static const char *const names[] = {"0.mp4", "1.mp4"};

	(void)state;
	assert_string_equal(compose_list(&composing, names),
	    "ffconcat version 1.0\nfile 0.mp4\nduration 1.000000\nfile 1.mp4\nduration 4.000000\n");
}

static void thumbnails_are_at_most_a_hundred(void **state)
{
	struct compose_strip strip;

	(void)state;
	plan.duration = 0;
	assert_int_equal(compose_strip(&plan).count, 1);
	plan.duration = 12 * SECOND;
	strip = compose_strip(&plan);
	assert_int_equal(strip.interval, 5 * SECOND);
	assert_int_equal(strip.count, 3);
	assert_int_equal(strip.columns, 3);
	assert_int_equal(strip.rows, 1);
	assert_int_equal(strip.width, 160);
	assert_int_equal(strip.height, 80);
	plan.duration = 3 * HOUR;
	strip = compose_strip(&plan);
	assert_int_equal(strip.interval, 108 * SECOND);
	assert_int_equal(strip.count, 100);
	assert_int_equal(strip.rows, 10);
}

static void another_segment_has_another_name_and_the_same_one_the_same(void **state)
{
	struct segment *segment = &plan.segments[1];
	const char *name = compose_segment_name(&composing, segment);
	struct cell *cell;

	(void)state;
	assert_memory_equal(name, "segment-", 8);
	assert_string_equal(name + strlen(name) - 4, ".mp4");
	assert_int_equal(strlen(name), 28);
	plan = segments_plan(arena, tracks, 2, false);
	segment = &plan.segments[1];
	cell = &segment->cells[0];
	assert_string_equal(compose_segment_name(&composing, segment), name);
	assert_string_not_equal(compose_segment_name(&composing, &plan.segments[0]), name);
	cell->x += 2;
	assert_string_not_equal(compose_segment_name(&composing, segment), name);
	cell->x -= 2;
	plan.labels[cell->label].text = "Bob";
	assert_string_not_equal(compose_segment_name(&composing, segment), name);
	plan.labels[cell->label].text = NAME;
	cell->track = &tracks[1];
	assert_string_not_equal(compose_segment_name(&composing, segment), name);
	cell->track = &tracks[0];
	assert_string_equal(compose_segment_name(&composing, segment), name);
	composing.format = COMPOSE_WEBM;
	assert_string_not_equal(compose_segment_name(&composing, segment), name);
}

/* ---- answers ---- */

static bool checked(const char *answer, const char *wrong)
{
	struct error error = {0};
	bool good = compose_check(&composing, answer, strlen(answer), &error);

	if (!good && strstr(error.message, wrong) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", error.message, wrong);
	assert_int_equal(error.kind, good ? ERROR_NONE : ERROR_PROVIDER);
	error_clear(&error);
	return good;
}

#define STREAM(type, time) "{\"codec_type\":\"" type "\",\"duration\":\"" time "\"}"
#define FORMAT(time)       "\"format\":{\"duration\":\"" time "\"}"

static void a_file_with_both_streams_and_the_planned_length_is_good(void **state)
{
	(void)state;
	assert_true(checked("{\"streams\":[" STREAM("video", "5.000000") "," STREAM(
				"audio", "5.013333") "]," FORMAT("5.0133") "}",
	    ""));
	assert_true(
	    checked("{\"streams\":[{\"codec_type\":\"audio\"},{\"codec_type\":\"video\"}]," FORMAT(
			"4.1") "}",
		""));
}

static void a_file_that_is_short_or_lacks_a_stream_is_not_good(void **state)
{
	(void)state;
	assert_false(checked("", "cannot read"));
	assert_false(checked("{}", "0 streams of video"));
	assert_false(checked(
	    "{\"streams\":[" STREAM("video", "5.0") "]," FORMAT("5.0") "}", "0 streams of audio"));
	assert_false(checked("{\"streams\":[" STREAM("audio", "5.0") "," STREAM(
				 "video", "3.9") "]," FORMAT("5.0") "}",
	    "video is 3900 ms long"));
	assert_false(checked("{\"streams\":[" STREAM("audio", "5.0") "," STREAM(
				 "video", "5.0") "]," FORMAT("6.1") "}",
	    "6100 ms"));
	assert_false(checked("{\"streams\":[" STREAM("audio", "5.0") "," STREAM(
				 "video", "5.0") "]," FORMAT("N/A") "}",
	    "no duration"));
	assert_false(
	    checked("{\"streams\":[" STREAM("audio", "5.0") "," STREAM("video", "5.0") "]}",
		"no duration"));
}

static void progress_is_read_line_by_line(void **state)
{
	static const char *const lines[] = {"frame=0", "out_time_us=N/A", "frame=48", "fps=0.0",
	    "out_time_us=1958333", "out_time_ms=7", "frame=x", "out_time_us=-5",
	    "progress=continue"};
	struct compose_progress progress = {0};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		compose_progress_read(&progress, lines[i]);
	assert_int_equal(progress.frames, 48);
	assert_int_equal(progress.time, 1958333);
	assert_false(progress.ended);
	compose_progress_read(&progress, "progress=end");
	assert_true(progress.ended);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, arena_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(every_list_forces_its_inputs_and_has_no_text_of_a_person),
	    TEST(a_segment_has_whole_frames_and_each_picture_in_its_place),
	    TEST(a_segment_in_the_middle_of_a_picture_decodes_from_before_its_beginning),
	    TEST(a_segment_without_pictures_is_black),
	    TEST(another_segment_has_another_name_and_the_same_one_the_same),
	    TEST(sound_begins_where_its_track_does),
	    TEST(without_sound_there_is_silence),
	    TEST(the_list_says_how_long_each_segment_is),
	    TEST(thumbnails_are_at_most_a_hundred),
	    TEST(a_file_with_both_streams_and_the_planned_length_is_good),
	    TEST(a_file_that_is_short_or_lacks_a_stream_is_not_good),
	    TEST(progress_is_read_line_by_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
