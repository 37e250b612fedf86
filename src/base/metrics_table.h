/* The layout of the memory that all workers share. Only metrics.c and metrics_text.c use it.
 *
 * Raise METRICS_LAYOUT when you change anything here. */
#ifndef CONFAB_BASE_METRICS_TABLE_H
#define CONFAB_BASE_METRICS_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock_window.h"
#include "base/crypto.h"
#include "base/metrics.h"

enum {
	METRICS_LAYOUT = 7,
	METRICS_NAME_SIZE = 96, /* bytes of a name, NUL included */
	METRICS_STATUSES = 16,
	METRICS_BUCKETS = 13,
};

typedef _Atomic uint64_t metrics_value;

/* A place for a name that is found while the service runs. A process that is killed while it writes
 * a name leaves SLOT_WRITING, and nobody uses that slot again: the next process takes another slot
 * for the name. So a name may have several slots, and their sum counts. */
struct metrics_slot {
	_Atomic uint32_t state;
	char name[METRICS_NAME_SIZE];
};
enum { SLOT_FREE, SLOT_WRITING, SLOT_READY };

/* One kind of call to the provider, or of event from the provider. */
struct metrics_kind {
	struct metrics_slot slot;
	metrics_value count;
	metrics_value errors;
};

/* One route, named "POST /session". */
struct metrics_route {
	struct metrics_slot slot;
	metrics_value by_status[METRICS_STATUSES + 1]; /* the last one for any other status */
	metrics_value buckets[METRICS_BUCKETS];
	metrics_value microseconds;
};

struct metrics_table {
	unsigned char layout[SHA256_SIZE]; /* shared_file_map() */
	metrics_value simple[METRICS_COUNTERS];
	struct metrics_route routes[METRICS_ROUTES_MAX];
	struct metrics_route no_route; /* requests of unknown paths */
	struct metrics_kind provider[METRICS_KINDS_MAX];
	struct metrics_kind webhook[METRICS_KINDS_MAX];
	struct clock_window clock;
	metrics_value workers[METRICS_WORKERS_MAX]; /* process_mark() of each; 0: free */
};

/* The status of each counter of by_status. */
extern const int metrics_statuses[METRICS_STATUSES];

/* The upper bound of each bucket in microseconds; the last bucket has none. */
extern const int64_t metrics_bounds[METRICS_BUCKETS - 1];

/* NULL before metrics_open() and after metrics_close(). */
extern struct metrics_table *metrics_table;

/* Do both slots have the same name? False while one of them has none. */
bool metrics_slots_equal(const struct metrics_slot *a, const struct metrics_slot *b);

#endif
