/* The counters as text for Prometheus. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/metrics.h"
#include "base/metrics_table.h"
#include "base/process.h"

#define DURATION_NAME "confab_request_duration_seconds"

enum {
	SIZE_START = 32 * 1024, /* bytes */
	LABELS_SIZE = 2 * METRICS_NAME_SIZE,
};

static void head_put(struct buffer *text, const char *name, const char *type, const char *help)
{
	buffer_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Escapes a label's value. `text` has room for twice the value and a NUL. */
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

/* Writes "POST /session" as method="POST",route="/session". */
static const char *route_labels(const char *name, char *text)
{
	const char *blank = strchr(name, ' ');

	if (blank == NULL)
		snprintf(text, LABELS_SIZE, "method=\"\",route=\"none\"");
	else
		snprintf(text, LABELS_SIZE, "method=\"%.*s\",route=\"%s\"", (int)(blank - name),
		    name, blank + 1);
	return text;
}

static void request_put(struct buffer *text, const struct metrics_route *route)
{
	char labels[LABELS_SIZE];

	route_labels(route->slot.name, labels);
	for (int slot = 0; slot <= METRICS_STATUSES; slot++) {
		uint64_t count = route->by_status[slot];
		char status[16] = "other";

		if (slot < METRICS_STATUSES)
			snprintf(status, sizeof status, "%d", metrics_statuses[slot]);
		if (count > 0)
			buffer_printf(text, "confab_requests_total{%s,status=\"%s\"} %" PRIu64 "\n",
			    labels, status, count);
	}
}

static void duration_put(struct buffer *text, const struct metrics_route *route)
{
	static const char name[] = DURATION_NAME;
	char labels[LABELS_SIZE];
	uint64_t sum = 0;

	route_labels(route->slot.name, labels);
	for (int bucket = 0; bucket < METRICS_BUCKETS - 1; bucket++) {
		sum += route->buckets[bucket];
		buffer_printf(text, "%s_bucket{%s,le=\"%g\"} %" PRIu64 "\n", name, labels,
		    (double)metrics_bounds[bucket] / 1e6, sum);
	}
	sum += route->buckets[METRICS_BUCKETS - 1];
	buffer_printf(text, "%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n", name, labels, sum);
	buffer_printf(text, "%s_sum{%s} %.6f\n", name, labels, (double)route->microseconds / 1e6);
	buffer_printf(text, "%s_count{%s} %" PRIu64 "\n", name, labels, sum);
}

static void route_add(struct metrics_route *sum, const struct metrics_route *route)
{
	for (int slot = 0; slot <= METRICS_STATUSES; slot++)
		sum->by_status[slot] += route->by_status[slot];
	for (int bucket = 0; bucket < METRICS_BUCKETS; bucket++)
		sum->buckets[bucket] += route->buckets[bucket];
	sum->microseconds += route->microseconds;
}

/* Adds up all slots that have the name of slot `first`. False when an earlier slot has this name
 * too: its sum contains this slot. */
static bool route_sum(size_t first, struct metrics_route *sum)
{
	const struct metrics_route *routes = metrics_table->routes;

	if (routes[first].slot.state != SLOT_READY)
		return false;
	*sum = (struct metrics_route){0};
	memcpy(sum->slot.name, routes[first].slot.name, sizeof sum->slot.name);
	for (size_t i = 0; i < METRICS_ROUTES_MAX; i++) {
		if (!metrics_slots_equal(&routes[i].slot, &routes[first].slot))
			continue;
		if (i < first)
			return false;
		route_add(sum, &routes[i]);
	}
	return true;
}

static void routes_put(
    struct buffer *text, void (*route_put)(struct buffer *text, const struct metrics_route *route))
{
	for (size_t i = 0; i < METRICS_ROUTES_MAX; i++) {
		struct metrics_route sum;

		if (route_sum(i, &sum))
			route_put(text, &sum);
	}
	route_put(text, &metrics_table->no_route);
}

static void requests_put(struct buffer *text)
{
	head_put(text, "confab_requests_total", "counter", "Requests answered.");
	routes_put(text, request_put);
}

static void durations_put(struct buffer *text)
{
	head_put(text, DURATION_NAME, "histogram", "Time from a request's arrival to its answer.");
	routes_put(text, duration_put);
}

/* As route_sum(). */
static bool kind_sum(const struct metrics_kind *kinds, size_t first, bool errors, uint64_t *sum)
{
	*sum = 0;
	for (size_t i = 0; i < METRICS_KINDS_MAX; i++) {
		if (!metrics_slots_equal(&kinds[i].slot, &kinds[first].slot))
			continue;
		if (i < first)
			return false;
		*sum += errors ? kinds[i].errors : kinds[i].count;
	}
	return kinds[first].slot.state == SLOT_READY;
}

static void kinds_put(struct buffer *text, const struct metrics_kind *kinds, const char *name,
    const char *label, bool errors, const char *help)
{
	head_put(text, name, "counter", help);
	for (size_t i = 0; i < METRICS_KINDS_MAX; i++) {
		char value[2 * METRICS_NAME_SIZE];
		uint64_t sum;

		if (kind_sum(kinds, i, errors, &sum))
			buffer_printf(text, "%s{%s=\"%s\"} %" PRIu64 "\n", name, label,
			    label_escape(kinds[i].slot.name, value), sum);
	}
}

static void simple_put(
    struct buffer *text, const char *name, enum metrics_counter which, const char *help)
{
	head_put(text, name, "counter", help);
	buffer_printf(text, "%s %" PRIu64 "\n", name, (uint64_t)metrics_table->simple[which]);
}

static void gauge_put(
    struct buffer *text, const char *name, enum metrics_counter which, const char *help)
{
	head_put(text, name, "gauge", help);
	buffer_printf(text, "%s %" PRIu64 "\n", name, (uint64_t)metrics_table->simple[which]);
}

static void seconds_put(
    struct buffer *text, const char *name, enum metrics_counter which, const char *help)
{
	head_put(text, name, "counter", help);
	buffer_printf(text, "%s %.3f\n", name, (double)metrics_table->simple[which] / 1e6);
}

static void uploads_failed_put(struct buffer *text)
{
	static const char *const faults[METRICS_UPLOAD_FAULTS] = {"credentials", "no-bucket",
	    "full", "refused", "gone", "slow", "busy", "mismatch", "file", "settings", "other"};
	static const char failed[] = "confab_uploads_failed_total";

	head_put(
	    text, failed, "counter", "Tries to upload or remove a recording's file that failed.");
	for (int i = 0; i < METRICS_UPLOAD_FAULTS; i++)
		buffer_printf(text, "%s{reason=\"%s\"} %" PRIu64 "\n", failed, faults[i],
		    (uint64_t)metrics_table->simple[METRICS_UPLOAD_FAILED + i]);
}

static void processing_put(struct buffer *text)
{
	static const struct {
		enum metrics_counter counter;
		const char *reason;
	} reasons[] = {{METRICS_PROCESSING_PROGRAM, "program"}, {METRICS_PROCESSING_LIMIT, "limit"},
	    {METRICS_PROCESSING_STALL, "stall"}, {METRICS_PROCESSING_KILLED, "killed"},
	    {METRICS_PROCESSING_RESULT, "result"}};
	static const char failed[] = "confab_archives_failed_total";

	gauge_put(text, "confab_archives_waiting", METRICS_ARCHIVES_WAITING,
	    "Recordings that are stopped and not finished.");
	gauge_put(text, "confab_archives_oldest_seconds", METRICS_ARCHIVES_AGE,
	    "The time since the oldest of them stopped.");
	seconds_put(text, "confab_archives_cpu_seconds_total", METRICS_PROCESSING_CPU,
	    "CPU time of the programs that read and compose recordings.");
	seconds_put(text, "confab_archives_recorded_seconds_total", METRICS_PROCESSING_RECORDED,
	    "Length of the recordings whose result is there.");
	head_put(text, failed, "counter", "Recordings whose processing was given up.");
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		buffer_printf(text, "%s{reason=\"%s\"} %" PRIu64 "\n", failed, reasons[i].reason,
		    (uint64_t)metrics_table->simple[reasons[i].counter]);
}

static void clock_put(struct buffer *text)
{
	int64_t largest = clock_window_largest(&metrics_table->clock);

	head_put(text, "confab_provider_clock_ahead_seconds", "gauge",
	    "The provider's clock less the service's, by the promptest event of the last minutes.");
	if (largest != CLOCK_WINDOW_EMPTY)
		buffer_printf(
		    text, "confab_provider_clock_ahead_seconds %.6f\n", (double)largest / 1e6);
}

static void workers_put(struct buffer *text)
{
	unsigned alive = 0;

	for (size_t i = 0; i < METRICS_WORKERS_MAX; i++)
		alive += process_runs(metrics_table->workers[i]);
	head_put(text, "confab_workers", "gauge", "Worker processes alive.");
	buffer_printf(text, "confab_workers %u\n", alive);
}

static int64_t recordings_free = -1;

void metrics_recordings_free(int64_t bytes)
{
	recordings_free = bytes;
}

static void recordings_free_put(struct buffer *text)
{
	if (recordings_free < 0)
		return;
	head_put(text, "confab_recordings_free_bytes", "gauge",
	    "Free space for recordings on this host.");
	buffer_printf(text, "confab_recordings_free_bytes %" PRId64 "\n", recordings_free);
}

char *metrics_text(struct arena *arena)
{
	struct buffer text = buffer_new(arena, SIZE_START);

	if (metrics_table == NULL)
		return text.text;
	requests_put(&text);
	durations_put(&text);
	simple_put(&text, "confab_database_retries_total", METRICS_DB_RETRY,
	    "Transactions run again after a lost connection or a deadlock.");
	simple_put(&text, "confab_database_connections_total", METRICS_DB_CONNECT,
	    "Connections made to the database.");
	simple_put(&text, "confab_database_unavailable_total", METRICS_DB_UNAVAILABLE,
	    "Requests that gave up on the database.");
	kinds_put(&text, metrics_table->provider, "confab_provider_calls_total", "operation", false,
	    "Calls to the provider.");
	kinds_put(&text, metrics_table->provider, "confab_provider_errors_total", "operation", true,
	    "Calls to the provider that failed.");
	kinds_put(&text, metrics_table->webhook, "confab_webhook_events_total", "event", false,
	    "Events from the provider.");
	simple_put(&text, "confab_webhook_events_failed_total", METRICS_EVENT_FAULT,
	    "Events that a fault of the service has lost.");
	simple_put(&text, "confab_recordings_failed_total", METRICS_RECORDING_FAILED,
	    "Recordings that stopped without anything recorded.");
	simple_put(&text, "confab_recordings_silent_total", METRICS_RECORDING_SILENT,
	    "Recordings in which nothing was written although media came.");
	simple_put(&text, "confab_recordings_out_of_space_total", METRICS_RECORDING_STOPPED,
	    "Recordings that were stopped because the disk was nearly full.");
	simple_put(&text, "confab_upload_bytes_total", METRICS_UPLOAD_BYTES,
	    "Bytes of recordings sent to their storage.");
	uploads_failed_put(&text);
	processing_put(&text);
	recordings_free_put(&text);
	clock_put(&text);
	workers_put(&text);
	return text.text;
}
