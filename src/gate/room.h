/* A meeting with connections here, and the events that they are told of. */
#ifndef CONFAB_GATE_ROOM_H
#define CONFAB_GATE_ROOM_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "gate/gate.h"

struct session;

struct room {
	struct gate *gate;
	char *id; /* the meeting's session id */
	struct session *sessions;
	bool is_swept;            /* it is freed at the end of this round, if it is empty then */
	int64_t seq;              /* of the last event that was considered; -1: none */
	struct json_object *held; /* events above a gap, in order; an array, NULL: none */
	struct timer gap;
	struct exchange *asking; /* the service, for a gap; NULL: not now */
	/* For room_notice.c. */
	struct timer change;
	int64_t change_told; /* monotonic; 0: never */
	bool has_moderator;  /* as those who wait were told */
};

/* The room of this meeting; NULL: nobody is here. */
struct room *room_find(const struct gate *gate, const char *id);

/* Puts a session into its room, which is made when it is missing; and takes it out. */
void room_add(struct session *session);
void room_remove(struct session *session);

/* An event of this meeting for the pages, {"seq","type","audience","data",…}; without `seq` it is
 * one that is not stored. Borrowed. */
void room_event(struct room *room, struct json_object *event);

/* All events up to this one were considered before the sessions here came. */
void room_seq_set(struct room *room, int64_t seq);

#endif
