/* When a meeting can be created, changed and joined: rules without I/O. The messages are for
 * people. */
#ifndef CONFAB_MEETING_SCHEDULE_H
#define CONFAB_MEETING_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "meeting/fields.h"
#include "meeting/meeting.h"

/* The body of POST /session, with types. */
struct meeting_wish {
	bool is_scheduled;
	int64_t schedule_time; /* TIME_NONE: absent */
	bool is_archived;      /* enableArchiving */
	bool end_to_end_encryption;
	const char *ext_id, *ext_metadata; /* NULL: absent */
};

/* Checks the body of POST /session (confab(7), MEETINGS). ERROR_MALFORMED: a scheduled meeting
 * without a time, a time that is not in the future, a recorded meeting with encryption.
 * ERROR_INVALID: a time without isScheduled. */
bool meeting_wish_check(const struct meeting_wish *wish, int64_t now, struct error *error);

/* Sets the error MEETING_ENDED (400) and returns false. */
bool meeting_ended(struct error *error);

/* True unless the meeting has ended: then ERROR_MALFORMED with MEETING_ENDED. */
bool meeting_not_ended(const struct meeting *meeting, struct error *error);

/* May people join now? Otherwise ERROR_MALFORMED with MEETING_ENDED or MEETING_NOT_OPEN. A meeting
 * opens `time_to_start` before its time; details[0].info.opensAt says when. */
bool meeting_joinable(
    const struct meeting *meeting, int64_t now, int64_t time_to_start, struct error *error);

/* Can a recording start now? Errors as meeting_joinable(), ERROR_MALFORMED for an encrypted
 * meeting, ERROR_CONFLICT while the meeting records. */
bool meeting_recordable(
    const struct meeting *meeting, int64_t now, int64_t time_to_start, struct error *error);

/* The expiry of a join token. `wanted` is the caller's wish; TIME_NONE gives `now + preset`.
 * ERROR_MALFORMED with EXPIRE_TIME when it is in the past, or more than `longest` ahead. */
bool token_expiry(int64_t wanted, int64_t now, int64_t preset, int64_t longest, int64_t *expiry,
    struct error *error);

/* The body of PATCH /session. A member has_… says that the body has the field. */
struct meeting_change {
	bool has_is_scheduled, is_scheduled;
	bool has_schedule_time;
	int64_t schedule_time;
	bool has_is_archived, is_archived;
	bool has_upload_target, has_ext_id, has_ext_metadata; /* NULL text removes the value */
	const char *upload_target, *ext_id, *ext_metadata;
	bool has_deleted, deleted;
	/* The other members of the body: fields that only the service sets, and fields with null.
	 * Each must have the value that the meeting has. */
	const struct field_value *present;
	size_t present_count;
};

/* Changes the fields of `meeting` in memory (confab(7), MEETINGS). isScheduled false also removes
 * the time. ERROR_MALFORMED for an ended meeting (MEETING_ENDED), isScheduled without a time in the
 * future, and isArchived for an encrypted or started meeting. ERROR_INVALID for `present` values
 * that the meeting does not have. */
bool meeting_change_apply(
    struct meeting *meeting, const struct meeting_change *change, int64_t now, struct error *error);

#endif
