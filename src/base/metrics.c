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
	NAME_MAX_SIZE = 48, /* of a counted kind, NUL included */
	BUCKETS = 13,
	STATUSES_MAX = 24,
	LAYOUT_VERSION = 3,
	PID_BITS = 22, /* Linux has no greater process ids (PID_MAX_LIMIT) */
};

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

struct route_counters {
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
	struct route_counters
	    routes[METRICS_ROUTES_MAX + 1]; /* the last one for paths that are none */
	struct kind provider[METRICS_KINDS_MAX];
	struct kind webhook[METRICS_KINDS_MAX];
	struct clock_window clock;
	counter workers[METRICS_WORKERS_MAX]; /* worker_mark() of each; 0: free */
};

static struct table *table;
static const char *const *route_names;
static size_t route_names_count;
static uint64_t own_mark; /* of this process once it is one of the pool */

static void layout_hash(unsigned char hash[static SHA256_SIZE])
{
	char text[METRICS_ROUTES_MAX * 96];
	size_t len = (size_t)snprintf(
	    text, sizeof text, "%d %zu %d\n", LAYOUT_VERSION, sizeof(struct table), status_count);

	for (size_t i = 0; i < route_names_count && len < sizeof text; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s\n", route_names[i]);
	sha256(text, len < sizeof text ? len : sizeof text, hash);
}

bool metrics_open(
    const char *file, const char *const routes[], size_t route_count, struct error *error)
{
	unsigned char layout[SHA256_SIZE];

	route_names = routes;
	route_names_count = route_count < METRICS_ROUTES_MAX ? route_count : METRICS_ROUTES_MAX;
	layout_hash(layout);
	table = shared_file_map(file, sizeof *table, layout);
	if (table == NULL)
		return error_set(error, ERROR_INTERNAL, "METRICS_FILE: cannot use %s: %s", file,
		    strerror(errno));
	return true;
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
	counters = &table->routes[route < route_names_count ? route : METRICS_ROUTES_MAX];
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
		uint32_t state = atomic_load_explicit(&kind->state, memory_order_acquire);

		if (state == 0 && atomic_compare_exchange_strong(&kind->state, &state, 1)) {
			snprintf(kind->name, sizeof kind->name, "%s", name);
			atomic_store_explicit(&kind->state, 2, memory_order_release);
			return kind;
		}
		/* Being written by another process (or left so by one that was killed): the same
		 * name may then get a second slot, which the sum over the label makes good. */
		if (state == 2 && strncmp(kind->name, name, sizeof kind->name - 1) == 0)
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
static void route_labels(size_t route, char *text, size_t size)
{
	const char *name, *blank;

	if (route >= route_names_count) {
		snprintf(text, size, "method=\"\",route=\"none\"");
		return;
	}
	name = route_names[route];
	blank = strchr(name, ' ');
	snprintf(text, size, "method=\"%.*s\",route=\"%s\"", (int)(blank - name), name, blank + 1);
}

static size_t row_of(size_t i)
{
	return i < route_names_count ? i : METRICS_ROUTES_MAX;
}

static void requests_put(struct output *output)
{
	char labels[160];

	head_put(output, "confab_requests_total", "counter", "Requests answered.");
	for (size_t i = 0; i <= route_names_count; i++) {
		const struct route_counters *counters = &table->routes[row_of(i)];

		route_labels(i, labels, sizeof labels);
		for (int slot = 0; slot <= status_count; slot++) {
			uint64_t count = counters->by_status[slot];

			if (count == 0)
				continue;
			if (slot < status_count)
				put(output, "confab_requests_total{%s,status=\"%d\"} %" PRIu64 "\n",
				    labels, statuses[slot], count);
			else
				put(output,
				    "confab_requests_total{%s,status=\"other\"} %" PRIu64 "\n",
				    labels, count);
		}
	}
}

static void durations_put(struct output *output)
{
	static const char name[] = "confab_request_duration_seconds";
	char labels[160];

	head_put(output, name, "histogram", "Time from a request's arrival to its answer.");
	for (size_t i = 0; i <= route_names_count; i++) {
		const struct route_counters *counters = &table->routes[row_of(i)];
		uint64_t sum = 0;

		route_labels(i, labels, sizeof labels);
		for (int bucket = 0; bucket < BUCKETS - 1; bucket++) {
			sum += counters->buckets[bucket];
			put(output, "%s_bucket{%s,le=\"%g\"} %" PRIu64 "\n", name, labels,
			    (double)bucket_bounds[bucket] / 1e6, sum);
		}
		sum += counters->buckets[BUCKETS - 1];
		put(output, "%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n", name, labels, sum);
		put(output, "%s_sum{%s} %.6f\n", name, labels,
		    (double)counters->microseconds / 1e6);
		put(output, "%s_count{%s} %" PRIu64 "\n", name, labels, sum);
	}
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
