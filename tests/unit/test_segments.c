/* The plan of a composed file: who is where in the picture, when; in any order of the tracks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "meeting/chapters.h"
#include "meeting/segments.h"

enum {
	TRACKS_MAX = 40,
	PERMUTATIONS = 200,
	RANDOM_PLANS = 200,
	PLAN_TEXT = 4096,
};

static struct recorded_track tracks[TRACKS_MAX];
static size_t track_count;
static struct span spans[TRACKS_MAX];
static struct picture_size sizes[TRACKS_MAX];

static int setup(void **state)
{
	track_count = 0;
	return arena_setup(state);
}

/* Adds a track with sound and, when `width` is not 0, a picture for the whole time. Milliseconds.
 */
static struct recorded_track *track_add(
    const char *person, int64_t from, int64_t to, int width, int height)
{
	struct recorded_track *track = &tracks[track_count];

	assert_true(track_count < TRACKS_MAX);
	from *= MILLISECOND;
	to *= MILLISECOND;
	spans[track_count] = (struct span){from, to};
	sizes[track_count] = (struct picture_size){from, width, height};
	*track =
	    (struct recorded_track){.file = arena_printf(arena, "%s-%zu.webm", person, track_count),
		.person = person,
		.name = person,
		.has_sound = true,
		.from = from,
		.to = to,
		.pictures = &spans[track_count],
		.picture_count = width > 0,
		.sizes = &sizes[track_count],
		.size_count = width > 0};
	track_count++;
	return track;
}

static struct recorded_track *screen_add(
    const char *person, int64_t from, int64_t to, int width, int height)
{
	struct recorded_track *track = track_add(person, from, to, width, height);

	track->is_screen = true;
	track->has_sound = false;
	return track;
}

static struct segment_plan plan(void)
{
	return segments_plan(arena, tracks, track_count, false);
}

/* The plan as text: "0-48 ann@0,0,640x360 bob@…". */
static const char *plan_text(const struct segment_plan *plan)
{
	struct buffer text = buffer_new(arena, PLAN_TEXT);

	buffer_printf(&text, "%dx%d", plan->width, plan->height);
	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *segment = &plan->segments[i];

		buffer_printf(
		    &text, "; %lld+%lld", (long long)segment->first, (long long)segment->frames);
		for (size_t j = 0; j < segment->cell_count; j++) {
			const struct cell *cell = &segment->cells[j];

			buffer_printf(&text, " %s%s@%d,%d,%dx%d", cell->track->person,
			    cell->track->is_screen ? "-screen" : "", cell->x, cell->y, cell->width,
			    cell->height);
			if (cell->degrees != 0 || cell->mirrored)
				buffer_printf(
				    &text, "/%d%s", cell->degrees, cell->mirrored ? "m" : "");
		}
		if (segment->more > 0)
			buffer_printf(&text, " %s", plan->labels[segment->more_label].text);
	}
	return text.text;
}

static void plan_is(const char *text)
{
	struct segment_plan made = plan();

	assert_string_equal(plan_text(&made), text);
}

/* ---- cuts ---- */

static void a_segment_begins_where_somebody_with_a_picture_comes_or_goes(void **state)
{
	(void)state;
	track_add("ann", 0, 10000, 640, 360);
	track_add("bob", 2000, 8000, 640, 360);
	track_add("cem", 4000, 6000, 0, 0); /* sound alone */
	plan_is(
	    "1280x360; 0+48 ann@320,0,640x360; 48+144 ann@0,0,640x360 bob@640,0,640x360; 192+48 "
	    "ann@320,0,640x360");
}

static void a_camera_that_is_off_has_no_place(void **state)
{
	static const struct span twice[] = {{0, 4 * SECOND}, {6 * SECOND, 10 * SECOND}};

	(void)state;
	track_add("ann", 0, 10000, 320, 180);
	tracks[0].pictures = twice;
	tracks[0].picture_count = 2;
	plan_is("320x180; 0+96 ann@0,0,320x180; 96+48; 144+96 ann@0,0,320x180");
}

