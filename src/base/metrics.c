/* Counters that all workers share through a mapped file. */
#include "base/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/metrics_table.h"
#include "base/process.h"
#include "base/shared_file.h"

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock inside one process does not protect others");

const int metrics_statuses[METRICS_STATUSES] = {
    200, 204, 400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 429, 500, 502, 503};

const int64_t metrics_bounds[METRICS_BUCKETS - 1] = {
    500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 2500000, 10000000};

struct metrics_table *metrics_table;
static struct metrics_route *routes[METRICS_ROUTES_MAX]; /* this process's, in the table */
static size_t route_count;
static uint64_t own_mark; /* of this process, if it is a worker of the pool; else 0 */

bool metrics_open(const char *file, struct error *error)
{
	unsigned char layout[SHA256_SIZE];
	char text[80];
	int len =
	    snprintf(text, sizeof text, "%d %zu\n", METRICS_LAYOUT, sizeof(struct metrics_table));

	sha256(text, (size_t)len, layout);
	route_count = 0;
	metrics_table = shared_file_map(file, sizeof *metrics_table, layout);
	if (metrics_table == NULL)
		return error_set(error, ERROR_INTERNAL, "METRICS_FILE: cannot use %s: %s", file,
		    strerror(errno));
	return true;
}

/* Writes `name` into the slot if it is free. True when the slot has this name now. */
static bool slot_take(struct metrics_slot *slot, const char *name)
{
	uint32_t state = atomic_load_explicit(&slot->state, memory_order_acquire);

	if (state == SLOT_FREE &&
	    atomic_compare_exchange_strong(&slot->state, &state, SLOT_WRITING)) {
		snprintf(slot->name, sizeof slot->name, "%s", name);
		atomic_store_explicit(&slot->state, SLOT_READY, memory_order_release);
		return true;
	}
	return state == SLOT_READY && strncmp(slot->name, name, sizeof slot->name - 1) == 0;
}

bool metrics_slots_equal(const struct metrics_slot *a, const struct metrics_slot *b)
{
	return a->state == SLOT_READY && b->state == SLOT_READY && strcmp(a->name, b->name) == 0;
}

static struct metrics_route *route_find(const char *name)
{
	for (size_t i = 0; i < METRICS_ROUTES_MAX; i++) {
		if (slot_take(&metrics_table->routes[i].slot, name))
			return &metrics_table->routes[i];
	}
	return &metrics_table->no_route;
}

void metrics_routes(const char *const names[], size_t count)
{
	if (metrics_table == NULL)
		return;
	route_count = count < METRICS_ROUTES_MAX ? count : METRICS_ROUTES_MAX;
	for (size_t i = 0; i < route_count; i++)
		routes[i] = route_find(names[i]);
}

void metrics_worker_enter(void)
{
	own_mark = process_mark(getpid());
	if (metrics_table == NULL || own_mark == 0)
		return;
	for (size_t i = 0; i < METRICS_WORKERS_MAX; i++) {
		uint64_t mark = atomic_load(&metrics_table->workers[i]);

		if (mark == own_mark)
			return;
		if (!process_runs(mark) &&
		    atomic_compare_exchange_strong(&metrics_table->workers[i], &mark, own_mark))
			return;
	}
}

void metrics_close(void)
{
	if (metrics_table == NULL)
		return;
	for (size_t i = 0; i < METRICS_WORKERS_MAX && own_mark != 0; i++) {
		uint64_t own = own_mark;

		if (atomic_compare_exchange_strong(&metrics_table->workers[i], &own, 0))
			break;
	}
	own_mark = 0;
	munmap(metrics_table, sizeof *metrics_table);
	metrics_table = NULL;
}

static void raise_by(metrics_value *value, uint64_t by)
{
	atomic_fetch_add_explicit(value, by, memory_order_relaxed);
}

void metrics_request(size_t route, int status, int64_t duration)
{
	struct metrics_route *counters;
	int slot = 0, bucket = 0;

	if (metrics_table == NULL)
		return;
	counters = route < route_count ? routes[route] : &metrics_table->no_route;
	while (slot < METRICS_STATUSES && metrics_statuses[slot] != status)
		slot++;
	while (bucket < METRICS_BUCKETS - 1 && duration > metrics_bounds[bucket])
		bucket++;
	raise_by(&counters->by_status[slot], 1);
	raise_by(&counters->buckets[bucket], 1);
	raise_by(&counters->microseconds, (uint64_t)duration);
}

void metrics_count(enum metrics_counter which)
{
	metrics_add(which, 1);
}

void metrics_add(enum metrics_counter which, uint64_t value)
{
	if (metrics_table != NULL)
		raise_by(&metrics_table->simple[which], value);
}

void metrics_set(enum metrics_counter which, uint64_t value)
{
	if (metrics_table != NULL)
		metrics_table->simple[which] = value;
}

/* Finds or takes the slot of this name. When the table is full, all new names share the last slot,
 * "other". */
static struct metrics_kind *kind_find(struct metrics_kind *kinds, const char *name)
{
	struct metrics_kind *other = &kinds[METRICS_KINDS_MAX - 1];

	for (size_t i = 0; i < METRICS_KINDS_MAX - 1; i++) {
		if (slot_take(&kinds[i].slot, name))
			return &kinds[i];
	}
	slot_take(&other->slot, "other");
	return other;
}

void metrics_provider_call(const char *operation, bool failed)
{
	struct metrics_kind *kind;

	if (metrics_table == NULL)
		return;
	kind = kind_find(metrics_table->provider, operation);
	raise_by(&kind->count, 1);
	if (failed)
		raise_by(&kind->errors, 1);
}

void metrics_webhook_event(const char *name)
{
	if (metrics_table != NULL)
		raise_by(&kind_find(metrics_table->webhook, name)->count, 1);
}

bool metrics_provider_clock(int64_t ahead, int64_t tolerance)
{
	return metrics_table != NULL && clock_window_add(&metrics_table->clock, ahead, tolerance);
}
