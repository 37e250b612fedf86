/* CSV as in RFC 4180, without text that a spreadsheet runs as a formula. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "base/csv.h"

static const char mark[] = "\xEF\xBB\xBF";

/* Writes a row with one field and gives its text. */
static const char *field(const char *text)
{
	struct csv csv = csv_new(arena);
	size_t len;

	csv_text(&csv, text);
	csv_row_end(&csv);
	len = csv.buffer.len;
	assert_memory_equal(csv.buffer.text, mark, 3);
	assert_true(len >= 5 && strcmp(csv.buffer.text + len - 2, "\r\n") == 0);
	csv.buffer.text[len - 2] = '\0';
	return csv.buffer.text + 3;
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
	assert_string_equal(
	    csv.buffer.text, "\xEF\xBB\xBF\"a\",,-17,\r\n,\"b c\",-9223372036854775808,0\r\n");
	assert_int_equal(csv.buffer.len, strlen(csv.buffer.text));
}

static void text_is_quoted(void **state)
{
	(void)state;

	assert_string_equal(field("a,b"), "\"a,b\"");
	assert_string_equal(field("a\nb"), "\"a\nb\"");
	assert_string_equal(field("\""), "\"\"\"\"");
	assert_string_equal(field("say \"x\", y"), "\"say \"\"x\"\", y\"");
	assert_string_equal(field(" a;b\t'c "), "\" a;b\t'c \"");
	assert_string_equal(field("Zoë 😀"), "\"Zoë 😀\"");
}

/* The text, and what is written between the quotes. */
static void no_text_is_a_formula_with_any_separator(void **state)
{
	static const char *const guarded[][2] = {
	    {"=1+1", "'=1+1"},
	    {"+49 30 1", "'+49 30 1"},
	    {"-1", "'-1"},
	    {"@SUM(A1)", "'@SUM(A1)"},
	    {"＝1", "'＝1"},
	    {"＋1", "'＋1"},
	    {"－1", "'－1"},
	    {"＠x", "'＠x"},
	    {"\t=1", "\t'=1"},
	    {"\r=1", "\r'=1"},
	    {"  =1", "  '=1"},
	    {u8"\u00A0\u3000\u200B=1", u8"\u00A0\u3000\u200B'=1"},
	    {"'=1", "''=1"},
	    {"\"=1\"", "\"\"'=1\"\""},
	    {"x;=1+1;", "x;'=1+1;"},
	    {"x; \"=1", "x; \"\"'=1"},
	    {"Ann;=cmd|'/c calc'!A0", "Ann;'=cmd|'/c calc'!A0"},
	    {"x,-1|@y\t+z", "x,'-1|'@y\t'+z"},
	    {"x\n=1", "x\n'=1"},
	    {"x\r\n=1", "x\r\n'=1"},
	    {u8"x\u2028=1", u8"x\u2028'=1"},
	};
	static const char *const harmless[] = {
	    "1=1", "a@b.example", "Anne-Marie", "Jean - Paul", "x; y=1", "C++", "a|b", "(=1)"};

	(void)state;
	for (size_t i = 0; i < sizeof guarded / sizeof guarded[0]; i++)
		assert_string_equal(
		    field(guarded[i][0]), arena_printf(arena, "\"%s\"", guarded[i][1]));
	for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
		assert_string_equal(field(harmless[i]), arena_printf(arena, "\"%s\"", harmless[i]));
}

static void a_table_grows(void **state)
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
	assert_int_equal(csv.buffer.len, 3 + 100 * (sizeof wide - 1 + 2 + 1 + 2) + 10 + 90 * 2);
	assert_int_equal(strlen(csv.buffer.text), csv.buffer.len);
	assert_string_equal(csv.buffer.text + csv.buffer.len - 5, ",99\r\n");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, arena_setup, arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(rows_are_fields_between_commas),
	    TEST(text_is_quoted),
	    TEST(no_text_is_a_formula_with_any_separator),
	    TEST(a_table_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
