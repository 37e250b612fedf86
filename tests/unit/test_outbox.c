/* The numbered messages of a session, and the requests that a page sends again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate/outbox.h"

static void keep(struct outbox *outbox, size_t len)
{
	char *text = calloc(1, len + 1);

	assert_non_null(text);
	outbox->number++;
	outbox_keep(outbox, text, len);
	free(text);
}

static void what_was_not_confirmed_is_there(void **state)
{
	struct outbox outbox = {0};

	(void)state;
	assert_true(outbox_has_after(&outbox, 0));
	for (int i = 0; i < 5; i++)
		keep(&outbox, 10);
	assert_true(outbox_has_after(&outbox, 0));
	outbox_confirm(&outbox, 3);
	assert_false(outbox_has_after(&outbox, 2));
	assert_true(outbox_has_after(&outbox, 3));
	assert_true(outbox_has_after(&outbox, 5));
	assert_false(outbox_has_after(&outbox, 6)); /* there is no such message yet */
	assert_false(outbox_has_after(&outbox, -1));
	assert_int_equal(outbox.bytes, 20);
	outbox_clear(&outbox);
	assert_int_equal(outbox.bytes, 0);
}

static void the_oldest_go_when_there_is_too_much(void **state)
{
	struct outbox outbox = {0};

	(void)state;
	for (int i = 0; i < 4; i++)
		keep(&outbox, OUTBOX_MAX / 3);
	assert_false(outbox_has_after(&outbox, 0));
	assert_true(outbox_has_after(&outbox, 1));
	assert_true(outbox.bytes <= OUTBOX_MAX);
	keep(&outbox, OUTBOX_MAX + 1); /* it alone is too much: nothing is kept */
	assert_null(outbox.first);
	assert_false(outbox_has_after(&outbox, 4));
	keep(&outbox, 5);
	assert_true(outbox_has_after(&outbox, 5));
	outbox_clear(&outbox);
}

static void a_request_is_a_repeat_only_after_coming_back(void **state)
{
	struct outbox outbox = {0};

	(void)state;
	assert_false(outbox_request_is_repeated(&outbox, "a"));
	assert_false(
	    outbox_request_is_repeated(&outbox, "a")); /* a page that always says the same */
	outbox_come_back(&outbox);
	assert_true(outbox_request_is_repeated(&outbox, "a"));
	assert_false(outbox_request_is_repeated(&outbox, "b"));
	assert_false(outbox_request_is_repeated(&outbox, "b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_not_confirmed_is_there),
	    cmocka_unit_test(the_oldest_go_when_there_is_too_much),
	    cmocka_unit_test(a_request_is_a_repeat_only_after_coming_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
