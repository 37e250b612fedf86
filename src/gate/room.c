/* A meeting with connections here, and the events that they are told of.
 *
 * Events come from many workers at once: they are sorted here. What is above a gap waits for a
 * moment, then the service is asked for what is missing, once. A page learns of a gap that stays by
 * `after`: it is the number of the last event before this one that was considered for this page, so
 * it differs from what the page has seen last only when something is missing. */
#include "gate/room.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "gate/outward.h"
#include "gate/pool.h"
#include "gate/room_notice.h"
#include "gate/session.h"

enum {
	HELD_MAX = 1000,              /* events above a gap */
	ANSWER_MAX = 4 * 1024 * 1024, /* bytes */
};

#define GAP_PATIENCE (100 * MILLISECOND)
#define ASK_LIMIT    (2 * SECOND)

struct room *room_find(const struct gate *gate, const char *id)
{
	void *room = NULL;

	lh_table_lookup_ex(gate->rooms, id, &room);
	return room;
}

static void gap_fire(void *owner);

static struct room *room_new(struct gate *gate, const char *id)
{
	struct room *room = calloc(1, sizeof *room);

	if (room == NULL)
		abort();
	*room = (struct room){.gate = gate, .id = strdup(id), .seq = -1};
	room->gap = (struct timer){.fire = gap_fire, .owner = room};
	room->change = (struct timer){.fire = room_notice_fire, .owner = room};
	if (room->id == NULL || lh_table_insert(gate->rooms, room->id, room) != 0)
		abort();
	return room;
}

/* At the end of a round: within it the room is still walked through, or somebody comes anew. */
static void room_sweep(void *object)
{
	struct room *room = object;

	room->is_swept = false;
	if (room->sessions != NULL)
		return;
	lh_table_delete(room->gate->rooms, room->id);
	timer_stop(room->gate->loop, &room->gap);
	timer_stop(room->gate->loop, &room->change);
	outward_forget(room->asking);
	json_object_put(room->held);
	free(room->id);
	free(room);
}

void room_add(struct session *session)
{
	struct room *room = room_find(session->gate, session->identity.room);

	if (room == NULL)
		room = room_new(session->gate, session->identity.room);
	session->room = room;
	session->previous = NULL;
	session->next = room->sessions;
	if (room->sessions != NULL)
		room->sessions->previous = session;
	room->sessions = session;
}

void room_remove(struct session *session)
{
	struct room *room = session->room;

	if (room == NULL)
		return;
	*(session->previous == NULL ? &room->sessions : &session->previous->next) = session->next;
	if (session->next != NULL)
		session->next->previous = session->previous;
	session->room = NULL;
	if (room->sessions == NULL && !room->is_swept) {
		room->is_swept = true;
		loop_later(room->gate->loop, room_sweep, room);
	}
}

/* `everybody`, `moderators`, or a list of attendees. */
static bool is_for(struct json_object *event, const struct session *session)
{
	struct json_object *list = json_member(event, "audience", json_type_array);
	const char *word = json_text_member(event, "audience");

	if (list == NULL) {
		if (session->state == SESSION_ASKING || session->state == SESSION_WAITING)
			return false;
		return word != NULL && (strcmp(word, "everybody") == 0 ||
					   (strcmp(word, "moderators") == 0 &&
					       session->identity.role == ROLE_MODERATOR));
	}
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *attendee = json_object_get_string(json_object_array_get_idx(list, i));

		if (attendee != NULL && strcmp(attendee, session->identity.attendee) == 0)
			return true;
	}
	return false;
}

/* The event without what is for the gate alone. */
static struct json_object *event_copy(struct json_object *event, const int64_t *after)
{
	struct json_object *copy = json_object_new_object();

	if (after != NULL)
		json_add_integer(copy, "after", *after);
	json_object_object_foreach(event, name, value)
	{
		if (strcmp(name, "audience") != 0 && strcmp(name, "sessionId") != 0)
			json_object_object_add(copy, name, json_object_get(value));
	}
	return copy;
}

static void event_tell(
    struct session *session, struct json_object *event, const int64_t *seq, bool jumps)
{
	int64_t after = jumps && seq != NULL ? *seq - 1 : session->event_seq;
	struct json_object *message;

	if (!is_for(event, session)) {
		if (jumps && seq != NULL)
			session->event_seq = *seq;
		return;
	}
	message = json_object_new_object();
	json_add_text(message, "janus", "confab");
	json_object_object_add(message, "event", event_copy(event, seq == NULL ? NULL : &after));
	if (seq != NULL)
		session->event_seq = *seq;
	session_deliver(session, message);
}

