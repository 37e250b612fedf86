/* Janus' events on their way to the service.
 *
 * The file: a line with the place of the first body that was not handed on, then for each body a
 * line with its length, and the body. It is emptied when all have been handed on. */
#include "gate/events.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "gate/outward.h"
#include "gate/session.h"

enum {
	HEADER_SIZE = 21, /* bytes of the first line */
	LENGTH_SIZE = 11, /* bytes of a body's length with its line end */
	BODY_MAX = 256 * 1024 * 1024,
	ANSWER_MAX = 64 * 1024,
	TYPE_GATE = 1024, /* in the place of Janus' types of events */
};

#define HAND_LIMIT (15 * SECOND)
#define HAND_AGAIN SECOND

struct events {
	struct gate *gate;
	int fd;
	off_t place; /* of the first body that was not handed on */
	off_t end;
	char *body; /* that is being handed on; NULL: none */
	off_t next; /* behind it */
	int64_t waiting;
	/* The events of a body that could not be taken as a whole: each by itself. NULL: not so. */
	struct json_object *parts;
	size_t part;
	struct exchange *exchange; /* NULL: nothing is being handed on */
	struct timer timer;
	bool is_held_up; /* the last try has failed, which the log has */
};

static void hand_next(struct events *events);

static void events_fire(void *owner)
{
	hand_next(owner);
}

static void place_write(struct events *events)
{
	char line[HEADER_SIZE + 1];

	snprintf(line, sizeof line, "%020" PRId64 "\n", (int64_t)events->place);
	if (pwrite(events->fd, line, HEADER_SIZE, 0) != HEADER_SIZE)
		log_event("error", "cannot write the file of events: %s", strerror(errno));
}

/* The length of the body at `place`; -1: there is none, or it was cut off by a crash. */
static int64_t length_read(const struct events *events, off_t place)
{
	char line[LENGTH_SIZE + 1] = "";
	int64_t len;
	char *end;

	if (place + LENGTH_SIZE > events->end ||
	    pread(events->fd, line, LENGTH_SIZE, place) != LENGTH_SIZE)
		return -1;
	len = strtoll(line, &end, 10);
	return *end == '\n' && len >= 0 && place + LENGTH_SIZE + len <= events->end ? len : -1;
}

static void file_empty(struct events *events)
{
	events->place = events->end = HEADER_SIZE;
	place_write(events);
	if (ftruncate(events->fd, HEADER_SIZE) != 0)
		log_event("error", "cannot write the file of events: %s", strerror(errno));
}

/* Counts what is there, and cuts off what is not whole. */
static void file_read(struct events *events)
{
	char line[HEADER_SIZE + 1] = "";
	int64_t len;
	off_t at;

	if (events->end < HEADER_SIZE || pread(events->fd, line, HEADER_SIZE, 0) != HEADER_SIZE) {
		file_empty(events);
		return;
	}
	events->place = strtoll(line, NULL, 10);
	if (events->place < HEADER_SIZE || events->place > events->end)
		events->place = HEADER_SIZE;
	at = events->place;
	while ((len = length_read(events, at)) >= 0) {
		at += LENGTH_SIZE + len;
		events->waiting++;
	}
	events->end = at;
	if (events->waiting == 0)
		file_empty(events);
	else if (ftruncate(events->fd, at) != 0)
		log_event("error", "cannot write the file of events: %s", strerror(errno));
}

struct events *events_open(struct gate *gate, struct error *error)
{
	struct events *events = calloc(1, sizeof *events);
	const char *path = arena_printf(gate->arena, "%s/events", gate->config->gate_state_dir);
	struct stat status;

	if (events == NULL)
		abort();
	events->gate = gate;
	events->timer = (struct timer){.fire = events_fire, .owner = events};
	events->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (events->fd < 0 || fstat(events->fd, &status) != 0) {
		error_set(error, ERROR_INTERNAL, "GATE_STATE_DIR: cannot open %s: %s", path,
		    strerror(errno));
		free(events);
		return NULL;
	}
	events->end = status.st_size;
	file_read(events);
	hand_next(events);
	return events;
}

void events_close(struct events *events)
{
	outward_forget(events->exchange);
	timer_stop(events->gate->loop, &events->timer);
	json_object_put(events->parts);
	free(events->body);
	close(events->fd);
	free(events);
}

int64_t events_waiting(const struct events *events)
{
	return events->waiting;
}

/* The body that is being handed on, if it has several events. */
static struct json_object *parts_read(struct events *events)
{
	struct json_object *parts = json_tokener_parse(events->body);

	if (json_object_is_type(parts, json_type_array) && json_object_array_length(parts) > 1)
		return parts;
	json_object_put(parts);
	return NULL;
}

