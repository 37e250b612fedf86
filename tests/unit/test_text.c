/* Text: UTF-8 (RFC 3629), percent-encoding, and the comparison of secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void valid_utf_8_is_accepted(void **state)
{
	static const char *const good[] = {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80",
	    "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
	    "Gr\xC3\xBC\xC3\x9F Gott \xF0\x9F\x98\x80"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_true(utf8_valid(good[i], strlen(good[i])));
}

static void text_that_rfc_3629_forbids_is_refused(void **state)
{
	static const char *const bad[] = {"\x80", /* a continuation byte alone */
	    "\xC0\x80", "\xC1\xBF",               /* overlong */
	    "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xED\xA0\x80", "\xED\xBF\xBF", /* surrogates */
	    "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xFE", /* beyond U+10FFFF */
	    "\xC3", "\xE2\x82", "\xF0\x9F\x98",                     /* incomplete */
	    "\xC3(", "\xE2(\xA1", "\xE2\x82(", "\xF0\x9F\x98("};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (utf8_valid(bad[i], strlen(bad[i])))
			fail_msg("sequence %zu is taken", i);
	}
}

static void a_sequence_ends_with_the_text(void **state)
{
	(void)state;
	assert_int_equal(utf8_sequence("\xE2\x82\xAC", 3), 3);
	assert_int_equal(utf8_sequence("\xE2\x82\xAC", 2), 0);
	assert_int_equal(utf8_sequence("\xE2\x82\xAC", 1), 0);
}

static void characters_are_counted_not_bytes(void **state)
{
	(void)state;
	assert_int_equal(utf8_length("", 0), 0);
	assert_int_equal(utf8_length("Gr\xC3\xBC\xC3\x9F", 6), 4);
	assert_int_equal(utf8_length("\xF0\x9F\x98\x80", 4), 1);
}

static void assert_decoded(const char *text, bool plus, const char *expected)
{
	char buf[128];
	size_t len = strlen(text);

	memcpy(buf, text, len + 1);
	if (!percent_decode(buf, &len, plus))
		fail_msg("%s is refused", text);
	assert_string_equal(buf, expected);
	assert_int_equal(len, strlen(expected));
}

static void percent_escapes_are_decoded_once(void **state)
{
	(void)state;
	assert_decoded("", false, "");
	assert_decoded("abc", false, "abc");
	assert_decoded("a%20b", false, "a b");
	assert_decoded("%2F%2f", false, "//");
	assert_decoded("%252F", false, "%2F");
	assert_decoded("%C3%BC", false, "\xC3\xBC");
	assert_decoded("\xC3%BC", false, "\xC3\xBC");
	assert_decoded("{{x}}", false, "{{x}}");
}

static void plus_is_a_blank_in_queries_only(void **state)
{
	(void)state;
	assert_decoded("a+b", false, "a+b");
	assert_decoded("a+b", true, "a b");
	assert_decoded("a%2Bb", true, "a+b");
}

static void bad_escapes_nul_and_bad_utf_8_are_refused(void **state)
{
	static const char *const bad[] = {"%", "a%", "%4", "a%4", "%zz", "%0g", "%g0", "%-1", "% 1",
	    "%00", "a%00b", "%C3", "%FF", "%C0%80", "%ED%A0%80", "\xFF", "%%20"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char buf[32];
		size_t len = strlen(bad[i]);

		memcpy(buf, bad[i], len + 1);
		if (percent_decode(buf, &len, false))
			fail_msg("%s is taken", bad[i]);
	}
}

static void an_escape_is_not_read_beyond_the_text(void **state)
{
	char buf[] = "%41";
	size_t len = 2;

	(void)state;
	assert_false(percent_decode(buf, &len, false));
}

static void texts_are_equal_or_both_missing(void **state)
{
	char copy[] = "room";

	(void)state;
	assert_true(text_equal("room", copy));
	assert_true(text_equal(NULL, NULL));
	assert_false(text_equal("room", "Room"));
	assert_false(text_equal("", NULL));
	assert_false(text_equal(NULL, ""));
}

static void secrets_are_equal_only_byte_for_byte(void **state)
{
	(void)state;
	assert_true(secret_equal("", 0, "", 0));
	assert_true(secret_equal("a\0b", 3, "a\0b", 3));
	assert_false(secret_equal("a\0b", 3, "a\0c", 3));
	assert_false(secret_equal("ab", 2, "abc", 3));
	assert_false(secret_equal("ab", 2, "aB", 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(valid_utf_8_is_accepted),
	    cmocka_unit_test(text_that_rfc_3629_forbids_is_refused),
	    cmocka_unit_test(a_sequence_ends_with_the_text),
	    cmocka_unit_test(characters_are_counted_not_bytes),
	    cmocka_unit_test(percent_escapes_are_decoded_once),
	    cmocka_unit_test(plus_is_a_blank_in_queries_only),
	    cmocka_unit_test(bad_escapes_nul_and_bad_utf_8_are_refused),
	    cmocka_unit_test(an_escape_is_not_read_beyond_the_text),
	    cmocka_unit_test(texts_are_equal_or_both_missing),
	    cmocka_unit_test(secrets_are_equal_only_byte_for_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
