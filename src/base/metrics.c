/* Counters that all worker processes share through a mapped file. */
#include "base/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/shared_file.h"

enum {
	NAME_MAX_SIZE = 48,  /* of a counted kind, NUL included */
	ROUTE_MAX_SIZE = 96, /* of a route's method and pattern, NUL included */
	BUCKETS = 13,
	STATUSES_MAX = 24,
	LAYOUT_VERSION = 4,
	PID_BITS = 22, /* Linux has no greater process ids (PID_MAX_LIMIT) */
};

#define DURATION_NAME "confab_request_duration_seconds"

typedef _Atomic uint64_t counter;

static const int statuses[] = {
    200, 204, 400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 429, 500, 502, 503};
static const int status_count = sizeof statuses / sizeof statuses[0];
_Static_assert(sizeof statuses / sizeof statuses[0] < STATUSES_MAX, "one more for all others");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock would not hold between processes");

/* Upper bounds in microseconds; the last bucket has none. */
static const int64_t bucket_bounds[BUCKETS - 1] = {
    500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 2500000, 10000000};

/* One name that came up while running. `state`: 0 free, 1 being written, 2 there. */
struct kind {
	_Atomic uint32_t state;
	char name[NAME_MAX_SIZE];
	counter count;
	counter errors;
};

/* `state` and `name` as in struct kind. */
struct route_counters {
	_Atomic uint32_t state;
	char name[ROUTE_MAX_SIZE];
	counter by_status[STATUSES_MAX]; /* the last one for any other status */
	counter buckets[BUCKETS];
	counter microseconds;
};

/* The largest difference of the provider's clock in this stretch of time and in the one before it.
 * Two processes may meet at the change of stretches; then one of their values is lost. */
struct clock_window {
	_Atomic int64_t stretch; /* number of the present one; 0: nothing was seen */
	_Atomic int64_t largest, largest_before;
	_Atomic uint32_t over; /* it was over the tolerance when last looked at */
};

#define CLOCK_STRETCH (5 * MINUTE)
#define CLOCK_UNKNOWN INT64_MIN

struct table {
	unsigned char layout[SHA256_SIZE]; /* of all that decides where things lie */
	counter simple[METRICS_COUNTERS];
	struct route_counters routes[METRICS_ROUTES_MAX];
	struct route_counters no_route; /* paths that are none */
	struct kind provider[METRICS_KINDS_MAX];
	struct kind webhook[METRICS_KINDS_MAX];
	struct clock_window clock;
	counter workers[METRICS_WORKERS_MAX]; /* worker_mark() of each; 0: free */
};

static struct table *table;
static struct route_counters *routes[METRICS_ROUTES_MAX]; /* this process's routes, in the table */
static size_t route_count;
static uint64_t own_mark; /* of this process once it is one of the pool */

static void layout_hash(unsigned char hash[static SHA256_SIZE])
{
	char text[80];
	int len = snprintf(
	    text, sizeof text, "%d %zu %d\n", LAYOUT_VERSION, sizeof(struct table), status_count);

	sha256(text, (size_t)len, hash);
}

bool metrics_open(const char *file, struct error *error)
{
	unsigned char layout[SHA256_SIZE];

	layout_hash(layout);
	route_count = 0;
	table = shared_file_map(file, sizeof *table, layout);
	if (table == NULL)
		return error_set(error, ERROR_INTERNAL, "METRICS_FILE: cannot use %s: %s", file,
		    strerror(errno));
	return true;
}

/* Writes the name into a slot that is free, or finds that the slot has it. `state`: 0 free, 1 being
 * written, 2 there. A slot that another process is writing (or that one left so when it was killed)
 * is passed over: the same name may then have two slots, which are shown as one. */
static bool slot_take(_Atomic uint32_t *state, char *slot, size_t size, const char *name)
{
	uint32_t found = atomic_load_explicit(state, memory_order_acquire);

	if (found == 0 && atomic_compare_exchange_strong(state, &found, 1)) {
		snprintf(slot, size, "%s", name);
		atomic_store_explicit(state, 2, memory_order_release);
		return true;
	}
	return found == 2 && strncmp(slot, name, size - 1) == 0;
}

static struct route_counters *route_find(const char *name)
{
	for (size_t i = 0; i < METRICS_ROUTES_MAX; i++) {
		struct route_counters *route = &table->routes[i];

		if (slot_take(&route->state, route->name, sizeof route->name, name))
			return route;
	}
	return &table->no_route;
}

