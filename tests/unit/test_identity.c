/* Removing a person's identity from JSON text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "meeting/identity.h"

static const struct alias aliases[] = {
    {ALIAS_ATTENDEE, "ann@example.org", "erased-1"},
    {ALIAS_NAME, "Ann", "erased-1"},
    {ALIAS_PARTICIPANT, "p-1", "erased-1-x"},
};
static const struct identity ann = {aliases, sizeof aliases / sizeof aliases[0]};

static void assert_erased(const char *text, const char *expected)
{
	const char *result = identity_erase(arena, &ann, text);

	assert_non_null(result);
	assert_string_equal(result, expected);
}

static void every_alias_is_replaced_everywhere(void **state)
{
	(void)state;
	assert_erased(
	    "{\"attendee\":\"ann@example.org\",\"name\":\"Ann\",\"participantId\":\"p-1\"}",
	    "{\"attendee\":\"erased-1\",\"name\":\"erased-1\",\"participantId\":\"erased-1-x\"}");
	assert_erased("[\"bob\",\"ann@example.org\"]", "[\"bob\",\"erased-1\"]");
	assert_erased("\"\\u0041nn\"", "\"erased-1\"");
	assert_erased("{\"roles\":{\"ann@example.org\":[1,null,true,1.50]}}",
	    "{\"roles\":{\"erased-1\":[1,null,true,1.50]}}");
}

static void another_person_with_the_same_name_keeps_it(void **state)
{
	(void)state;
	assert_null(identity_erase(
	    arena, &ann, "{\"attendee\":\"ann-2\",\"name\":\"Ann\",\"more\":{\"name\":\"Ann\"}}"));
	assert_erased("[{\"attendee\":\"ann-2\",\"name\":\"Ann\"},{\"name\":\"Ann\"}]",
	    "[{\"attendee\":\"ann-2\",\"name\":\"Ann\"},{\"name\":\"erased-1\"}]");
	assert_erased("{\"attendee\":\"ann-2\",\"by\":\"ann@example.org\"}",
	    "{\"attendee\":\"ann-2\",\"by\":\"erased-1\"}");
}

static void text_that_only_contains_an_alias_stays(void **state)
{
	(void)state;
	assert_null(
	    identity_erase(arena, &ann, "{\"name\":\"Annabel\",\"title\":\"Talk with Ann\"}"));
}

static void text_that_is_not_json_stays(void **state)
{
	(void)state;
	assert_null(identity_erase(arena, &ann, "everybody"));
	assert_null(identity_erase(arena, &ann, ""));
	assert_null(identity_erase(arena, &ann, "null"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_alias_is_replaced_everywhere),
	    cmocka_unit_test(another_person_with_the_same_name_keeps_it),
	    cmocka_unit_test(text_that_only_contains_an_alias_stays),
	    cmocka_unit_test(text_that_is_not_json_stays),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
