/* The loop's timers, in the order in which they are due. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "gate/loop.h"

enum {
	TIMERS = 300,
};

static struct loop *loop;
static int fired;
static int64_t last_due;

static void fire(void *owner)
{
	const struct timer *timer = owner;

	assert_true(timer->due >= last_due);
	last_due = timer->due;
	fired++;
}

static void end(void *owner)
{
	(void)owner;
	loop_end(loop);
}

static void round_over(void *owner)
{
	(void)owner;
}

static void timers_fire_in_order_unless_they_are_stopped(void **state)
{
	struct timer timers[TIMERS], last = {.fire = end};
	int64_t start;

	(void)state;
	loop = loop_new();
	start = loop_now(loop);
	for (int i = 0; i < TIMERS; i++) {
		timers[i] = (struct timer){.fire = fire, .owner = &timers[i]};
		timer_set(loop, &timers[i], start + random_below(1000));
	}
	for (int i = 0; i < TIMERS; i += 3) {
		timer_stop(loop, &timers[i]);
		timer_stop(loop, &timers[i]);
	}
	for (int i = 1; i < TIMERS; i += 3) /* set anew */
		timer_set(loop, &timers[i], start + random_below(1000));
	timer_set(loop, &last, start + 2000);
	loop_run(loop, round_over, NULL);
	assert_int_equal(fired, TIMERS / 3 * 2);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(timers_fire_in_order_unless_they_are_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
