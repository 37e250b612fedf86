/* What the gate itself tells the pages of a meeting. */
#include "gate/room_notice.h"

#include <string.h>

#include "base/json.h"
#include "gate/room.h"
#include "gate/session_inside.h"

/* Several messages of Janus often tell of one change. The second limit spares Janus in a meeting
 * with many watchers: each of them asks for the list. */
#define CHANGE_DELAY (50 * MILLISECOND)
#define CHANGE_EVERY (500 * MILLISECOND)

void room_notice_change(struct room *room)
{
	int64_t due;

	if (room == NULL || room->change.place != 0)
		return;
	due = loop_now(room->gate->loop) + CHANGE_DELAY;
	if (room->change_told != 0 && room->change_told + CHANGE_EVERY > due)
		due = room->change_told + CHANGE_EVERY;
	timer_set(room->gate->loop, &room->change, due);
}

void room_notice_fire(void *owner)
{
	struct room *room = owner;
	struct session *next;

	room->change_told = loop_now(room->gate->loop);
	for (struct session *session = room->sessions; session != NULL; session = next) {
		struct json_object *message;

		next = session->next; /* a page that does not read is closed */
		if (session->state != SESSION_IN || session->identity.role != ROLE_SUBSCRIBER)
			continue;
		message = answer_new("confab", NULL);
		json_add_text(message, "room", "changed");
		session_deliver(session, message);
	}
}

/* Does the video room tell of a change in it? Most of its messages answer requests of one page. */
static bool data_tells(struct json_object *data)
{
	static const char *const members[] = {"publishers", "joining", "leaving", "unpublished",
	    "kicked", "display", "moderation", "configured"};
	const char *what = json_text_member(data, "videoroom");

	if (what == NULL)
		return false;
	if (strcmp(what, "joined") == 0 || strcmp(what, "destroyed") == 0)
		return true;
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		if (json_object_object_get_ex(data, members[i], NULL))
			return true;
	}
	return false;
}

void room_notice_message(struct session *session, const char *janus, struct json_object *message)
{
	struct json_object *plugin = json_member(message, "plugindata", json_type_object);

	if (session->identity.role == ROLE_SUBSCRIBER)
		return;
	if (strcmp(janus, "webrtcup") == 0 || strcmp(janus, "hangup") == 0 ||
	    strcmp(janus, "detached") == 0 ||
	    (strcmp(janus, "event") == 0 &&
		data_tells(json_member(plugin, "data", json_type_object))))
		room_notice_change(session->room);
}

bool room_has_moderator(const struct room *room)
{
	for (const struct session *session = room->sessions; session != NULL;
	     session = session->next) {
		if (session->state == SESSION_IN && session->identity.role == ROLE_MODERATOR)
			return true;
	}
	return false;
}

void room_notice_moderator(struct room *room)
{
	bool is_there = room != NULL && room_has_moderator(room);
	struct session *next;

	if (room == NULL || is_there == room->has_moderator)
		return;
	room->has_moderator = is_there;
	for (struct session *session = room->sessions; session != NULL; session = next) {
		next = session->next;
		if (session->state == SESSION_WAITING)
			session_waiting_tell(session);
	}
}
