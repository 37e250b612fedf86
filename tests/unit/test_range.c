/* The header Range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "http/range.h"

static void check(const char *value, int64_t size, enum range_kind kind, int64_t from, int64_t len)
{
	struct range range = range_read(value, size);

	if (range.kind != kind || range.from != from || range.size != len)
		fail_msg("%s of %jd: kind %d, from %jd, size %jd", value, (intmax_t)size,
		    (int)range.kind, (intmax_t)range.from, (intmax_t)range.size);
}

static void test_pieces(void **state)
{
	(void)state;
	check("bytes=0-", 10, RANGE_PIECE, 0, 10);
	check("bytes=0-0", 10, RANGE_PIECE, 0, 1);
	check("bytes=3-5", 10, RANGE_PIECE, 3, 3);
	check("bytes=9-", 10, RANGE_PIECE, 9, 1);
	check("bytes=9-99", 10, RANGE_PIECE, 9, 1);
	check("bytes=-4", 10, RANGE_PIECE, 6, 4);
	check("bytes=-99", 10, RANGE_PIECE, 0, 10);
	check("Bytes=1-1", 10, RANGE_PIECE, 1, 1);
	check("bytes=1-99999999999999999999999", 10, RANGE_PIECE, 1, 9);
}

static void test_no_such_bytes(void **state)
{
	(void)state;
	check("bytes=10-", 10, RANGE_NONE, 0, 0);
	check("bytes=99999999999999999999999-", 10, RANGE_NONE, 0, 0);
	check("bytes=-0", 10, RANGE_NONE, 0, 0);
	check("bytes=0-", 0, RANGE_NONE, 0, 0);
	check("bytes=-1", 0, RANGE_NONE, 0, 0);
	check("bytes=5-2", 10, RANGE_NONE, 0, 0);
	check("bytes=", 10, RANGE_NONE, 0, 0);
	check("bytes=-", 10, RANGE_NONE, 0, 0);
	check("bytes=5", 10, RANGE_NONE, 0, 0);
	check("bytes=a-b", 10, RANGE_NONE, 0, 0);
	check("bytes=1-2x", 10, RANGE_NONE, 0, 0);
	check("bytes=--1", 10, RANGE_NONE, 0, 0);
	check("bytes=+1-2", 10, RANGE_NONE, 0, 0);
}

static void test_whole(void **state)
{
	(void)state;
	check(NULL, 10, RANGE_WHOLE, 0, 0);
	check("", 10, RANGE_WHOLE, 0, 0);
	check("lines=1-2", 10, RANGE_WHOLE, 0, 0);
	check("bytes=0-1,4-5", 10, RANGE_WHOLE, 0, 0);
	check("bytes=0-,0-,0-,0-", 10, RANGE_WHOLE, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_no_such_bytes),
	    cmocka_unit_test(test_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
