/* The one loop of the gate: sockets (epoll), timers, and work put off until the present event has
 * been dealt with. */
#ifndef CONFAB_GATE_LOOP_H
#define CONFAB_GATE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

/* A file descriptor that is waited for. Lives in its owner, which must not be freed before the
 * present event is over: free it with loop_later(). */
struct watch {
	int fd;                                      /* -1: not watched */
	void (*ready)(void *owner, uint32_t events); /* of epoll */
	void *owner;
};

/* Fires once at `due`. Lives in its owner, which stops it before it is freed. */
struct timer {
	int64_t due;  /* microseconds of clock_monotonic() */
	size_t place; /* in the heap, from 1 on; 0: it is not set */
	void (*fire)(void *owner);
	void *owner;
};

struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Runs until loop_end(). `after` is called when the events of one round have been dealt with. */
void loop_run(struct loop *loop, void (*after)(void *owner), void *owner);
void loop_end(struct loop *loop);

/* The time of clock_monotonic() when this round began. */
int64_t loop_now(const struct loop *loop);

/* Adds, changes and removes what is waited for. False: the kernel takes no more. */
bool loop_watch(struct loop *loop, struct watch *watch, uint32_t events);
void loop_change(struct loop *loop, struct watch *watch, uint32_t events);
void loop_unwatch(struct loop *loop, struct watch *watch);

/* Sets a timer, or sets it anew. */
void timer_set(struct loop *loop, struct timer *timer, int64_t due);
void timer_stop(struct loop *loop, struct timer *timer);

/* Calls `work(object)` at the end of this round, in the order of these calls. */
void loop_later(struct loop *loop, void (*work)(void *), void *object);

/* Does now what was put off: before what it needs is freed. */
void loop_settle(struct loop *loop);

#endif
