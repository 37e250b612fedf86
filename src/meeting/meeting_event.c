/* Events of a meeting: their types, audiences and data. */
#include "meeting/meeting_event.h"

#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"

enum {
	DATA_TEXT = 256, /* bytes that an event's data usually takes */
};

static const char everybody[] = "everybody";
static const char moderators[] = "moderators";

/* What `data` holds. */
enum members {
	MEMBERS_NONE,
	MEMBERS_ATTENDEE,
	MEMBERS_PAGE,
	MEMBERS_STAY_END,
	MEMBERS_MEETING,
	MEMBERS_ARCHIVE,
};

static const struct {
	const char *name;
	const char *audience;
	enum members members;
} types[] = {
    [MEETING_EVENT_JOINED] = {"attendee.joined", everybody, MEMBERS_ATTENDEE},
    [MEETING_EVENT_LEFT] = {"attendee.left", everybody, MEMBERS_STAY_END},
    [MEETING_EVENT_LOST] = {"attendee.lost", everybody, MEMBERS_PAGE},
    [MEETING_EVENT_BACK] = {"attendee.back", everybody, MEMBERS_PAGE},
    /* The others see that the person has left. */
    [MEETING_EVENT_REMOVED] = {"attendee.removed", moderators, MEMBERS_ATTENDEE},
    [MEETING_EVENT_READMITTED] = {"attendee.readmitted", moderators, MEMBERS_ATTENDEE},
    [MEETING_EVENT_WAITING] = {"attendee.waiting", moderators, MEMBERS_ATTENDEE},
    [MEETING_EVENT_ADMITTED] = {"attendee.admitted", moderators, MEMBERS_ATTENDEE},
    [MEETING_EVENT_REFUSED] = {"attendee.refused", moderators, MEMBERS_ATTENDEE},
    [MEETING_EVENT_MUTED] = {"attendee.muted", everybody, MEMBERS_ATTENDEE},
    [MEETING_EVENT_UNMUTED] = {"attendee.unmuted", everybody, MEMBERS_ATTENDEE},
    [MEETING_EVENT_STARTED] = {"meeting.started", everybody, MEMBERS_NONE},
    [MEETING_EVENT_EDITED] = {"meeting.edited", everybody, MEMBERS_MEETING},
    [MEETING_EVENT_ENDED] = {"meeting.ended", everybody, MEMBERS_NONE},
    [MEETING_EVENT_DELETED] = {"meeting.deleted", everybody, MEMBERS_NONE},
    [MEETING_EVENT_RECORDING_STARTED] = {"recording.started", everybody, MEMBERS_ARCHIVE},
    [MEETING_EVENT_RECORDING_STOPPED] = {"recording.stopped", everybody, MEMBERS_ARCHIVE},
    /* Why it failed is about this installation's disks. */
    [MEETING_EVENT_RECORDING_FAILED] = {"recording.failed", moderators, MEMBERS_ARCHIVE},
    [MEETING_EVENT_RECORDING_PROGRESS] = {"recording.progress", moderators, MEMBERS_ARCHIVE},
    [MEETING_EVENT_RECORDING_AVAILABLE] = {"recording.available", moderators, MEMBERS_ARCHIVE},
    [MEETING_EVENT_RECORDING_RECOVERED] = {"recording.recovered", moderators, MEMBERS_ARCHIVE},
    [MEETING_EVENT_RECORDING_UPLOADED] = {"recording.uploaded", moderators, MEMBERS_ARCHIVE},
    [MEETING_EVENT_RECORDING_DELETED] = {"recording.deleted", moderators, MEMBERS_ARCHIVE},
};

const char *meeting_event_name(enum meeting_event_type type)
{
	return types[type].name;
}

const char *meeting_event_audience(enum meeting_event_type type)
{
	return types[type].audience;
}

static void attendee_write(struct json_writer *writer, const struct meeting_event *event)
{
	json_write_text(writer, "attendee", event->attendee);
	json_write_text(writer, "name", event->name);
	json_write_boolean(writer, "verified", event->verified);
	json_write_text(writer, "role", event->role == 0 ? NULL : role_name(event->role));
}

/* extId and extMetadata are the integrator's own: people in the meeting do not see them. */
static void meeting_write(struct json_writer *writer, const struct meeting *meeting)
{
	json_write_boolean(writer, "isScheduled", meeting->is_scheduled);
	json_write_time(writer, "scheduleTime", meeting->schedule_time);
	json_write_boolean(writer, "isArchived", meeting->is_archived);
	json_write_text(writer, "access", meeting->access);
}

const char *meeting_event_data(struct arena *arena, const struct meeting_event *event)
{
	struct json_writer writer = json_writer_new(arena, DATA_TEXT);

	json_write_object(&writer, NULL);
	switch (types[event->type].members) {
	case MEMBERS_NONE:
		break;
	case MEMBERS_ATTENDEE:
		attendee_write(&writer, event);
		break;
	case MEMBERS_PAGE:
		attendee_write(&writer, event);
		json_write_text(&writer, "participantId", event->participant);
		break;
	case MEMBERS_STAY_END:
		attendee_write(&writer, event);
		json_write_text(&writer, "reason", event->reason);
		break;
	case MEMBERS_MEETING:
		meeting_write(&writer, event->meeting);
		break;
	case MEMBERS_ARCHIVE:
		json_write_text(&writer, "archiveId", event->archive_id);
		if (event->type == MEETING_EVENT_RECORDING_FAILED)
			json_write_text(&writer, "reason", event->reason);
		if (event->type == MEETING_EVENT_RECORDING_PROGRESS)
			json_write_integer(&writer, "progress", event->progress);
		break;
	}
	json_close_object(&writer);
	return writer.buffer.text;
}

void meeting_event_write(
    struct json_writer *writer, const char *session_id, const struct listed_event *event)
{
	json_write_object(writer, NULL);
	json_write_text(writer, "sessionId", session_id);
	json_write_integer(writer, "seq", event->seq);
	json_write_text(writer, "type", event->type);
	if (*event->audience == '[')
		json_write_stored(writer, "audience", event->audience);
	else
		json_write_text(writer, "audience", event->audience);
	json_write_time(writer, "at", event->at);
	json_write_stored(writer, "data", event->data);
	json_close_object(writer);
}

static bool list_holds(struct arena *arena, const char *list, const char *attendee)
{
	struct json_object *array;
	struct error error = {0};
	bool parsed = json_parse(arena, list, strlen(list), &array, &error);

	error_clear(&error);
	if (!parsed || attendee == NULL || !json_object_is_type(array, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *item = json_object_array_get_idx(array, i);

		if (json_object_is_type(item, json_type_string) &&
		    strcmp(json_object_get_string(item), attendee) == 0)
			return true;
	}
	return false;
}

bool audience_includes(struct arena *arena, const char *audience, const struct listener *listener)
{
	if (listener->is_client || strcmp(audience, everybody) == 0)
		return true;
	if (strcmp(audience, moderators) == 0)
		return listener->role == ROLE_MODERATOR;
	return *audience == '[' && list_holds(arena, audience, listener->attendee);
}