/* What the service has taken, or never will: a part of a body, or all of it. */
static void body_done(struct events *events)
{
	if (events->parts != NULL && ++events->part < json_object_array_length(events->parts))
		return;
	json_object_put(events->parts);
	events->parts = NULL;
	free(events->body);
	events->body = NULL;
	events->place = events->next;
	events->waiting--;
	if (events->waiting == 0)
		file_empty(events);
	else
		place_write(events);
}

/* Is it the body's own fault? Anything else passes. */
static bool never_taken(long status)
{
	return status == 400 || status == 413 || status == 415 || status == 422 || status == 500;
}

/* Tries again later. The log gets the first failure, and the success after it. */
static void held_up(struct events *events, long status)
{
	if (!events->is_held_up && status == 0)
		log_event("warning", "the service does not answer: events wait for it");
	else if (!events->is_held_up)
		log_event("warning",
		    "the service takes no events now (status %ld): they wait for it", status);
	events->is_held_up = true;
	timer_set(events->gate->loop, &events->timer, loop_now(events->gate->loop) + HAND_AGAIN);
}

static void handed(void *owner, long status, const char *body, size_t len)
{
	struct events *events = owner;

	(void)body;
	(void)len;
	events->exchange = NULL;
	if (never_taken(status) && events->parts == NULL &&
	    (events->parts = parts_read(events)) != NULL) {
		events->part = 0;
		hand_next(events);
		return;
	}
	if (never_taken(status)) {
		log_event(
		    "error", "the service cannot take events (status %ld): passed over", status);
		events->gate->counts.events_skipped++;
	} else if (status < 200 || status >= 300) {
		held_up(events, status);
		return;
	}
	if (events->is_held_up)
		log_event("info", "the service takes events again");
	events->is_held_up = false;
	body_done(events);
	hand_next(events);
}

/* Reads the next body. False: the file is broken, and starts anew. */
static bool body_read(struct events *events)
{
	int64_t len = length_read(events, events->place);

	events->body = len < 0 ? NULL : calloc(1, (size_t)len + 1);
	if (events->body != NULL &&
	    pread(events->fd, events->body, (size_t)len, events->place + LENGTH_SIZE) == len) {
		events->next = events->place + LENGTH_SIZE + len;
		return true;
	}
	log_event("error", "the file of events cannot be read: it starts anew");
	free(events->body);
	events->body = NULL;
	events->waiting = 0;
	file_empty(events);
	return false;
}

static void hand_next(struct events *events)
{
	struct outward_call call = {
	    .path = "/webhooks/janus", .limit = HAND_LIMIT, .answer_max = ANSWER_MAX};

	if (events->exchange != NULL || events->timer.place != 0 || events->waiting == 0)
		return;
	if (events->body == NULL && !body_read(events))
		return;
	call.body = events->body;
	if (events->parts != NULL)
		call.body = arena_printf(events->gate->arena, "[%s]",
		    json_text(json_object_array_get_idx(events->parts, events->part)));
	events->exchange = outward_webhook(events->gate->outward, &call, handed, events);
}

bool events_append(struct events *events, const char *body, size_t len)
{
	char line[LENGTH_SIZE + 1];
	struct iovec parts[] = {{line, LENGTH_SIZE}, {(void *)(uintptr_t)body, len}};

	if (len > BODY_MAX)
		return false;
	snprintf(line, sizeof line, "%010zu\n", len);
	if (pwritev(events->fd, parts, 2, events->end) != (ssize_t)(LENGTH_SIZE + len)) {
		log_event("error", "cannot write the file of events: %s", strerror(errno));
		return false; /* what was written lies behind the end */
	}
	events->end += (off_t)(LENGTH_SIZE + len);
	events->waiting++;
	hand_next(events);
	return true;
}

void events_note(struct events *events, const struct session *session, const char *name, int64_t at)
{
	struct json_writer writer = json_writer_new(events->gate->arena, JSON_START);

	json_write_array(&writer, NULL);
	json_write_object(&writer, NULL);
	json_write_integer(&writer, "type", TYPE_GATE);
	json_write_integer(&writer, "timestamp", at);
	json_write_integer(&writer, "session_id", session->janus_id);
	json_write_object(&writer, "event");
	json_write_text(&writer, "name", name);
	json_write_text(&writer, "room", session->identity.room);
	json_write_text(&writer, "attendee", session->identity.attendee);
	json_write_text(&writer, "id", session->identity.participant);
	json_close_object(&writer);
	json_close_object(&writer);
	json_close_array(&writer);
	events_append(events, writer.buffer.text, writer.buffer.len);
}