static void a_segment_is_at_most_a_minute_long(void **state)
{
	(void)state;
	track_add("ann", 0, 150000, 320, 180);
	plan_is(
	    "320x180; 0+1440 ann@0,0,320x180; 1440+1440 ann@0,0,320x180; 2880+720 ann@0,0,320x180");
}

static void cuts_that_are_near_to_each_other_are_one(void **state)
{
	(void)state;
	track_add("ann", 0, 10000, 320, 180);
	track_add("bob", 200, 9800, 320, 180);
	track_add("cem", 5000, 9700, 320, 180);
	track_add("dan", 5400, 9600, 320, 180);
	plan_is("640x360; 0+120 ann@0,90,320x180 bob@320,90,320x180; 120+120 ann@0,0,320x180 "
		"bob@320,0,320x180 cem@0,180,320x180 dan@320,180,320x180");
}

static void what_is_left_at_the_end_is_never_a_tiny_segment(void **state)
{
	struct segment_plan made;

	(void)state;
	track_add("ann", 0, 60300, 320, 180);
	made = plan();
	assert_int_equal(made.segment_count, 2);
	assert_int_equal(made.segments[1].frames, SEGMENT_FRAMES_MIN);
	assert_int_equal(made.frames, 1447);
}

static void a_picture_of_a_moment_has_no_place(void **state)
{
	(void)state;
	track_add("ann", 0, 10000, 320, 180);
	track_add("bob", 5000, 5100, 320, 180);
	for (size_t i = 0; i < plan().segment_count; i++)
		assert_int_equal(plan().segments[i].cell_count, 1);
}

/* An hour with a cut every 700 ms: rounding each would add up to seconds. */
static void lengths_in_frames_do_not_drift(void **state)
{
	static struct span blinks[2000];
	struct segment_plan made;
	int64_t next = 0;

	(void)state;
	track_add("ann", 0, 3600000, 320, 180);
	for (size_t i = 0; i < 2000; i++)
		blinks[i] = (struct span){
		    (int64_t)i * 1400 * MILLISECOND, ((int64_t)i * 1400 + 700) * MILLISECOND};
	tracks[0].pictures = blinks;
	tracks[0].picture_count = 2000;
	made = plan();
	assert_int_equal(made.duration, HOUR);
	assert_int_equal(made.frames, 3600 * SEGMENT_RATE);
	for (size_t i = 0; i < made.segment_count; i++) {
		assert_int_equal(made.segments[i].first, next);
		next += made.segments[i].frames;
	}
	assert_int_equal(next, made.frames);
}

static void nothing_recorded_is_a_plan_without_segments(void **state)
{
	(void)state;
	assert_int_equal(plan().segment_count, 0);
	assert_int_equal(plan().duration, 0);
}

static void sound_alone_is_a_black_picture(void **state)
{
	(void)state;
	track_add("ann", 0, 2000, 0, 0);
	plan_is("320x180; 0+48");
}

/* ---- places ---- */

static void nothing_is_enlarged_and_all_have_their_shape(void **state)
{
	(void)state;
	track_add("ann", 0, 2000, 640, 360);
	track_add("bob", 0, 2000, 320, 240);
	plan_is("1280x360; 0+48 ann@0,0,640x360 bob@800,60,320x240");
}

static void large_pictures_become_smaller(void **state)
{
	(void)state;
	track_add("ann", 0, 2000, 1920, 1080);
	track_add("bob", 0, 2000, 1920, 1080);
	plan_is("1280x360; 0+48 ann@0,0,640x360 bob@640,0,640x360");
}

static void a_screen_is_large_with_people_beside_it(void **state)
{
	(void)state;
	screen_add("bob", 0, 2000, 1920, 1080);
	track_add("ann", 0, 2000, 640, 360);
	track_add("bob", 0, 2000, 640, 360);
	plan_is("1280x576; 0+48 bob-screen@0,0,1024x576 ann@1024,144,256x144 bob@1024,288,256x144");
}

