/* The largest value of the last minutes, in memory that several processes share. */
#include "base/clock_window.h"

#include "base/clock.h"

#define PERIOD (5 * MINUTE)

/* Begins the present period when a process calls for the first time in it. */
static void advance(struct clock_window *window)
{
	int64_t period = clock_now() / PERIOD, old = window->period;

	if (old == period || !atomic_compare_exchange_strong(&window->period, &old, period))
		return;
	window->largest_before = old == period - 1 ? (int64_t)window->largest : CLOCK_WINDOW_EMPTY;
	window->largest = CLOCK_WINDOW_EMPTY;
}

static int64_t largest_of(const struct clock_window *window)
{
	int64_t now = window->largest, before = window->largest_before;

	return now > before ? now : before;
}

bool clock_window_add(struct clock_window *window, int64_t ahead, int64_t tolerance)
{
	int64_t largest;
	uint32_t over;

	advance(window);
	largest = window->largest;
	while (ahead > largest && !atomic_compare_exchange_weak(&window->largest, &largest, ahead))
		continue;
	over = largest_of(window) > tolerance;
	return atomic_exchange(&window->over, over) == 0 && over != 0;
}

int64_t clock_window_largest(struct clock_window *window)
{
	advance(window);
	return largest_of(window);
}
