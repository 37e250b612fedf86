/* JSON: text that json-c accepts and RFC 8259 forbids, one case per test; and functions that read
 * members. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/json_check.h"
#include "base/text.h"

static int arena_setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int arena_teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static struct json_object *parsed(struct arena *arena, const char *text)
{
	struct error error = {0};
	struct json_object *value;

	if (!json_parse(arena, text, strlen(text), &value, &error))
		fail_msg("%s is refused: %s", text, error.message);
	return value;
}

static void assert_malformed_bytes(struct arena *arena, const char *text, size_t len)
{
	struct error error = {0};
	struct json_object *value;

	if (json_parse(arena, text, len, &value, &error))
		fail_msg("%s is taken", text);
	if (error.kind != ERROR_MALFORMED)
		fail_msg("%s is an error of kind %d", text, (int)error.kind);
	assert_null(value);
	error_clear(&error);
}

static void assert_malformed(struct arena *arena, const char *text)
{
	assert_malformed_bytes(arena, text, strlen(text));
}

static void valid_json_is_written_back_as_it_was(void **state)
{
	static const char *const good[] = {"{}", "[]", "\"\"", "0", "true", "false", "null",
	    "{\"a\":[1,2.5,-3e2,{\"b\":null}],\"c\":\"\\n\\\"\\\\\"}", "\"a/b\"",
	    "9007199254740992", "\"Gr\xC3\xBC\xC3\x9F\xF0\x9F\x98\x80\""};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_string_equal(json_text(parsed(*state, good[i])), good[i]);
}

static void only_blanks_may_stand_around_values(void **state)
{
	parsed(*state, " \t\r\n{ \"a\" : [ 1 , 2 ] } \n");
	assert_malformed(*state, "\xC2\xA0{}");
	assert_malformed(*state, "\f{}");
	assert_malformed(*state, "{}{}");
	assert_malformed(*state, "{} x");
	assert_malformed(*state, "1 2");
	assert_malformed(*state, "/* c */ {}");
	assert_malformed(*state, "{} // c");
}

static void a_byte_order_mark_is_skipped_at_the_start_alone(void **state)
{
	assert_string_equal(json_text(parsed(*state, "\xEF\xBB\xBF {\"a\":1}")), "{\"a\":1}");
	assert_malformed(*state, "\xEF\xBB\xBF");
	assert_malformed(*state, "\xEF\xBB\xBF\xEF\xBB\xBF{}");
	assert_malformed(*state, " \xEF\xBB\xBF{}");
	assert_malformed(*state, "{}\xEF\xBB\xBF");
	assert_malformed(*state, "\xEF\xBB{}");
}

static void empty_text_is_malformed(void **state)
{
	assert_malformed(*state, "");
	assert_malformed(*state, "  ");
	assert_malformed_bytes(*state, "\0", 1);
}

static void single_quotes_are_refused(void **state)
{
	assert_malformed(*state, "{'a':1}");
	assert_malformed(*state, "['a']");
	assert_malformed(*state, "'a'");
}

static void other_words_are_refused(void **state)
{
	static const char *const words[] = {"NaN", "-NaN", "Infinity", "-Infinity", "nan", "True",
	    "TRUE", "NULL", "nul", "truex", "undefined", "a"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		char text[64];

		assert_malformed(*state, words[i]);
		snprintf(text, sizeof text, "{\"a\":%s}", words[i]);
		assert_malformed(*state, text);
	}
}

static void numbers_follow_the_grammar(void **state)
{
	static const char *const bad[] = {"1.", ".5", "+1", "-", "01", "-01", "1e", "1e+", "1.e5",
	    "0x10", "1_000", "--1", "1.5.2", "1,5", "\xD9\xA1"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char text[64];

		assert_malformed(*state, bad[i]);
		snprintf(text, sizeof text, "{\"a\":%s}", bad[i]);
		assert_malformed(*state, text);
	}
	parsed(*state, "[0,-0,0.5,1e5,1E+5,1.25e-3,-12]");
}

static void a_bare_number_or_word_is_a_whole_document(void **state)
{
	assert_int_equal(json_object_get_int64(parsed(*state, "1")), 1);
	assert_int_equal(json_object_get_int64(parsed(*state, "123")), 123);
	assert_null(parsed(*state, "null"));
	assert_true(json_object_get_boolean(parsed(*state, "true")));
}

