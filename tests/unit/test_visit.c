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

static bool read_text(const char *text, struct visit *visit, struct error *error)
{
	struct json_object *metadata = NULL;

	assert_true(json_parse(arena, text, strlen(text), &metadata, error));
	return visit_read(arena, metadata, visit, error);
}

static void named_members_are_read_and_nothing_else(void **state)
{
	struct visit visit;
	struct error error = {0};

	(void)state;
	assert_true(read_text("{\"title\":\"  Check-up \",\"host\":\"Dr Meyer\",\"duration\":30,"
			      "\"timeZone\":\"Europe/Berlin\",\"branding\":{\"name\":\"Clinic\","
			      "\"color\":\"#0A7d55\",\"logo\":\"clinic.svg\"},\"secret\":\"x\"}",
	    &visit, &error));
	assert_string_equal(visit.title, "Check-up");
	assert_string_equal(visit.host, "Dr Meyer");
	assert_int_equal(visit.duration, 30);
	assert_string_equal(visit.time_zone, "Europe/Berlin");
	assert_string_equal(visit.branding.name, "Clinic");
	assert_string_equal(visit.branding.color, "#0A7d55");
	assert_string_equal(visit.branding.logo, "clinic.svg");
	assert_true(read_text("{\"title\":null,\"branding\":null}", &visit, &error));
	assert_null(visit.title);
	assert_int_equal(visit.duration, 0);
}

static void assert_fault(const char *text, const char *path)
{
	struct visit visit;
	struct error error = {0};

	assert_false(read_text(text, &visit, &error));
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_int_equal(json_object_array_length(error.details), 1);
	assert_string_equal(
	    json_text_member(json_object_array_get_idx(error.details, 0), "path"), path);
	error_clear(&error);
}

static void members_of_another_form_are_faults(void **state)
{
	(void)state;
	assert_fault("{\"title\":5}", "/extMetadata/title");
	assert_fault("{\"title\":\"\\u200b\"}", "/extMetadata/title");
	assert_fault("{\"title\":\"a\\u202eb\"}", "/extMetadata/title");
	assert_fault("{\"title\":\"a\\u0000b\"}", "/extMetadata/title");
	assert_fault("{\"host\":\"0123456789012345678901234567890123456789012345678901234567890123"
		     "456789012345678901234567890123456789012345678901234567890\"}",
	    "/extMetadata/host");
	assert_fault("{\"duration\":0}", "/extMetadata/duration");
	assert_fault("{\"duration\":30.5}", "/extMetadata/duration");
	assert_fault("{\"duration\":1441}", "/extMetadata/duration");
	assert_fault("{\"timeZone\":\"Europe/Berlin<\"}", "/extMetadata/timeZone");
	assert_fault("{\"branding\":[]}", "/extMetadata/branding");
	assert_fault("{\"branding\":{\"color\":\"red\"}}", "/extMetadata/branding/color");
	assert_fault("{\"branding\":{\"color\":\"#12345g\"}}", "/extMetadata/branding/color");
	assert_fault(
	    "{\"branding\":{\"logo\":\"https://x.example/a.svg\"}}", "/extMetadata/branding/logo");
	assert_fault("{\"branding\":{\"logo\":\"../a.svg\"}}", "/extMetadata/branding/logo");
	assert_fault("{\"branding\":{\"logo\":\"a.html\"}}", "/extMetadata/branding/logo");
}

static void a_fault_leaves_out_only_its_member(void **state)
{
	struct visit visit;
	struct error error = {0};

	(void)state;
	assert_false(read_text(
	    "{\"title\":5,\"host\":\"Dr Meyer\",\"branding\":{\"color\":\"red\",\"name\":\"Clinic\"}}",
	    &visit, &error));
	assert_null(visit.title);
	assert_string_equal(visit.host, "Dr Meyer");
	assert_null(visit.branding.color);
	assert_string_equal(visit.branding.name, "Clinic");
	assert_int_equal(json_object_array_length(error.details), 2);
	error_clear(&error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(named_members_are_read_and_nothing_else),
	    cmocka_unit_test(members_of_another_form_are_faults),
	    cmocka_unit_test(a_fault_leaves_out_only_its_member),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
