/* The answer of `confab-media tracks`: what the plan of a composed file needs of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "meeting/recorded_tracks.h"

#define PICTURES     "\"pictures\":[{\"from\":1000,\"to\":4000},{\"from\":5000,\"to\":9000}]"
#define SIZES        "\"sizes\":[{\"at\":1000,\"width\":320,\"height\":180}]"
#define ORIENTATIONS "\"orientations\":[{\"at\":2000,\"degrees\":270,\"mirrored\":true}]"
#define TRACK(file, more)                                                                          \
	"{\"zero\":17,\"tracks\":[{\"file\":\"" file                                               \
	"\",\"participant\":\"AttendeeAttendee-device01\",\"attendee\":\"AttendeeAttendee\","      \
	"\"screen\":true,\"from\":0,\"to\":9000,\"audio\":\"opus\",\"video\":null," more "}]}"

static struct recorded_track *tracks;
static size_t count;

static bool read_answer(const char *text)
{
	struct json_object *answer;
	struct error error = {0};
	bool good;

	assert_true(json_parse(arena, text, strlen(text), &answer, &error));
	good = recorded_tracks_read(arena, answer, &tracks, &count, &error);
	assert_int_equal(error.kind, good ? ERROR_NONE : ERROR_INTERNAL);
	error_clear(&error);
	return good;
}

static void what_the_plan_needs_is_read(void **state)
{
	(void)state;
	assert_true(read_answer(TRACK("a-b_c.webm", PICTURES "," SIZES "," ORIENTATIONS)));
	assert_int_equal(count, 1);
	assert_string_equal(tracks[0].file, "a-b_c.webm");
	assert_string_equal(tracks[0].person, "AttendeeAttendee");
	assert_null(tracks[0].name);
	assert_true(tracks[0].is_screen);
	assert_true(tracks[0].has_sound);
	assert_int_equal(tracks[0].to, 9000);
	assert_int_equal(tracks[0].picture_count, 2);
	assert_int_equal(tracks[0].pictures[1].from, 5000);
	assert_int_equal(tracks[0].size_count, 1);
	assert_int_equal(tracks[0].sizes[0].height, 180);
	assert_int_equal(tracks[0].turn_count, 1);
	assert_int_equal(tracks[0].turns[0].degrees, 270);
	assert_true(tracks[0].turns[0].mirrored);
	assert_true(read_answer("{\"zero\":null,\"tracks\":[]}"));
	assert_int_equal(count, 0);
}

static void what_the_plan_cannot_use_is_an_error(void **state)
{
	static const char *const answers[] = {"{}", "[]", "{\"tracks\":[7]}",
	    TRACK("../a.webm", PICTURES "," SIZES "," ORIENTATIONS),
	    TRACK(".webm", PICTURES "," SIZES "," ORIENTATIONS),
	    TRACK("a b.webm", PICTURES "," SIZES "," ORIENTATIONS),
	    TRACK("a.webm", SIZES "," ORIENTATIONS), TRACK("a.webm", PICTURES "," ORIENTATIONS),
	    TRACK("a.webm", PICTURES "," SIZES),
	    TRACK("a.webm", "\"pictures\":[{\"from\":2,\"to\":1}]," SIZES "," ORIENTATIONS),
	    TRACK("a.webm",
		PICTURES ",\"sizes\":[{\"at\":0,\"width\":0,\"height\":1}]," ORIENTATIONS),
	    TRACK("a.webm",
		PICTURES ",\"sizes\":[{\"at\":0,\"width\":1,\"height\":16385}]," ORIENTATIONS),
	    TRACK("a.webm", PICTURES "," SIZES ",\"orientations\":[{\"at\":0,\"degrees\":45}]"),
	    TRACK("a.webm", PICTURES "," SIZES ",\"orientations\":[{\"at\":0,\"degrees\":360}]")};

	(void)state;
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		if (read_answer(answers[i]))
			fail_msg("it is used: %s", answers[i]);
	}
}

static void a_person_can_be_taken_out_of_the_list(void **state)
{
	const char *others;

	(void)state;
	assert_true(recorded_tracks_without(arena,
	    "[{\"attendee\":\"ann\",\"file\":\"1\"},{\"attendee\":\"bob\",\"file\":\"2\"}]", "ann",
	    &others));
	assert_string_equal(others, "[{\"attendee\":\"bob\",\"file\":\"2\"}]");
	assert_false(recorded_tracks_without(arena, "[{\"attendee\":\"bob\"}]", "ann", &others));
	assert_false(recorded_tracks_without(arena, "{", "ann", &others));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, arena_setup, arena_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(what_the_plan_needs_is_read),
	    TEST(what_the_plan_cannot_use_is_an_error),
	    TEST(a_person_can_be_taken_out_of_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