/* People who wait are asked for again when something may have changed for them. */
static void waiting_ask(struct room *room, struct json_object *event)
{
	const char *type = json_text_member(event, "type");
	struct session *next;

	if (type == NULL ||
	    (strcmp(type, "attendee.admitted") != 0 && strcmp(type, "attendee.refused") != 0 &&
		strcmp(type, "meeting.edited") != 0))
		return;
	for (struct session *session = room->sessions; session != NULL; session = next) {
		next = session->next; /* while the service is away, asking may end a session */
		if (session->state == SESSION_WAITING)
			pool_ask(room->gate->pool, session);
	}
}

/* `seq`: NULL for events that are not stored. `jumps`: events before it are missing. */
static void event_deliver(
    struct room *room, struct json_object *event, const int64_t *seq, bool jumps)
{
	struct session *next;

	for (struct session *session = room->sessions; session != NULL; session = next) {
		next = session->next;
		event_tell(session, event, seq, jumps);
	}
	waiting_ask(room, event);
}

static int64_t event_seq(struct json_object *event)
{
	int64_t seq;

	return json_integer_member(event, "seq", &seq) && seq >= 0 ? seq : -1;
}

static void held_first_drop(struct room *room)
{
	json_object_array_del_idx(room->held, 0, 1);
}

/* Delivers what is held: up to the next gap, or all of it. */
static void held_deliver(struct room *room, bool all)
{
	while (room->held != NULL && json_object_array_length(room->held) > 0) {
		struct json_object *event = json_object_array_get_idx(room->held, 0);
		int64_t seq = event_seq(event);
		bool jumps = seq > room->seq + 1;

		if (jumps && !all)
			return;
		json_object_get(event);
		held_first_drop(room);
		if (seq > room->seq) {
			room->seq = seq;
			event_deliver(room, event, &seq, jumps);
		}
		json_object_put(event);
	}
}

static int by_seq(const void *a, const void *b)
{
	int64_t first = event_seq(*(struct json_object *const *)a);
	int64_t second = event_seq(*(struct json_object *const *)b);

	return (first > second) - (first < second);
}

static void held_add(struct room *room, struct json_object *event)
{
	if (room->held == NULL)
		room->held = json_object_new_array();
	json_object_array_add(room->held, json_object_get(event));
	json_object_array_sort(room->held, by_seq);
}

static void gap_answered(void *owner, long status, const char *body, size_t len)
{
	struct room *room = owner;
	struct json_object *answer = NULL, *list;
	struct error nonsense = {0};

	room->asking = NULL;
	if (status != 200 || !json_parse(room->gate->arena, body, len, &answer, &nonsense))
		answer = NULL;
	error_clear(&nonsense);
	list = json_member(answer, "events", json_type_array);
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
		struct json_object *event = json_object_array_get_idx(list, i);

		if (event_seq(event) > room->seq)
			held_add(room, event);
	}
	held_deliver(room, true);
}

static void gap_fire(void *owner)
{
	struct room *room = owner;
	struct json_writer writer = json_writer_new(room->gate->arena, JSON_START);
	struct outward_call call = {
	    .path = "/internal/events", .limit = ASK_LIMIT, .answer_max = ANSWER_MAX};

	json_write_object(&writer, NULL);
	json_write_text(&writer, "sessionId", room->id);
	json_write_integer(&writer, "after", room->seq);
	json_close_object(&writer);
	call.body = writer.buffer.text;
	room->asking = outward_pool(room->gate->outward, &call, gap_answered, room);
}

void room_event(struct room *room, struct json_object *event)
{
	int64_t seq = event_seq(event);

	if (seq < 0) {
		event_deliver(room, event, NULL, false);
		return;
	}
	if (room->seq < 0)
		room->seq = seq - 1;
	if (seq <= room->seq)
		return;
	held_add(room, event);
	held_deliver(room, json_object_array_length(room->held) > HELD_MAX);
	if (json_object_array_length(room->held) > 0 && room->asking == NULL &&
	    room->gap.place == 0)
		timer_set(room->gate->loop, &room->gap, loop_now(room->gate->loop) + GAP_PATIENCE);
}

void room_seq_set(struct room *room, int64_t seq)
{
	if (room->seq < 0)
		room->seq = seq;
}
