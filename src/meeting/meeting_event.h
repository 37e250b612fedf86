/* Events of a meeting: their types, audiences and data. */
#ifndef CONFAB_MEETING_MEETING_EVENT_H
#define CONFAB_MEETING_MEETING_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json_writer.h"
#include "meeting/meeting.h"
#include "meeting/role.h"

enum meeting_event_type {
	MEETING_EVENT_JOINED, /* an attendee is in the meeting since `at` */
	MEETING_EVENT_LEFT,   /* an attendee is out of the meeting since `at` */
	MEETING_EVENT_LOST,   /* an attendee's page has lost its connection; the stay goes on */
	MEETING_EVENT_BACK,   /* the same page has a connection again */
	MEETING_EVENT_REMOVED,
	MEETING_EVENT_READMITTED,
	MEETING_EVENT_WAITING,  /* an attendee waits for a moderator */
	MEETING_EVENT_ADMITTED, /* who waited may come in */
	MEETING_EVENT_REFUSED,  /* who waited may not come in */
	MEETING_EVENT_MUTED,
	MEETING_EVENT_UNMUTED,
	MEETING_EVENT_STARTED, /* the meeting; so are the next three */
	MEETING_EVENT_EDITED,
	MEETING_EVENT_ENDED,
	MEETING_EVENT_DELETED,
	MEETING_EVENT_RECORDING_STARTED,
	MEETING_EVENT_RECORDING_STOPPED,   /* also before RECORDING_FAILED */
	MEETING_EVENT_RECORDING_FAILED,    /* something is wrong with it; it may go on */
	MEETING_EVENT_RECORDING_RECOVERED, /* it works again, after RECORDING_FAILED */
	MEETING_EVENT_RECORDING_PROGRESS,  /* a part of it is composed */
	MEETING_EVENT_RECORDING_AVAILABLE, /* its result can be watched */
	MEETING_EVENT_RECORDING_UPLOADED,
	MEETING_EVENT_RECORDING_DELETED,
};

/* An event to be written. What its type does not use is NULL, false or 0. */
struct meeting_event {
	enum meeting_event_type type;
	/* What made it happen. A meeting has one event of each cause: a transaction that runs again
	 * does not write it again. NULL: the writer compares rows, and finds no difference when it
	 * runs again. */
	const char *cause;
	int64_t at;                    /* when it happened, microseconds */
	const char *attendee;          /* attendee.*: the attendee */
	const char *name;              /* the same: as others see it; NULL: none */
	bool verified;                 /* the same: as in struct grant */
	enum role role;                /* the same; 0: unknown */
	const char *participant;       /* attendee.lost, .back: the page's id in the room */
	const char *reason;            /* attendee.left: see stay_reason(); recording.failed */
	const char *archive_id;        /* recording.* */
	int progress;                  /* recording.progress: percent */
	const struct meeting *meeting; /* meeting.edited: as it is now */
};

/* "attendee.joined" and so on. */
const char *meeting_event_name(enum meeting_event_type type);

/* Whom events of this type are for: "everybody" in the meeting, or its "moderators". */
const char *meeting_event_audience(enum meeting_event_type type);

/* The data of the event, as the text of a JSON object in the arena: a fixed list of members for
 * each type, without anything that gives access. */
const char *meeting_event_data(struct arena *arena, const struct meeting_event *event);

/* Who reads events. */
struct listener {
	bool is_client;       /* a client of the API: every event is for it */
	enum role role;       /* of a person with an invite */
	const char *attendee; /* the same; NULL: the invite has no name */
};

/* Is an event with this audience for the listener? Besides the two above, an audience may be a JSON
 * array of attendees. One that this program does not know (a newer program wrote it) is for clients
 * alone. */
bool audience_includes(struct arena *arena, const char *audience, const struct listener *listener);

/* Which events to read. */
struct meeting_events_query {
	struct listener listener;
	int64_t after; /* those with a greater seq */
	int64_t limit; /* how many are looked at */
};

/* An event as it was written. */
struct listed_event {
	int64_t seq; /* from 1 in each meeting, without gaps */
	const char *type;
	const char *audience; /* for audience_includes() */
	const char *data;     /* JSON */
	int64_t at;
};

/* Writes an event for the signalling gate, as an object with sessionId and audience. */
void meeting_event_write(
    struct json_writer *writer, const char *session_id, const struct listed_event *event);

struct meeting_events {
	bool meeting_found;        /* there is such a meeting, and it is not deleted */
	bool is_banned;            /* the listener, from the meeting */
	struct listed_event *list; /* by seq */
	size_t count;
	int64_t up_to; /* the last seq that was looked at */
};

#endif