static void the_seventeenth_picture_is_a_number(void **state)
{
	(void)state;
	for (int i = 0; i < 18; i++)
		track_add(arena_printf(arena, "p%02d", i), i, 2000, 640, 360);
	assert_int_equal(plan().segment_count, 1);
	assert_int_equal(plan().segments[0].cell_count, SEGMENT_PEOPLE_MAX);
	assert_int_equal(plan().segments[0].more, 2);
	assert_non_null(
	    strstr(plan_text(&(struct segment_plan[]){plan()}[0]), " p15@960,540,320x180 +2"));
}

static void a_turned_picture_has_the_place_of_an_upright_one(void **state)
{
	static const struct picture_turn turns[] = {{4 * SECOND, 90, false}};

	(void)state;
	track_add("ann", 0, 8000, 640, 360);
	tracks[0].turns = turns;
	tracks[0].turn_count = 1;
	plan_is("640x640; 0+96 ann@0,140,640x360; 96+96 ann@140,0,360x640/90");
}

static void a_smaller_picture_of_the_same_shape_makes_no_cut_and_another_shape_does(void **state)
{
	static const struct picture_size changing[] = {
	    {0, 320, 180}, {2 * SECOND, 640, 360}, {4 * SECOND, 480, 270}, {6 * SECOND, 480, 480}};

	(void)state;
	track_add("ann", 0, 8000, 320, 180);
	tracks[0].sizes = changing;
	tracks[0].size_count = 4;
	plan_is("640x480; 0+144 ann@0,60,640x360; 144+48 ann@80,0,480x480");
}

static void after_a_reload_the_person_keeps_the_place(void **state)
{
	(void)state;
	track_add("ann", 0, 4000, 320, 180);
	track_add("bob", 1, 8000, 320, 180);
	track_add("ann", 4200, 8000, 320, 180);
	plan_is("640x180; 0+96 ann@0,0,320x180 bob@320,0,320x180; 96+96 ann@0,0,320x180 "
		"bob@320,0,320x180");
}

static void a_name_is_drawn_once_for_each_size(void **state)
{
	struct segment_plan made;

	(void)state;
	track_add("ann", 0, 8000, 640, 360);
	track_add("ann", 20000, 28000, 640, 360);
	track_add("bob", 0, 8000, 640, 360)->name = "";
	screen_add("cem", 40000, 48000, 1920, 1080);
	made = plan();
	assert_int_equal(made.label_count, 2);
	assert_string_equal(made.labels[0].text, "ann");
	assert_int_equal(made.labels[0].width, 640);
	assert_int_equal(made.labels[0].height, 28);
	assert_string_equal(made.labels[1].text, "cem");
	assert_int_equal(made.segments[0].cells[1].label, LABEL_NONE);
}

static void the_poster_shows_as_many_as_possible(void **state)
{
	(void)state;
	track_add("ann", 0, 60000, 320, 180);
	track_add("bob", 20000, 30000, 320, 180);
	assert_int_equal(plan().poster_at, 25 * SECOND);
}

static void more_people_are_more_work_but_not_in_proportion(void **state)
{
	int64_t one, two;

	(void)state;
	track_add("ann", 0, 20000, 640, 360);
	track_add("bob", 10000, 20000, 640, 360);
	one = segment_work(&plan().segments[0]);
	two = segment_work(&plan().segments[1]);
	assert_int_equal(one * 14, two * 12);
}

/* ---- any order ---- */

static void shuffle(void)
{
	for (size_t i = track_count; i > 1; i--) {
		size_t j = (size_t)rand() % i; /* NOLINT(cert-msc30-c,cert-msc50-cpp) */
		struct recorded_track other = tracks[j];

		tracks[j] = tracks[i - 1];
		tracks[i - 1] = other;
	}
}

static int64_t dice(int64_t most)
{
	return (int64_t)(rand() % (int)most); /* NOLINT(cert-msc30-c,cert-msc50-cpp) */
}