static void control_characters_in_text_are_refused(void **state)
{
	for (char c = 1; c < 0x20; c++) {
		char text[] = "{\"a\":\"x?y\"}", key[] = "{\"x?y\":1}";

		text[7] = c;
		key[3] = c;
		assert_malformed(*state, text);
		assert_malformed(*state, key);
	}
	assert_malformed_bytes(*state, "\"x\0y\"", 5);
	parsed(*state, "\"x\x7Fy\"");
	parsed(*state, "\"\\u0001\\n\\t\"");
}

static void text_after_a_nul_is_refused(void **state)
{
	assert_malformed_bytes(*state, "{}\0", 3);
	assert_malformed_bytes(*state, "{}\0garbage", 10);
	assert_malformed_bytes(*state, "1\0", 2);
	assert_malformed_bytes(*state, "1\0002", 3);
}

static void invalid_utf_8_is_refused(void **state)
{
	static const char *const bad[] = {"\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80",
	    "\xED\xA0\xBD\xED\xB8\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xFF", "\x80",
	    "\xC3"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char text[32];

		snprintf(text, sizeof text, "{\"a\":\"%s\"}", bad[i]);
		assert_malformed(*state, text);
		snprintf(text, sizeof text, "{\"%s\":1}", bad[i]);
		assert_malformed(*state, text);
	}
}

static void surrogate_escapes_come_in_pairs(void **state)
{
	assert_string_equal(
	    json_object_get_string(parsed(*state, "\"\\ud83d\\uDE00\"")), "\xF0\x9F\x98\x80");
	assert_malformed(*state, "\"\\ud83d\"");
	assert_malformed(*state, "\"\\ude00\"");
	assert_malformed(*state, "\"\\ud83dx\"");
	assert_malformed(*state, "\"\\ud83d\\n\"");
	assert_malformed(*state, "\"\\ud83d\\ud83d\"");
	assert_malformed(*state, "\"\\ude00\\ud83d\"");
	assert_malformed(*state, "\"\\ud83d\\u12\"");
}

static void unknown_escapes_are_refused(void **state)
{
	static const char *const bad[] = {"\"\\x41\"", "\"\\'\"", "\"\\0\"", "\"\\U0041\"",
	    "\"\\u004\"", "\"\\u00zz\"", "\"\\", "\"\\u", "\"\\\""};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_malformed(*state, bad[i]);
	assert_malformed_bytes(*state, "\"\\\0\"", 4);
	parsed(*state, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"");
}

static void a_nul_in_a_key_is_refused_and_in_text_is_kept(void **state)
{
	struct json_object *object;

	assert_malformed(*state, "{\"a\\u0000b\":1}");
	object = parsed(*state, "{\"a\":\"x\\u0000y\",\"b\":\"xy\"}");
	assert_int_equal(json_object_get_string_len(json_object_object_get(object, "a")), 3);
	assert_true(json_has_nul(json_object_object_get(object, "a")));
	assert_false(json_has_nul(json_object_object_get(object, "b")));
	/* Text with a NUL counts as absent here, so that nothing uses only the part before it. */
	assert_null(json_text_member(object, "a"));
	assert_string_equal(json_text_member(object, "b"), "xy");
}