void metrics_routes(const char *const names[], size_t count)
{
	if (table == NULL)
		return;
	route_count = count < METRICS_ROUTES_MAX ? count : METRICS_ROUTES_MAX;
	for (size_t i = 0; i < route_count; i++)
		routes[i] = route_find(names[i]);
}

/* A process in one number, so that one atomic operation claims a slot: its id, and above that the
 * time it was started at (clock ticks since boot), because ids are used again. 0: there is no such
 * process, or it has ended and only waits for its parent. */
static uint64_t worker_mark(uint64_t pid)
{
	char name[32], text[512];
	const char *state;
	char condition;
	unsigned long long started;
	ssize_t len;
	int fd;

	snprintf(name, sizeof name, "/proc/%" PRIu64 "/stat", pid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof text - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	/* Behind the program's name, which may hold anything: the state is the 3rd field, the start
	 * the 22nd (proc(5)). */
	state = strrchr(text, ')');
	if (state == NULL ||
	    sscanf(state,
		") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
		" %*s %*s %*s %*s %*s %*s %*s %llu",
		&condition, &started) != 2 ||
	    strchr("ZXx", condition) != NULL)
		return 0;
	return (uint64_t)started << PID_BITS | pid;
}

static bool worker_alive(uint64_t mark)
{
	return mark != 0 && worker_mark(mark & ((1U << PID_BITS) - 1)) == mark;
}

void metrics_worker_enter(void)
{
	own_mark = worker_mark((uint64_t)getpid());
	if (table == NULL || own_mark == 0)
		return;
	for (size_t i = 0; i < METRICS_WORKERS_MAX; i++) {
		uint64_t there = atomic_load(&table->workers[i]);

		if (there == own_mark)
			return;
		if (!worker_alive(there) &&
		    atomic_compare_exchange_strong(&table->workers[i], &there, own_mark))
			return;
	}
}

void metrics_close(void)
{
	if (table == NULL)
		return;
	for (size_t i = 0; i < METRICS_WORKERS_MAX && own_mark != 0; i++) {
		uint64_t own = own_mark;

		if (atomic_compare_exchange_strong(&table->workers[i], &own, 0))
			break;
	}
	own_mark = 0;
	munmap(table, sizeof *table);
	table = NULL;
}

static void raise_by(counter *value, uint64_t by)
{
	atomic_fetch_add_explicit(value, by, memory_order_relaxed);
}

void metrics_request(size_t route, int status, int64_t duration)
{
	struct route_counters *counters;
	int slot = 0, bucket = 0;

	if (table == NULL)
		return;
	counters = route < route_count ? routes[route] : &table->no_route;
	while (slot < status_count && statuses[slot] != status)
		slot++;
	while (bucket < BUCKETS - 1 && duration > bucket_bounds[bucket])
		bucket++;
	raise_by(&counters->by_status[slot], 1);
	raise_by(&counters->buckets[bucket], 1);
	raise_by(&counters->microseconds, (uint64_t)duration);
}

void metrics_count(enum metrics_counter which)
{
	if (table != NULL)
		raise_by(&table->simple[which], 1);
}

/* The slot of that name, taken if need be; the last one is for all that came too late. */
static struct kind *kind_find(struct kind *kinds, const char *name)
{
	for (size_t i = 0; i < METRICS_KINDS_MAX - 1; i++) {
		struct kind *kind = &kinds[i];

		if (slot_take(&kind->state, kind->name, sizeof kind->name, name))
			return kind;
	}
	snprintf(kinds[METRICS_KINDS_MAX - 1].name, NAME_MAX_SIZE, "other");
	atomic_store(&kinds[METRICS_KINDS_MAX - 1].state, 2);
	return &kinds[METRICS_KINDS_MAX - 1];
}

void metrics_provider_call(const char *operation, bool failed)
{
	struct kind *kind;

	if (table == NULL)
		return;
	kind = kind_find(table->provider, operation);
	raise_by(&kind->count, 1);
	if (failed)
		raise_by(&kind->errors, 1);
}

void metrics_webhook_event(const char *name)
{
	if (table != NULL)
		raise_by(&kind_find(table->webhook, name)->count, 1);
}

/* Brings the window up to the present stretch. */
static void clock_advance(struct clock_window *window)
{
	int64_t stretch = clock_now() / CLOCK_STRETCH, old = window->stretch;

	if (old == stretch || !atomic_compare_exchange_strong(&window->stretch, &old, stretch))
		return;
	window->largest_before = old == stretch - 1 ? (int64_t)window->largest : CLOCK_UNKNOWN;
	window->largest = CLOCK_UNKNOWN;
}

static int64_t clock_largest(const struct clock_window *window)
{
	int64_t now = window->largest, before = window->largest_before;

	if (window->stretch == 0)
		return CLOCK_UNKNOWN;
	return now > before ? now : before;
}

bool metrics_provider_clock(int64_t ahead, int64_t tolerance)
{
	struct clock_window *window;
	int64_t largest;
	uint32_t over;

	if (table == NULL)
		return false;
	window = &table->clock;
	clock_advance(window);
	largest = window->largest;
	while (ahead > largest && !atomic_compare_exchange_weak(&window->largest, &largest, ahead))
		continue;
	over = clock_largest(window) > tolerance;
	return atomic_exchange(&window->over, over) == 0 && over != 0;
}

/* The text, growing. */
struct output {
	struct arena *arena;
	char *text;
	size_t len;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static void put(
    struct output *output, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(output->text + output->len, output->size - output->len, format, args);
	va_end(args);
	if (len < 0)
		return;
	if (output->len + (size_t)len >= output->size) {
		char *larger = arena_alloc(output->arena, output->size * 2 + (size_t)len);

		memcpy(larger, output->text, output->len);
		output->text = larger;
		output->size = output->size * 2 + (size_t)len;
		va_start(args, format);
		len =
		    vsnprintf(output->text + output->len, output->size - output->len, format, args);
		va_end(args);
	}
	output->len += (size_t)len;
}

static void head_put(struct output *output, const char *name, const char *type, const char *help)
{
	put(output, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value between its quotes; `text` has room for twice the value and a NUL. */
static const char *label_escape(const char *value, char *text)
{
	char *to = text;

	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\' || *value == '\n')
			*to++ = '\\';
		*to++ = *value == '\n' ? 'n' : *value;
	}
	*to = '\0';
	return text;
}

/* "POST /session" as method="POST",route="/session". */
static const char *route_labels(const struct route_counters *route, char *text, size_t size)
{
	const char *blank = strchr(route->name, ' ');

	if (blank == NULL)
		snprintf(text, size, "method=\"\",route=\"none\"");
	else
		snprintf(text, size, "method=\"%.*s\",route=\"%s\"", (int)(blank - route->name),
		    route->name, blank + 1);
	return text;
}

static void request_put(struct output *output, const struct route_counters *route)
{
	char labels[160];

	route_labels(route, labels, sizeof labels);
	for (int slot = 0; slot <= status_count; slot++) {
		uint64_t count = route->by_status[slot];
		char status[16] = "other";

		if (slot < status_count)
			snprintf(status, sizeof status, "%d", statuses[slot]);
		if (count > 0)
			put(output, "confab_requests_total{%s,status=\"%s\"} %" PRIu64 "\n", labels,
			    status, count);
	}
}

static void duration_put(struct output *output, const struct route_counters *route)
{
	static const char name[] = DURATION_NAME;
	char labels[160];
	uint64_t sum = 0;

	route_labels(route, labels, sizeof labels);
	for (int bucket = 0; bucket < BUCKETS - 1; bucket++) {
		sum += route->buckets[bucket];
		put(output, "%s_bucket{%s,le=\"%g\"} %" PRIu64 "\n", name, labels,
		    (double)bucket_bounds[bucket] / 1e6, sum);
	}
	sum += route->buckets[BUCKETS - 1];
	put(output, "%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n", name, labels, sum);
	put(output, "%s_sum{%s} %.6f\n", name, labels, (double)route->microseconds / 1e6);
	put(output, "%s_count{%s} %" PRIu64 "\n", name, labels, sum);
}

/* Adds the counters of another slot of the same name. */
static void route_add(struct route_counters *sum, const struct route_counters *route)
{
	for (int slot = 0; slot <= status_count; slot++)
		sum->by_status[slot] += route->by_status[slot];
	for (int bucket = 0; bucket < BUCKETS; bucket++)
		sum->buckets[bucket] += route->buckets[bucket];
	sum->microseconds += route->microseconds;
}

/* Is there a slot of the same name before this one? */
static bool route_shown(size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (table->routes[j].state == 2 &&
		    strcmp(table->routes[j].name, table->routes[i].name) == 0)
			return true;
	}
	return false;
}

static void routes_put(struct output *output,
    void (*route_put)(struct output *output, const struct route_counters *route))
{
	for (size_t i = 0; i < METRICS_ROUTES_MAX; i++) {
		struct route_counters sum = {0};

		if (table->routes[i].state != 2 || route_shown(i))
			continue;
		memcpy(sum.name, table->routes[i].name, sizeof sum.name);
		for (size_t j = i; j < METRICS_ROUTES_MAX; j++) {
			if (table->routes[j].state == 2 &&
			    strcmp(table->routes[j].name, sum.name) == 0)
				route_add(&sum, &table->routes[j]);
		}
		route_put(output, &sum);
	}
	route_put(output, &table->no_route);
}

static void requests_put(struct output *output)
{
	head_put(output, "confab_requests_total", "counter", "Requests answered.");
	routes_put(output, request_put);
}

static void durations_put(struct output *output)
{
	head_put(
	    output, DURATION_NAME, "histogram", "Time from a request's arrival to its answer.");
	routes_put(output, duration_put);
}

/* Two slots of one name are one line. */
static uint64_t kind_sum(const struct kind *kinds, size_t first, bool errors)
{
	uint64_t sum = 0;

	for (size_t i = first; i < METRICS_KINDS_MAX; i++) {
		if (kinds[i].state == 2 && strcmp(kinds[i].name, kinds[first].name) == 0)
			sum += errors ? kinds[i].errors : kinds[i].count;
	}
	return sum;
}

static void kinds_put(struct output *output, const struct kind *kinds, const char *name,
    const char *label, bool errors, const char *help)
{
	head_put(output, name, "counter", help);
	for (size_t i = 0; i < METRICS_KINDS_MAX; i++) {
		char value[2 * NAME_MAX_SIZE];
		bool seen = false;

		for (size_t j = 0; j < i; j++)
			seen = seen ||
			       (kinds[j].state == 2 && strcmp(kinds[j].name, kinds[i].name) == 0);
		if (kinds[i].state == 2 && !seen)
			put(output, "%s{%s=\"%s\"} %" PRIu64 "\n", name, label,
			    label_escape(kinds[i].name, value), kind_sum(kinds, i, errors));
	}
}

static void simple_put(
    struct output *output, const char *name, enum metrics_counter which, const char *help)
{
	head_put(output, name, "counter", help);
	put(output, "%s %" PRIu64 "\n", name, (uint64_t)table->simple[which]);
}

static void clock_put(struct output *output)
{
	int64_t largest;

	clock_advance(&table->clock);
	largest = clock_largest(&table->clock);
	head_put(output, "confab_provider_clock_ahead_seconds", "gauge",
	    "The provider's clock less the service's, by the promptest event of the last minutes.");
	if (largest != CLOCK_UNKNOWN)
		put(output, "confab_provider_clock_ahead_seconds %.6f\n", (double)largest / 1e6);
}

static void workers_put(struct output *output)
{
	unsigned alive = 0;

	for (size_t i = 0; i < METRICS_WORKERS_MAX; i++)
		alive += worker_alive(table->workers[i]);
	head_put(output, "confab_workers", "gauge", "Worker processes alive.");
	put(output, "confab_workers %u\n", alive);
}

char *metrics_text(struct arena *arena)
{
	enum { START = 32 * 1024 };
	struct output output = {.arena = arena, .text = arena_alloc(arena, START), .size = START};

	if (table == NULL)
		return output.text;
	requests_put(&output);
	durations_put(&output);
	simple_put(&output, "confab_database_retries_total", METRICS_DB_RETRY,
	    "Transactions run again after a lost connection or a deadlock.");
	simple_put(&output, "confab_database_connections_total", METRICS_DB_CONNECT,
	    "Connections made to the database.");
	simple_put(&output, "confab_database_unavailable_total", METRICS_DB_UNAVAILABLE,
	    "Requests that gave up on the database.");
	kinds_put(&output, table->provider, "confab_provider_calls_total", "operation", false,
	    "Calls to the provider.");
	kinds_put(&output, table->provider, "confab_provider_errors_total", "operation", true,
	    "Calls to the provider that failed.");
	kinds_put(&output, table->webhook, "confab_webhook_events_total", "event", false,
	    "Events from the provider.");
	simple_put(&output, "confab_webhook_events_failed_total", METRICS_EVENT_FAULT,
	    "Events that a fault of the service has lost.");
	simple_put(&output, "confab_recordings_failed_total", METRICS_RECORDING_FAILED,
	    "Recordings that stopped without anything recorded.");
	clock_put(&output);
	workers_put(&output);
	return output.text;
}
