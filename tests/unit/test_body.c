/* Bodies: values go to their members; everything else is a fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/body.h"
#include "arena_fixture.h"
#include "base/clock.h"
#include "base/json.h"

struct wish {
	bool flag, has_flag;
	int64_t number, time;
	const char *text, *name, *object;
	enum role role;
};

static bool text_good(const char *text)
{
	return strcmp(text, "bad") != 0;
}

static const struct body_field fields[] = {
    BODY_FLAG("flag", struct wish, flag, BODY_GIVEN(struct wish, has_flag)),
    BODY_NUMBER("number", struct wish, number),
    BODY_TIME("time", struct wish, time),
    BODY_TEXT("text", struct wish, text, 2, 3, BODY_CHARACTERS,
	BODY_GOOD(text_good, "not", "must not be bad.")),
    BODY_VISIBLE_TEXT("name", struct wish, name, 4),
    BODY_ROLE("role", struct wish, role),
    BODY_OBJECT("object", struct wish, object, 20, 2),
};

/* The members of a wish before the reading. */
static const struct wish preset = {
    .number = 7, .time = TIME_NONE, .text = "preset", .role = ROLE_PUBLISHER};

/* Reads `text` as a body; the caller clears the error. */
static bool read_body(const char *text, bool null_is_absent, struct wish *wish, struct error *error)
{
	struct json_object *object;
	struct body body;

	*error = (struct error){0};
	*wish = preset;
	assert_true(json_parse(arena, text, strlen(text), &object, error));
	body = body_open(object, arena, error);
	body.null_is_absent = null_is_absent;
	body_read_fields(&body, fields, BODY_FIELDS(fields), wish);
	return body_close(&body);
}

static void assert_fault(const struct error *error, size_t i, const char *path, const char *rule)
{
	struct json_object *fault = json_object_array_get_idx(error->details, i);

	assert_string_equal(json_text_member(fault, "path"), path);
	assert_string_equal(json_text_member(fault, "code"), rule);
}

/* The body has one fault, and none of its values is kept. */
static void assert_one_fault(const char *text, const char *path, const char *rule)
{
	struct wish wish;
	struct error error;

	assert_false(read_body(text, false, &wish, &error));
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_int_equal(json_object_array_length(error.details), 1);
	assert_fault(&error, 0, path, rule);
	assert_memory_equal(&wish, &preset, sizeof wish);
	error_clear(&error);
}

static void assert_malformed(const char *text)
{
	struct wish wish;
	struct error error;

	assert_false(read_body(text, false, &wish, &error));
	assert_int_equal(error.kind, ERROR_MALFORMED);
	error_clear(&error);
}

static void values_go_to_their_members(void **state)
{
	struct wish wish;
	struct error error;

	(void)state;
	assert_true(
	    read_body("{\"flag\":true,\"number\":-3,\"time\":\"2026-11-22T12:00:00.5Z\","
		      "\"text\":\"\u00e4\u00e4\u00e4\",\"name\":\" Ann \",\"role\":\"moderator\","
		      "\"object\":{ \"a\": {} }}",
		false, &wish, &error));
	assert_true(wish.flag);
	assert_true(wish.has_flag);
	assert_int_equal(wish.number, -3);
	assert_int_equal(wish.time, INT64_C(1795348800500) * MILLISECOND);
	assert_string_equal(wish.text, "\u00e4\u00e4\u00e4");
	assert_string_equal(wish.name, "Ann");
	assert_int_equal(wish.role, ROLE_MODERATOR);
	assert_string_equal(wish.object, "{\"a\":{}}");
}

static void absent_and_unknown_fields_change_nothing(void **state)
{
	struct wish wish;
	struct error error;

	(void)state;
	assert_true(read_body("{\"other\":[1]}", false, &wish, &error));
	assert_memory_equal(&wish, &preset, sizeof wish);
}

static void null_is_a_wrong_type_unless_it_counts_as_absent(void **state)
{
	struct wish wish;
	struct error error;

	(void)state;
	assert_one_fault("{\"flag\":null}", "/flag", "type");
	assert_true(read_body("{\"flag\":null}", true, &wish, &error));
	assert_false(wish.has_flag);
}

static void each_limit_has_its_fault(void **state)
{
	(void)state;
	assert_one_fault("{\"flag\":1}", "/flag", "type");
	assert_one_fault("{\"number\":1.5}", "/number", "type");
	assert_one_fault("{\"time\":1.5}", "/time", "type");
	assert_one_fault("{\"text\":\"a\"}", "/text", "minLength");
	assert_one_fault("{\"text\":\"\u00e4\u00e4\u00e4\u00e4\"}", "/text", "maxLength");
	assert_one_fault("{\"text\":\"bad\"}", "/text", "not");
	assert_one_fault("{\"name\":\" \"}", "/name", "minLength");
	assert_one_fault("{\"name\":\"a\u202eb\"}", "/name", "pattern");
	assert_one_fault("{\"name\":\"abcde\"}", "/name", "maxLength");
	assert_one_fault("{\"role\":\"king\"}", "/role", "enum");
	assert_one_fault("{\"object\":[]}", "/object", "type");
	assert_one_fault("{\"object\":{\"a\":\"0123456789abcdef\"}}", "/object", "maxLength");
	assert_one_fault("{\"object\":{\"a\":{\"b\":{}}}}", "/object", "maxDepth");
}

static void all_faults_are_listed_in_the_order_of_the_table(void **state)
{
	struct wish wish;
	struct error error;

	(void)state;
	assert_false(read_body(
	    "{\"role\":1,\"time\":\"never\",\"number\":\"1\",\"flag\":0}", false, &wish, &error));
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_int_equal(json_object_array_length(error.details), 3);
	assert_fault(&error, 0, "/flag", "type");
	assert_fault(&error, 1, "/number", "type");
	assert_fault(&error, 2, "/role", "type");
	error_clear(&error);
}

static void text_that_cannot_be_read_is_malformed(void **state)
{
	(void)state;
	assert_malformed("{\"time\":\"never\"}");
	assert_malformed("{\"time\":253402300800000}");
	assert_malformed("{\"text\":\"a\\u0000b\"}");
	assert_malformed("{\"name\":\"a\\u0000b\"}");
}

static void a_required_field_is_missed(void **state)
{
	static const struct body_field required[] = {
	    BODY_TEXT("text", struct wish, text, 0, 9, BODY_BYTES, .required = true),
	};
	struct wish wish = preset;
	struct error error = {0};
	struct json_object *object = json_object_new_object();
	struct body body = body_open(object, arena, &error);

	(void)state;
	body_read_fields(&body, required, BODY_FIELDS(required), &wish);
	assert_false(body_close(&body));
	assert_fault(&error, 0, "/text", "required");
	error_clear(&error);
	json_object_put(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_go_to_their_members),
	    cmocka_unit_test(absent_and_unknown_fields_change_nothing),
	    cmocka_unit_test(null_is_a_wrong_type_unless_it_counts_as_absent),
	    cmocka_unit_test(each_limit_has_its_fault),
	    cmocka_unit_test(all_faults_are_listed_in_the_order_of_the_table),
	    cmocka_unit_test(text_that_cannot_be_read_is_malformed),
	    cmocka_unit_test(a_required_field_is_missed),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
