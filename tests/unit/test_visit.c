/* What a meeting's extMetadata says for the people who are invited. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "base/json.h"
#include "meeting/visit.h"

static struct json_object *parsed(const char *text)
{
	struct json_object *metadata = NULL;
	struct error error = {0};

	assert_true(json_parse(arena, text, strlen(text), &metadata, &error));
	return metadata;
}

static void named_members_are_read_and_nothing_else(void **state)
{
	struct visit visit;

	(void)state;
	visit = visit_read(
	    arena, parsed("{\"title\":\"  Check-up \",\"host\":\"Dr Meyer\",\"duration\":30,"
			  "\"timeZone\":\"Europe/Berlin\",\"branding\":{\"name\":\"Clinic\","
			  "\"color\":\"#0A7d55\",\"logo\":\"clinic.svg\"},\"secret\":\"x\"}"));
	assert_string_equal(visit.title, "Check-up");
	assert_string_equal(visit.host, "Dr Meyer");
	assert_int_equal(visit.duration, 30);
	assert_string_equal(visit.time_zone, "Europe/Berlin");
	assert_string_equal(visit.branding.name, "Clinic");
	assert_string_equal(visit.branding.color, "#0A7d55");
	assert_string_equal(visit.branding.logo, "clinic.svg");
	visit = visit_read(arena, parsed("{\"title\":null,\"branding\":null}"));
	assert_null(visit.title);
	assert_int_equal(visit.duration, 0);
}

#define CHARACTERS_30  "012345678901234567890123456789"
#define CHARACTERS_60  CHARACTERS_30 CHARACTERS_30
#define CHARACTERS_120 CHARACTERS_60 CHARACTERS_60

/* Checks that extMetadata with this member can be set, and that guests see nothing of it. */
static void assert_not_shown(const char *member)
{
	const char *text = arena_printf(arena, "{%s,\"kept\":1}", member);
	struct json_object *metadata = parsed(text);
	struct visit visit = visit_read(arena, metadata);
	struct error error = {0};

	assert_true(visit_good(arena, metadata, &error));
	assert_null(visit.title);
	assert_null(visit.host);
	assert_null(visit.time_zone);
	assert_int_equal(visit.duration, 0);
	assert_null(visit.branding.name);
	assert_null(visit.branding.color);
	assert_null(visit.branding.logo);
}

static void members_of_another_form_are_not_shown(void **state)
{
	static const char *const members[] = {
	    "\"title\":5",
	    "\"title\":\"\"",
	    "\"title\":\"  \"",
	    "\"title\":\"" CHARACTERS_120 "x\"",
	    "\"host\":{\"name\":\"Dr Meyer\"}",
	    "\"host\":\"" CHARACTERS_120 "x\"",
	    "\"duration\":0",
	    "\"duration\":30.5",
	    "\"duration\":\"30\"",
	    "\"duration\":1441",
	    "\"duration\":5400",
	    "\"timeZone\":\"Europe/Berlin<\"",
	    "\"timeZone\":\"\"",
	    "\"timeZone\":7",
	    "\"branding\":[]",
	    "\"branding\":\"x\"",
	    "\"branding\":{\"name\":[]}",
	    "\"branding\":{\"name\":\"" CHARACTERS_60 "x\"}",
	    "\"branding\":{\"color\":\"red\"}",
	    "\"branding\":{\"color\":\"#12345g\"}",
	    "\"branding\":{\"logo\":\"https://x.example/a.svg\"}",
	    "\"branding\":{\"logo\":\"../a.svg\"}",
	    "\"branding\":{\"logo\":\"a.html\"}",
	    "\"branding\":{\"logo\":\"a\\u0000.svg\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		assert_not_shown(members[i]);
}

static void an_unfit_member_leaves_the_others(void **state)
{
	struct visit visit = visit_read(
	    arena, parsed("{\"title\":5,\"host\":\"Dr Meyer\",\"branding\":{\"color\":\"red\","
			  "\"name\":\"Clinic\"}}"));

	(void)state;
	assert_null(visit.title);
	assert_string_equal(visit.host, "Dr Meyer");
	assert_null(visit.branding.color);
	assert_string_equal(visit.branding.name, "Clinic");
}

static void assert_fault(const char *text, const char *path, const char *rule)
{
	struct json_object *fault;
	struct error error = {0};

	assert_false(visit_good(arena, parsed(text), &error));
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_int_equal(json_object_array_length(error.details), 1);
	fault = json_object_array_get_idx(error.details, 0);
	assert_string_equal(json_text_member(fault, "path"), path);
	assert_string_equal(json_text_member(fault, "code"), rule);
	error_clear(&error);
}

static void text_for_people_must_not_hold_what_cannot_be_seen(void **state)
{
	struct error error = {0};

	(void)state;
	assert_fault("{\"title\":\"a\\u202eb\"}", "/extMetadata/title", "pattern");
	assert_fault("{\"title\":\"a\\u0000b\"}", "/extMetadata/title", "pattern");
	assert_fault("{\"title\":\"\\u200b\"}", "/extMetadata/title", "minLength");
	assert_fault("{\"host\":\"a\\u0007b\"}", "/extMetadata/host", "pattern");
	assert_fault(
	    "{\"branding\":{\"name\":\"\\u202eb\"}}", "/extMetadata/branding/name", "pattern");
	assert_false(
	    visit_good(arena, parsed("{\"title\":\"\\u200b\",\"host\":\"\\u202e\"}"), &error));
	assert_int_equal(json_object_array_length(error.details), 2);
	error_clear(&error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(named_members_are_read_and_nothing_else),
	    cmocka_unit_test(members_of_another_form_are_not_shown),
	    cmocka_unit_test(an_unfit_member_leaves_the_others),
	    cmocka_unit_test(text_for_people_must_not_hold_what_cannot_be_seen),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