static void brackets_and_commas_must_fit(void **state)
{
	static const char *const bad[] = {"{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]",
	    "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{\"a\":1,}", "{,}", "{\"a\":1", "{a:1}", "{1:1}",
	    "[}", "{]", "[1}", "{\"a\":1]", "\"", "\"a", "{\"a", "{\"a\":"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_malformed(*state, bad[i]);
}

/* Writes `depth` nested arrays or objects. */
static void nested(char *text, unsigned depth, bool objects)
{
	char *at = text;

	for (unsigned i = 0; i < depth; i++)
		at += sprintf(at, "%s", objects ? "{\"a\":" : "[");
	at += sprintf(at, "1");
	for (unsigned i = 0; i < depth; i++)
		at += sprintf(at, "%s", objects ? "}" : "]");
}

static void nesting_is_bounded_for_arrays_and_objects_alike(void **state)
{
	char text[512];

	for (int objects = 0; objects < 2; objects++) {
		nested(text, JSON_DEPTH_MAX, objects);
		assert_int_equal(json_depth(parsed(*state, text)), JSON_DEPTH_MAX);
		nested(text, JSON_DEPTH_MAX + 1, objects);
		assert_malformed(*state, text);
	}
	/* Values side by side are not nested. */
	parsed(*state,
	    "[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
	    "[],[],[],[],[],[],[],[],[],[],[],[],[],[],{},{},{},{},{},{},{},{},{},{}]");
}

static void depth_is_counted_from_the_outside(void **state)
{
	assert_int_equal(json_depth(parsed(*state, "1")), 0);
	assert_int_equal(json_depth(parsed(*state, "{}")), 1);
	assert_int_equal(json_depth(parsed(*state, "{\"a\":1,\"b\":[[]],\"c\":{}}")), 3);
}

static void assert_fault(struct arena *arena, const char *text, const char *path, const char *rule)
{
	struct error error = {0};
	struct json_object *value, *detail;

	if (json_parse(arena, text, strlen(text), &value, &error))
		fail_msg("%s is taken", text);
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_string_equal(error.code, "VALIDATION_FAILED");
	detail = json_object_array_get_idx(error.details, 0);
	assert_string_equal(json_text_member(detail, "path"), path);
	assert_string_equal(json_text_member(detail, "code"), rule);
	error_clear(&error);
}

static void integers_beyond_2_to_53_are_faults_with_their_path(void **state)
{
	parsed(*state, "[9007199254740992,-9007199254740992]");
	assert_fault(*state, "{\"a\":9007199254740993}", "/a", "integerRange");
	assert_fault(*state, "{\"a\":[0,-9007199254740993]}", "/a/1", "integerRange");
	assert_fault(*state, "[9223372036854775808]", "/0", "integerRange");
	assert_fault(*state, "[18446744073709551616]", "/0", "integerRange");
	assert_fault(*state, "[-99999999999999999999999999]", "/0", "integerRange");
	assert_fault(*state, "99999999999999999999", "", "integerRange");
	assert_fault(*state, "{\"a/b~c\":99999999999999999999}", "/a~1b~0c", "integerRange");
}

static void numbers_beyond_double_are_faults(void **state)
{
	assert_fault(*state, "{\"a\":1e400}", "/a", "numberRange");
	assert_fault(*state, "{\"a\":-1e999999}", "/a", "numberRange");
	parsed(*state, "[1e-400,1.7976931348623157e308]");
}

static void faults_are_reported_together_up_to_a_limit(void **state)
{
	enum { MANY = 5000 };
	struct error error = {0};
	struct json_object *value;
	char *text = arena_alloc(*state, MANY * 17 + 2), *at = text;

	assert_false(json_parse(*state, "[9007199254740993,1,1e999]", 26, &value, &error));
	assert_int_equal(json_object_array_length(error.details), 2);
	error_clear(&error);
	for (int i = 0; i < MANY; i++)
		at += sprintf(at, "%c9007199254740993", i == 0 ? '[' : ',');
	*at++ = ']';
	assert_false(json_parse(*state, text, (size_t)(at - text), &value, &error));
	assert_int_equal(json_object_array_length(error.details), ERROR_DETAILS_MAX);
	error_clear(&error);
}

static void a_long_path_is_cut_between_characters(void **state)
{
	for (size_t shift = 0; shift < 4; shift++) {
		struct error error = {0};
		struct json_object *value;
		const char *path;
		char text[1000];
		size_t len = (size_t)sprintf(text, "{\"%.*s", (int)shift, "xxx");

		while (len < 900) {
			memcpy(text + len, "\xF0\x9F\x98\x80", 4);
			len += 4;
		}
		len += (size_t)sprintf(text + len, "\":1e999}");
		assert_false(json_parse(*state, text, len, &value, &error));
		path = json_text_member(json_object_array_get_idx(error.details, 0), "path");
		assert_true(strlen(path) > 100);
		assert_true(utf8_valid(path, strlen(path)));
		error_clear(&error);
	}
}

static void the_last_of_two_equal_keys_counts(void **state)
{
	struct json_object *object = parsed(*state, "{\"a\":1,\"b\":2,\"a\":3}");

	assert_int_equal(json_object_get_int64(json_object_object_get(object, "a")), 3);
	assert_int_equal(json_object_object_length(object), 2);
}

static void errors_have_line_and_column(void **state)
{
	static const struct {
		const char *text;
		const char *where;
	} cases[] = {{"{\"a\":1,\n \"b\":x}", "line 2, column 6:"}, {"x", "line 1, column 1:"},
	    {"[1,\n2,\n\n]", "line 4, column 1:"}, {"[1,2] 3", "line 1, column 7:"}};
	struct error error = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_false(
		    json_check(cases[i].text, strlen(cases[i].text), JSON_DEPTH_MAX, &error));
		if (strstr(error.message, cases[i].where) == NULL)
			fail_msg("%s: %s", cases[i].text, error.message);
		error_clear(&error);
	}
}

