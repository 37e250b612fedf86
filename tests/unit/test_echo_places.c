/* The places for tests before a call: nobody takes those of others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "gate/echo_places.h"

#define START (7 * SECOND)

static struct echo_places places;

static int setup(void **state)
{
	(void)state;
	places = (struct echo_places){0};
	return 0;
}

static struct echo_place *take(const char *room, const char *attendee, int64_t now)
{
	struct refusal refusal = {0};
	struct echo_place *place = echo_place_take(&places, room, attendee, now, &refusal);

	if (place == NULL)
		assert_int_equal(refusal.code, REFUSED_LIMIT);
	return place;
}

/* As many tests as may be, of people who differ; each is ended at once when `ends`. */
static int crowd(const char *room, int wanted, int64_t now, bool ends)
{
	int count = 0;

	for (int i = 0; i < wanted; i++) {
		char attendee[16];
		struct echo_place *place;

		snprintf(attendee, sizeof attendee, "a%d", i);
		place = take(room, attendee, now);
		count += place != NULL;
		if (place != NULL && ends)
			place->in_use = false;
	}
	return count;
}

static void a_meeting_leaves_places_to_others(void **state)
{
	(void)state;
	assert_int_equal(crowd("one", ECHOES_MAX, START, false), ECHOES_ROOM_MAX);
	assert_non_null(take("two", "a0", START));
}

static void a_person_leaves_places_to_others_of_the_meeting(void **state)
{
	(void)state;
	for (int i = 0; i < ECHOES_ATTENDEE_MAX; i++)
		assert_non_null(take("one", "ann", START));
	assert_null(take("one", "ann", START));
	assert_non_null(take("one", "bob", START));
	assert_non_null(take("two", "ann", START));
}

static void all_meetings_together_have_a_limit(void **state)
{
	int count = 0;

	(void)state;
	for (int i = 0; i < 2 * ECHOES_MAX / ECHOES_ROOM_MAX; i++) {
		char room[16];

		snprintf(room, sizeof room, "r%d", i);
		count += crowd(room, ECHOES_ROOM_MAX, START, false);
	}
	assert_int_equal(count, ECHOES_MAX);
}

static void a_test_that_ends_soon_keeps_its_place_for_a_while(void **state)
{
	const int64_t later = START + ECHO_PLACE_TIME;

	(void)state;
	assert_int_equal(crowd("one", ECHOES_ROOM_MAX, START, true), ECHOES_ROOM_MAX);
	assert_null(take("one", "ann", later - 1));
	assert_non_null(take("two", "ann", later - 1));
	assert_int_equal(crowd("one", ECHOES_ROOM_MAX, later, true), ECHOES_ROOM_MAX);
}

static void a_test_that_goes_on_keeps_its_place(void **state)
{
	(void)state;
	assert_int_equal(crowd("one", ECHOES_ROOM_MAX, START, false), ECHOES_ROOM_MAX);
	assert_null(take("one", "ann", START + ECHO_LIFE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(a_meeting_leaves_places_to_others, setup),
	    cmocka_unit_test_setup(a_person_leaves_places_to_others_of_the_meeting, setup),
	    cmocka_unit_test_setup(all_meetings_together_have_a_limit, setup),
	    cmocka_unit_test_setup(a_test_that_ends_soon_keeps_its_place_for_a_while, setup),
	    cmocka_unit_test_setup(a_test_that_goes_on_keeps_its_place, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