static void tracks_random(void)
{
	static const struct {
		int width, height;
	} shapes[] = {{640, 360}, {320, 180}, {360, 640}, {1280, 720}, {0, 0}, {333, 251}};
	size_t count = 1 + (size_t)dice(TRACKS_MAX - 1);

	track_count = 0;
	for (size_t i = 0; i < count; i++) {
		int64_t from = dice(100000);
		size_t shape = (size_t)dice(sizeof shapes / sizeof shapes[0]);

		track_add(arena_printf(arena, "p%d", (int)dice(25)), from, from + 1 + dice(90000),
		    shapes[shape].width, shapes[shape].height);
		tracks[i].is_screen = dice(8) == 0;
	}
}

static void any_order_of_the_tracks_gives_the_same_plan(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 10; round++) {
		struct segment_plan made;
		const char *text, *chapters;

		tracks_random();
		made = plan();
		text = plan_text(&made);
		chapters = chapters_write(arena, tracks, track_count, made.duration);
		for (int i = 0; i < PERMUTATIONS; i++) {
			shuffle();
			made = plan();
			assert_string_equal(plan_text(&made), text);
			assert_string_equal(
			    chapters_write(arena, tracks, track_count, made.duration), chapters);
		}
	}
}

static void cells_are_good(const struct segment_plan *made, const struct segment *segment)
{
	for (size_t i = 0; i < segment->cell_count; i++) {
		const struct cell *cell = &segment->cells[i];

		assert_true(cell->x >= 0 && cell->x + cell->width <= made->width);
		assert_true(cell->y >= 0 && cell->y + cell->height <= made->height);
		assert_true(cell->width >= 2 && cell->width <= cell->track->sizes[0].width);
		assert_true(cell->height >= 2 && cell->height <= cell->track->sizes[0].height);
		assert_int_equal((cell->x | cell->y | cell->width | cell->height) & 1, 0);
		for (size_t j = 0; j < i; j++) {
			const struct cell *other = &segment->cells[j];

			assert_true(cell->x >= other->x + other->width ||
				    other->x >= cell->x + cell->width ||
				    cell->y >= other->y + other->height ||
				    other->y >= cell->y + cell->height);
			assert_false(cell->track->is_screen == other->track->is_screen &&
				     strcmp(cell->track->person, other->track->person) == 0);
		}
	}
}

static void every_plan_is_whole_and_each_picture_lies_free_on_the_canvas(void **state)
{
	(void)state;
	srand(2);
	for (int round = 0; round < RANDOM_PLANS; round++) {
		struct segment_plan made;
		int64_t next = 0;

		tracks_random();
		made = plan();
		assert_true(made.width <= CANVAS_WIDTH && made.height <= CANVAS_HEIGHT);
		assert_int_equal((made.width | made.height) & 1, 0);
		for (size_t i = 0; i < made.segment_count; i++) {
			const struct segment *segment = &made.segments[i];

			assert_int_equal(segment->first, next);
			assert_true(segment->frames <= SEGMENT_FRAMES_MAX);
			assert_true(
			    segment->frames >= SEGMENT_FRAMES_MIN || made.segment_count == 1);
			cells_are_good(&made, segment);
			next += segment->frames;
		}
		assert_int_equal(next, made.frames);
	}
}

/* The tracks as they were at `now`, while they were recorded. */
static struct segment_plan plan_at(int64_t now)
{
	struct recorded_track *known = arena_alloc(arena, sizeof tracks);
	size_t count = 0;

	for (size_t i = 0; i < track_count; i++) {
		struct span *picture = arena_alloc(arena, sizeof *picture);

		if (tracks[i].from >= now)
			continue;
		known[count] = tracks[i];
		known[count].to = tracks[i].to < now ? tracks[i].to : now;
		*picture = (struct span){tracks[i].from, known[count].to};
		known[count++].pictures = picture;
	}
	return segments_plan(arena, known, count, true);
}

