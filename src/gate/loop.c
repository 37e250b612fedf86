/* The one loop of the gate: sockets (epoll), timers, and work put off. */
#include "gate/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum {
	EVENTS_MAX = 64,  /* of one round */
	ROUND_MAX = 1000, /* milliseconds that a round waits at most */
};

struct later {
	void (*work)(void *);
	void *object;
};

struct loop {
	int epoll;
	bool ends;
	int64_t now;
	struct timer **heap; /* heap[1] is due first; heap[0] is not used */
	size_t count, size;
	struct later *later;
	size_t later_count, later_size;
};

static void *grown(void *old, size_t *size, size_t item)
{
	void *list;

	*size = *size == 0 ? 64 : *size * 2;
	list = realloc(old, *size * item);
	if (list == NULL)
		abort();
	return list;
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof *loop);

	if (loop == NULL)
		abort();
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		abort();
	loop->now = clock_monotonic();
	loop->heap = grown(NULL, &loop->size, sizeof(struct timer *));
	return loop;
}

/* Work that was put off may put off more. */
void loop_settle(struct loop *loop)
{
	for (size_t i = 0; i < loop->later_count; i++) {
		struct later later = loop->later[i];

		later.work(later.object);
	}
	loop->later_count = 0;
}

void loop_free(struct loop *loop)
{
	loop_settle(loop);
	close(loop->epoll);
	free(loop->heap);
	free(loop->later);
	free(loop);
}

int64_t loop_now(const struct loop *loop)
{
	return loop->now;
}

void loop_end(struct loop *loop)
{
	loop->ends = true;
}

static bool control(struct loop *loop, int operation, struct watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	return epoll_ctl(loop->epoll, operation, watch->fd, &event) == 0;
}

bool loop_watch(struct loop *loop, struct watch *watch, uint32_t events)
{
	return control(loop, EPOLL_CTL_ADD, watch, events);
}

void loop_change(struct loop *loop, struct watch *watch, uint32_t events)
{
	control(loop, EPOLL_CTL_MOD, watch, events);
}

void loop_unwatch(struct loop *loop, struct watch *watch)
{
	if (watch->fd >= 0)
		control(loop, EPOLL_CTL_DEL, watch, 0);
	watch->fd = -1;
}

void loop_later(struct loop *loop, void (*work)(void *), void *object)
{
	if (loop->later_count == loop->later_size)
		loop->later = grown(loop->later, &loop->later_size, sizeof *loop->later);
	loop->later[loop->later_count++] = (struct later){.work = work, .object = object};
}

static void heap_put(struct loop *loop, size_t place, struct timer *timer)
{
	loop->heap[place] = timer;
	timer->place = place;
}

static void heap_rise(struct loop *loop, struct timer *timer)
{
	size_t place = timer->place;

	for (; place > 1 && loop->heap[place / 2]->due > timer->due; place /= 2)
		heap_put(loop, place, loop->heap[place / 2]);
	heap_put(loop, place, timer);
}

static void heap_sink(struct loop *loop, struct timer *timer)
{
	size_t place = timer->place;

	for (;;) {
		size_t child = place * 2;

		if (child > loop->count)
			break;
		if (child < loop->count && loop->heap[child + 1]->due < loop->heap[child]->due)
			child++;
		if (loop->heap[child]->due >= timer->due)
			break;
		heap_put(loop, place, loop->heap[child]);
		place = child;
	}
	heap_put(loop, place, timer);
}

void timer_set(struct loop *loop, struct timer *timer, int64_t due)
{
	timer->due = due;
	if (timer->place == 0) {
		if (loop->count + 1 == loop->size)
			loop->heap = grown(loop->heap, &loop->size, sizeof *loop->heap);
		heap_put(loop, ++loop->count, timer);
	}
	heap_rise(loop, timer);
	heap_sink(loop, timer);
}

void timer_stop(struct loop *loop, struct timer *timer)
{
	struct timer *last;

	if (timer->place == 0)
		return;
	last = loop->heap[loop->count--];
	if (last != timer) {
		heap_put(loop, timer->place, last);
		heap_rise(loop, last);
		heap_sink(loop, last);
	}
	timer->place = 0;
}

/* No more than there are now: sockets have their turn even when a timer is set anew for the past.
 */
static void timers_fire(struct loop *loop)
{
	for (size_t left = loop->count;
	     left > 0 && loop->count > 0 && loop->heap[1]->due <= loop->now; left--) {
		struct timer *timer = loop->heap[1];

		timer_stop(loop, timer);
		timer->fire(timer->owner);
	}
}

/* Milliseconds until the next timer is due, rounded up. */
static int wait_time(const struct loop *loop)
{
	int64_t left;

	if (loop->count == 0)
		return ROUND_MAX;
	left = loop->heap[1]->due - clock_monotonic();
	if (left <= 0)
		return 0;
	return left > ROUND_MAX * MILLISECOND ? ROUND_MAX : (int)(left / MILLISECOND) + 1;
}

void loop_run(struct loop *loop, void (*after)(void *owner), void *owner)
{
	struct epoll_event events[EVENTS_MAX];

	while (!loop->ends) {
		int count = epoll_wait(loop->epoll, events, EVENTS_MAX, wait_time(loop));

		if (count < 0 && errno != EINTR) {
			log_event("error", "epoll_wait: %s", strerror(errno));
			return;
		}
		loop->now = clock_monotonic();
		for (int i = 0; i < count; i++) {
			struct watch *watch = events[i].data.ptr;

			/* An event before this one may have ended it. */
			if (watch->fd >= 0)
				watch->ready(watch->owner, events[i].events);
		}
		timers_fire(loop);
		loop_settle(loop);
		after(owner);
	}
}