static void members_are_read_by_their_type(void **state)
{
	struct json_object *object =
	    parsed(*state, "{\"t\":\"x\",\"i\":5,\"d\":5.0,\"n\":null,\"o\":{},\"b\":true}");
	int64_t number = -1;

	assert_non_null(json_member(object, "o", json_type_object));
	assert_null(json_member(object, "o", json_type_array));
	assert_null(json_member(object, "missing", json_type_object));
	assert_null(json_member(NULL, "o", json_type_object));
	assert_null(json_member(parsed(*state, "[]"), "o", json_type_object));
	assert_null(json_text_member(object, "i"));
	assert_true(json_integer_member(object, "i", &number));
	assert_int_equal(number, 5);
	assert_false(json_integer_member(object, "d", &number));
	assert_false(json_integer_member(object, "t", &number));
	assert_false(json_integer_member(object, "n", &number));
	assert_false(json_integer_member(object, "b", &number));
	assert_int_equal(number, 5);
}

static void members_are_added_with_null_for_none(void **state)
{
	struct json_object *object = json_object_new_object();

	(void)state;
	json_add_text(object, "a", "x/\"y\"");
	json_add_text(object, "b", NULL);
	json_add_integer(object, "c", INT64_MAX);
	json_add_boolean(object, "d", false);
	json_add_time(object, "e", 0);
	json_add_time(object, "f", TIME_NONE);
	json_add_stored(object, "g", "{\"k\": [1]}");
	json_add_stored(object, "h", NULL);
	assert_string_equal(json_text(object),
	    "{\"a\":\"x/\\\"y\\\"\",\"b\":null,\"c\":9223372036854775807,\"d\":false,"
	    "\"e\":\"1970-01-01T00:00:00.000Z\",\"f\":null,\"g\":{\"k\": [1]},\"h\":null}");
	json_object_put(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(valid_json_is_written_back_as_it_was),
	    cmocka_unit_test(only_blanks_may_stand_around_values),
	    cmocka_unit_test(a_byte_order_mark_is_skipped_at_the_start_alone),
	    cmocka_unit_test(empty_text_is_malformed),
	    cmocka_unit_test(single_quotes_are_refused),
	    cmocka_unit_test(other_words_are_refused),
	    cmocka_unit_test(numbers_follow_the_grammar),
	    cmocka_unit_test(a_bare_number_or_word_is_a_whole_document),
	    cmocka_unit_test(control_characters_in_text_are_refused),
	    cmocka_unit_test(text_after_a_nul_is_refused),
	    cmocka_unit_test(invalid_utf_8_is_refused),
	    cmocka_unit_test(surrogate_escapes_come_in_pairs),
	    cmocka_unit_test(unknown_escapes_are_refused),
	    cmocka_unit_test(a_nul_in_a_key_is_refused_and_in_text_is_kept),
	    cmocka_unit_test(brackets_and_commas_must_fit),
	    cmocka_unit_test(nesting_is_bounded_for_arrays_and_objects_alike),
	    cmocka_unit_test(depth_is_counted_from_the_outside),
	    cmocka_unit_test(integers_beyond_2_to_53_are_faults_with_their_path),
	    cmocka_unit_test(numbers_beyond_double_are_faults),
	    cmocka_unit_test(faults_are_reported_together_up_to_a_limit),
	    cmocka_unit_test(a_long_path_is_cut_between_characters),
	    cmocka_unit_test(the_last_of_two_equal_keys_counts),
	    cmocka_unit_test(errors_have_line_and_column),
	    cmocka_unit_test(members_are_read_by_their_type),
	    cmocka_unit_test(members_are_added_with_null_for_none),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
