/* What the gate itself tells the pages of a meeting. Janus tells people who only watch nothing of
 * the others, and people who wait have no connection to Janus at all. */
#ifndef CONFAB_GATE_ROOM_NOTICE_H
#define CONFAB_GATE_ROOM_NOTICE_H

#include <json-c/json.h>
#include <stdbool.h>

struct room;
struct session;

/* Janus has sent this message to a session. If it says that somebody has come to Janus' room, has
 * left it, or sends something else now, the watchers' pages soon get a message: they ask Janus for
 * the list. Borrowed. */
void room_notice_message(struct session *session, const char *janus, struct json_object *message);

/* Sends watchers that message, at most twice a second. NULL: no room. */
void room_notice_change(struct room *room);

/* Is a moderator in the meeting? One whose page is lost counts while the gate keeps the session. */
bool room_has_moderator(const struct room *room);

/* A moderator may have come or left: tells those who wait if that is so. NULL: no room. */
void room_notice_moderator(struct room *room);

/* For the room's timer. */
void room_notice_fire(void *room);

#endif
