/* The largest value of the last minutes, in memory that several processes share. */
#ifndef CONFAB_BASE_CLOCK_WINDOW_H
#define CONFAB_BASE_CLOCK_WINDOW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CLOCK_WINDOW_EMPTY INT64_MIN

/* How far another clock is ahead of this host's: the largest difference in the present period of
 * five minutes and in the one before. All zero at first. When two processes begin a period at the
 * same moment, one of their values may be lost. */
struct clock_window {
	_Atomic int64_t period; /* the number of the present one; 0: there was no value yet */
	_Atomic int64_t largest, largest_before;
	_Atomic uint32_t over; /* the largest was over the tolerance at the last look */
};

/* Adds a difference in microseconds. True when the largest is now over `tolerance`, and was not at
 * the call before. */
bool clock_window_add(struct clock_window *window, int64_t ahead, int64_t tolerance);

/* The largest difference of the last minutes, or CLOCK_WINDOW_EMPTY. */
int64_t clock_window_largest(struct clock_window *window);

#endif