/* All but the last two, which the end cuts. */
static void a_segment_that_has_ended_does_not_change(void **state)
{
	(void)state;
	srand(3);
	for (int round = 0; round < RANDOM_PLANS; round++) {
		struct segment_plan whole, early;

		tracks_random();
		whole = plan_at(INT64_MAX);
		early = plan_at((20 + dice(100)) * SECOND);
		for (size_t i = 0; i + 2 < early.segment_count; i++) {
			assert_int_equal(early.segments[i].frames, whole.segments[i].frames);
			assert_int_equal(
			    early.segments[i].cell_count, whole.segments[i].cell_count);
			for (size_t j = 0; j < early.segments[i].cell_count; j++) {
				const struct cell *a = &early.segments[i].cells[j];
				const struct cell *b = &whole.segments[i].cells[j];

				assert_string_equal(a->track->file, b->track->file);
				assert_true(a->x == b->x && a->y == b->y && a->width == b->width);
			}
		}
	}
}

/* ---- chapters ---- */

static void chapters_say_who_was_there_when(void **state)
{
	(void)state;
	track_add("ann", 0, 3661500, 640, 360);
	track_add("Bob <b>&\n-->", 20000, 60000, 0, 0);
	/* The page was loaded again, twice. */
	track_add("Bob <b>&\n-->", 65000, 66000, 0, 0);
	track_add("Bob <b>&\n-->", 75000, 90000, 0, 0);
	screen_add("ann", 30000, 40000, 640, 360);
	assert_string_equal(chapters_write(arena, tracks, track_count, plan().duration),
	    "WEBVTT\n"
	    "\n00:00:00.000 --> 00:00:20.000\nann\n"
	    "\n00:00:20.000 --> 00:01:30.000\nann, Bob &lt;b&gt;&amp; --&gt;\n"
	    "\n00:01:30.000 --> 01:01:01.500\nann\n");
}

static void a_time_without_anybody_has_no_chapter(void **state)
{
	(void)state;
	track_add("ann", 20000, 40000, 640, 360);
	track_add("bob", 100000, 120000, 640, 360);
	assert_string_equal(chapters_write(arena, tracks, track_count, plan().duration),
	    "WEBVTT\n"
	    "\n00:00:20.000 --> 00:00:40.000\nann\n"
	    "\n00:01:40.000 --> 00:02:00.000\nbob\n");
	track_count = 0;
	assert_string_equal(chapters_write(arena, tracks, 0, 0), "WEBVTT\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, arena_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(a_segment_begins_where_somebody_with_a_picture_comes_or_goes),
	    TEST(a_camera_that_is_off_has_no_place),
	    TEST(a_segment_is_at_most_a_minute_long),
	    TEST(cuts_that_are_near_to_each_other_are_one),
	    TEST(what_is_left_at_the_end_is_never_a_tiny_segment),
	    TEST(a_picture_of_a_moment_has_no_place),
	    TEST(lengths_in_frames_do_not_drift),
	    TEST(nothing_recorded_is_a_plan_without_segments),
	    TEST(sound_alone_is_a_black_picture),
	    TEST(nothing_is_enlarged_and_all_have_their_shape),
	    TEST(large_pictures_become_smaller),
	    TEST(a_screen_is_large_with_people_beside_it),
	    TEST(the_seventeenth_picture_is_a_number),
	    TEST(a_turned_picture_has_the_place_of_an_upright_one),
	    TEST(a_smaller_picture_of_the_same_shape_makes_no_cut_and_another_shape_does),
	    TEST(after_a_reload_the_person_keeps_the_place),
	    TEST(a_name_is_drawn_once_for_each_size),
	    TEST(the_poster_shows_as_many_as_possible),
	    TEST(more_people_are_more_work_but_not_in_proportion),
	    TEST(any_order_of_the_tracks_gives_the_same_plan),
	    TEST(every_plan_is_whole_and_each_picture_lies_free_on_the_canvas),
	    TEST(a_segment_that_has_ended_does_not_change),
	    TEST(chapters_say_who_was_there_when),
	    TEST(a_time_without_anybody_has_no_chapter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
