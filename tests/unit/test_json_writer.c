/* JSON written as text: json-c reads it back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/json_writer.h"

static void an_object_and_an_array_are_written_as_they_come(void **state)
{
	struct json_writer writer = json_writer_new(arena, 0);

	(void)state;
	json_write_array(&writer, NULL);
	json_write_object(&writer, NULL);
	json_close_object(&writer);
	json_write_object(&writer, NULL);
	json_write_integer(&writer, "a", -7);
	json_write_array(&writer, "list");
	json_write_text(&writer, NULL, "x");
	json_write_integer(&writer, NULL, INT64_MIN);
	json_close_array(&writer);
	json_write_boolean(&writer, "yes", true);
	json_write_boolean(&writer, "no", false);
	json_write_text(&writer, "none", NULL);
	json_write_stored(&writer, "stored", "{\"b\":[1]}");
	json_write_stored(&writer, "nothing", NULL);
	json_close_object(&writer);
	json_close_array(&writer);
	assert_string_equal(writer.buffer.text,
	    "[{},{\"a\":-7,\"list\":[\"x\",-9223372036854775808],\"yes\":true,\"no\":false,"
	    "\"none\":null,\"stored\":{\"b\":[1]},\"nothing\":null}]");
	assert_int_equal(writer.buffer.len, strlen(writer.buffer.text));
}

static void times_are_dates_and_none_is_null(void **state)
{
	struct json_writer writer = json_writer_new(arena, 0);

	(void)state;
	json_write_object(&writer, NULL);
	json_write_time(&writer, "at", 1795348800 * SECOND + 7 * MILLISECOND + 999);
	json_write_time(&writer, "none", TIME_NONE);
	json_close_object(&writer);
	assert_string_equal(
	    writer.buffer.text, "{\"at\":\"2026-11-22T12:00:00.007Z\",\"none\":null}");
}

/* The strict reader gets every byte of a text back. */
static void any_text_is_read_back(void **state)
{
	char text[1200];
	size_t len = 0;
	struct json_writer writer = json_writer_new(arena, 1);
	struct json_object *value;
	struct error error = {0};

	(void)state;
	for (int byte = 1; byte < 128; byte++)
		text[len++] = (char)byte;
	memcpy(text + len, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f", 11);
	json_write_text(&writer, NULL, text);
	if (!json_parse(arena, writer.buffer.text, writer.buffer.len, &value, &error))
		fail_msg("%s", error.message);
	assert_string_equal(json_object_get_string(value), text);
}

static void a_long_text_makes_the_buffer_grow(void **state)
{
	struct json_writer writer = json_writer_new(arena, 1);
	struct json_object *value;
	struct error error = {0};
	char text[5000];

	(void)state;
	memset(text, '\n', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	json_write_array(&writer, NULL);
	for (int i = 0; i < 20; i++)
		json_write_text(&writer, NULL, text);
	json_close_array(&writer);
	assert_true(json_parse(arena, writer.buffer.text, writer.buffer.len, &value, &error));
	assert_int_equal(json_object_array_length(value), 20);
	assert_string_equal(json_object_get_string(json_object_array_get_idx(value, 19)), text);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, arena_setup, arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_object_and_an_array_are_written_as_they_come),
	    TEST(times_are_dates_and_none_is_null),
	    TEST(any_text_is_read_back),
	    TEST(a_long_text_makes_the_buffer_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
