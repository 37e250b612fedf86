/* Changes of a person's attendance after new facts, also after late ones and corrections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "base/clock.h"
#include "meeting/attendance_change.h"

enum {
	STAYS_MAX = 4,
	TEXT_MAX = 256,
};

#define IN TIME_NONE

static const struct connection ann = {.attendee = "ann"};

/* Times are small numbers; a stay whose end is IN goes on. */
struct stays {
	struct stay list[STAYS_MAX];
	size_t count;
};

static struct stays stays_of(size_t count, const int64_t times[][2], const char *left_event)
{
	struct stays stays = {.count = count};

	for (size_t i = 0; i < count; i++)
		stays.list[i] = (struct stay){.first = &ann,
		    .role = ROLE_PUBLISHER,
		    .joined_at = times[i][0],
		    .left_at = times[i][1],
		    .left_event = times[i][1] == IN ? NULL : left_event};
	return stays;
}

#define STAYS(event, ...)                                                                          \
	stays_of(sizeof((const int64_t[][2]){__VA_ARGS__}) / sizeof(int64_t[2]),                   \
	    (const int64_t[][2]){__VA_ARGS__}, event)
#define NOBODY ((struct stays){.count = 0})

/* The changes as text: "+10 -20" for "joined at 10, left at 20". */
static const char *changes_text(const struct attendance_changes *changes)
{
	char *text = arena_alloc(arena, TEXT_MAX);
	size_t len = 0;

	for (size_t i = 0; i < changes->count; i++) {
		const struct attendance_change *change = &changes->items[i];

		len += (size_t)snprintf(text + len, TEXT_MAX - len, "%s%c%lld%s%s",
		    i == 0 ? "" : " ", change->joined ? '+' : '-', (long long)change->at,
		    change->reason == NULL ? "" : " ",
		    change->reason == NULL ? "" : change->reason);
	}
	return text;
}

static const char *told(struct stays before, struct stays after)
{
	struct attendance_changes changes = {0};

	attendance_compare(arena, before.list, before.count, after.list, after.count, &changes);
	return changes_text(&changes);
}

static void joining_and_leaving_are_one_change_each(void **state)
{
	const struct stays in = STAYS("leaving", {10, IN}), out = STAYS("leaving", {10, 20});

	(void)state;
	assert_string_equal(told(NOBODY, in), "+10");
	assert_string_equal(told(in, in), "");
	assert_string_equal(told(in, out), "-20 left");
	assert_string_equal(told(out, out), "");
	assert_string_equal(told(out, STAYS("leaving", {10, 20}, {30, IN})), "+30");
	assert_string_equal(told(NOBODY, NOBODY), "");
}

static void a_stay_that_is_known_late_gives_both_changes(void **state)
{
	(void)state;
	assert_string_equal(told(NOBODY, STAYS("leaving", {10, 20})), "+10 -20 left");
	assert_string_equal(told(NOBODY, STAYS("leaving", {10, 20}, {30, IN})), "+10 -20 left +30");
	/* The end of a stay came before the beginning of the next one. */
	assert_string_equal(
	    told(STAYS("leaving", {10, IN}), STAYS("leaving", {10, 20}, {30, IN})), "-20 left +30");
}

static void a_correction_is_another_change(void **state)
{
	const struct stays in = STAYS("leaving", {10, IN}), lost = STAYS("lost", {10, 50});

	(void)state;
	assert_string_equal(told(lost, STAYS("leaving", {10, 30})), "-30 left");
	assert_string_equal(told(lost, STAYS("leaving", {10, 50})), "-50 left");
	assert_string_equal(told(STAYS("detached", {10, 50}), STAYS("leaving", {10, 50})), "");
	/* The event of another device comes late. */
	assert_string_equal(told(lost, in), "+10");
	assert_string_equal(told(in, STAYS("leaving", {5, IN})), "+5");
	assert_string_equal(told(STAYS("leaving", {10, 20}, {30, IN}), in), "+10");
	assert_string_equal(
	    told(STAYS("leaving", {10, 20}, {30, 40}), STAYS("leaving", {10, 40})), "-40 left");
}

static void the_last_change_tells_whether_the_person_is_in(void **state)
{
	const struct stays in = STAYS("leaving", {50, IN});

	(void)state;
	assert_string_equal(told(in, STAYS("leaving", {10, 20}, {50, IN})), "+10 -20 left +50");
	assert_string_equal(
	    told(STAYS("lost", {10, 30}, {50, IN}), STAYS("leaving", {10, 20}, {50, IN})),
	    "-20 left +50");
	assert_string_equal(
	    told(STAYS("leaving", {50, 60}), STAYS("leaving", {10, 20}, {50, 60})), "+10 -20 left");
}

static void a_change_has_the_person_and_the_role(void **state)
{
	const struct stays stays = STAYS("removed", {10, 20});
	struct attendance_changes changes = {0};

	(void)state;
	attendance_compare(arena, NULL, 0, stays.list, stays.count, &changes);
	assert_int_equal(changes.count, 2);
	for (size_t i = 0; i < changes.count; i++) {
		assert_string_equal(changes.items[i].attendee, "ann");
		assert_int_equal(changes.items[i].role, ROLE_PUBLISHER);
	}
	assert_null(changes.items[0].reason);
	assert_string_equal(changes.items[1].reason, "removed");
}

static void changes_of_many_people_are_kept(void **state)
{
	const struct stays stays = STAYS("leaving", {10, 20}, {30, 40}, {50, IN});
	struct attendance_changes changes = {0};

	(void)state;
	for (size_t i = 0; i < 100; i++)
		attendance_compare(arena, NULL, 0, stays.list, stays.count, &changes);
	assert_int_equal(changes.count, 500);
	for (size_t i = 0; i < changes.count; i++)
		assert_int_equal(changes.items[i].at, (int64_t)(10 + i % 5 * 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(joining_and_leaving_are_one_change_each),
	    cmocka_unit_test(a_stay_that_is_known_late_gives_both_changes),
	    cmocka_unit_test(a_correction_is_another_change),
	    cmocka_unit_test(the_last_change_tells_whether_the_person_is_in),
	    cmocka_unit_test(a_change_has_the_person_and_the_role),
	    cmocka_unit_test(changes_of_many_people_are_kept),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
