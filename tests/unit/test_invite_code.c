/* Codes of short links: which characters they have, and what people may write instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "meeting/invite_code.h"

static bool same(const char *a, const char *b)
{
	unsigned char first[SHA256_SIZE], second[SHA256_SIZE];

	invite_code_digest(arena, a, first);
	invite_code_digest(arena, b, second);
	return memcmp(first, second, sizeof first) == 0;
}

static void each_bit_of_the_random_bytes_is_in_the_code(void **state)
{
	char code[INVITE_CODE_LEN + 1], zeros[INVITE_CODE_LEN + 1];
	unsigned char bytes[INVITE_CODE_BYTES] = {0};

	(void)state;
	invite_code_write(bytes, zeros);
	assert_string_equal(zeros, "0000000000000000");
	for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
		memset(bytes, 0, sizeof bytes);
		bytes[bit / 8] = (unsigned char)(0x80 >> bit % 8);
		invite_code_write(bytes, code);
		for (size_t i = 0; i < INVITE_CODE_LEN; i++)
			assert_true((code[i] != '0') == (i == bit / 5));
	}
	memset(bytes, 0xff, sizeof bytes);
	invite_code_write(bytes, code);
	assert_string_equal(code, "zzzzzzzzzzzzzzzz");
	memcpy(bytes, "\x00\x44\x32\x14\xc7\x42\x54\xb6\x35\xcf", sizeof bytes);
	invite_code_write(bytes, code);
	assert_string_equal(code, "0123456789abcdef");
}

static void people_may_write_a_code_in_other_ways(void **state)
{
	(void)state;
	assert_true(same("0123456789abcdef", "0123 4567 89AB CDEF"));
	assert_true(same("0123456789abcdef", "0123-4567-89ab-cdef"));
	assert_true(same("0123456789abcdef", "OI23456789abcdef"));
	assert_true(same("0123456789abcdef", "oL23456789abcdef"));
	assert_false(same("0123456789abcdef", "0123456789abcdeg"));
	assert_false(same("0123456789abcdef", "0123456789abcdef0"));
	assert_false(same("0123456789abcdef", "0123456789abcde"));
	assert_false(same("0123456789abcdef", "0123456789abcdef."));
	assert_false(same("0123456789abcdef", ""));
}

/* The digest is plain SHA-256: another program can find the row of a code. */
static void the_digest_is_of_the_code_as_it_is_written(void **state)
{
	unsigned char expected[SHA256_SIZE], digest[SHA256_SIZE];

	(void)state;
	sha256("0123456789abcdef", INVITE_CODE_LEN, expected);
	invite_code_digest(arena, "0123-4567-89AB-CDEF", digest);
	assert_memory_equal(digest, expected, sizeof digest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_bit_of_the_random_bytes_is_in_the_code),
	    cmocka_unit_test(people_may_write_a_code_in_other_ways),
	    cmocka_unit_test(the_digest_is_of_the_code_as_it_is_written),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
