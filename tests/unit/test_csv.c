/* CSV to the letter of RFC 4180, and nothing in it that a spreadsheet runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "base/csv.h"

/* The one field of a row, as written. */
static const char *field(const char *text)
{
	struct csv csv = csv_new(arena);
	size_t len;

	csv_text(&csv, text);
	csv_row_end(&csv);
	len = csv.buffer.len;
	assert_true(len >= 2 && strcmp(csv.buffer.text + len - 2, "\r\n") == 0);
	csv.buffer.text[len - 2] = '\0';
	return csv.buffer.text;
}

static void rows_are_fields_between_commas(void **state)
{
	struct csv csv = csv_new(*state);

	csv_text(&csv, "a");
	csv_text(&csv, NULL);
	csv_integer(&csv, -17);
	csv_text(&csv, "");
	csv_row_end(&csv);
	csv_text(&csv, NULL);
	csv_text(&csv, "b c");
	csv_integer(&csv, INT64_MIN);
	csv_integer(&csv, 0);
	csv_row_end(&csv);
	assert_string_equal(csv.buffer.text, "a,,-17,\r\n,b c,-9223372036854775808,0\r\n");
	assert_int_equal(csv.buffer.len, strlen(csv.buffer.text));
}

static void what_would_break_a_row_is_quoted(void **state)
{
	(void)state;

	assert_string_equal(field("a,b"), "\"a,b\"");
	assert_string_equal(field("a\nb"), "\"a\nb\"");
	assert_string_equal(field("a\rb"), "\"a\rb\"");
	assert_string_equal(field("\""), "\"\"\"\"");
	assert_string_equal(field("say \"x\", y"), "\"say \"\"x\"\", y\"");
	assert_string_equal(field(" a;b\t'c "), " a;b\t'c ");
	assert_string_equal(field("Zoë 😀"), "Zoë 😀");
}

static void no_text_is_a_formula(void **state)
{
	(void)state;

	assert_string_equal(field("=1+1"), "'=1+1");
	assert_string_equal(field("+49 30 1"), "'+49 30 1");
	assert_string_equal(field("-1"), "'-1");
	assert_string_equal(field("@SUM(A1)"), "'@SUM(A1)");
	assert_string_equal(field("\t=1"), "'\t=1");
	assert_string_equal(field("\r=1"), "\"'\r=1\"");
	assert_string_equal(
	    field("=HYPERLINK(\"http://x\",\"y\")"), "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
	assert_string_equal(field("1=1"), "1=1");
	assert_string_equal(field(" =1"), " =1");
	assert_string_equal(field("'=1"), "'=1");
}

static void it_grows_with_what_is_written(void **state)
{
	struct csv csv = csv_new(*state);
	char wide[3000];

	memset(wide, 'w', sizeof wide - 1);
	wide[sizeof wide - 1] = '\0';
	for (int i = 0; i < 100; i++) {
		csv_text(&csv, wide);
		csv_integer(&csv, i);
		csv_row_end(&csv);
	}
	assert_int_equal(csv.buffer.len, 100 * (sizeof wide - 1 + 1 + 2) + 10 + 90 * 2);
	assert_int_equal(strlen(csv.buffer.text), csv.buffer.len);
	assert_string_equal(csv.buffer.text + csv.buffer.len - 5, ",99\r\n");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, arena_setup, arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(rows_are_fields_between_commas),
	    TEST(what_would_break_a_row_is_quoted),
	    TEST(no_text_is_a_formula),
	    TEST(it_grows_with_what_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
