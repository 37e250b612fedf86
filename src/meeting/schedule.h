/* When a meeting can be created, changed and joined: rules without I/O. Messages are for people. */
#ifndef CONFAB_MEETING_SCHEDULE_H
#define CONFAB_MEETING_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "meeting/fields.h"
#include "meeting/meeting.h"

/* What POST /session asks for, typed already. */
struct meeting_wish {
	bool is_scheduled;
	int64_t schedule_time; /* TIME_NONE: not given */
	bool is_archived;      /* enableArchiving */
	bool end_to_end_encryption;
	const char *ext_id, *ext_metadata; /* NULL: not given */
};

/* ERROR_MALFORMED: scheduled without a time, a time not in the future, encrypted and archived.
 * ERROR_INVALID: a time without isScheduled. (confab(7), MEETINGS) */
bool meeting_wish_check(const struct meeting_wish *wish, int64_t now, struct error *error);

/* MEETING_ENDED (400): what everybody gets who comes too late. */
bool meeting_ended(struct error *error);

/* Can anything still be done in it? ERROR_MALFORMED with MEETING_ENDED if not. */
bool meeting_not_ended(const struct meeting *meeting, struct error *error);

/* May people join now? ERROR_MALFORMED with MEETING_ENDED, or MEETING_NOT_OPEN and
 * details[0].info.opensAt while it is more than `time_to_start` ahead. */
bool meeting_joinable(
    const struct meeting *meeting, int64_t now, int64_t time_to_start, struct error *error);

/* Can a recording be started now? As meeting_joinable(); ERROR_MALFORMED too for an encrypted
 * meeting, ERROR_CONFLICT while it is being recorded. */
bool meeting_recordable(
    const struct meeting *meeting, int64_t now, int64_t time_to_start, struct error *error);

/* When does a join token end that is asked for now? `wanted` TIME_NONE gives `now + preset`.
 * ERROR_MALFORMED with EXPIRE_TIME: in the past, or more than `longest` ahead. */
bool token_expiry(int64_t wanted, int64_t now, int64_t preset, int64_t longest, int64_t *expiry,
    struct error *error);

/* The changes that PATCH /session asks for. has_… says whether the field was in the body. */
struct meeting_change {
	bool has_is_scheduled, is_scheduled;
	bool has_schedule_time;
	int64_t schedule_time;
	bool has_is_archived, is_archived;
	bool has_upload_target, has_ext_id, has_ext_metadata; /* NULL text clears */
	const char *upload_target, *ext_id, *ext_metadata;
	bool has_deleted, deleted;
	/* What else was in the body: fields of the service's own, and null ones. They may be sent
	 * only with the value that the meeting has. */
	const struct field_value *present;
	size_t present_count;
};

/* Applies the change to `meeting` (fields of the row in memory), or says why not: ERROR_MALFORMED
 * for an ended meeting (MEETING_ENDED), isScheduled without a time in the future, isArchived on an
 * encrypted or started meeting; ERROR_INVALID for `present` values that the meeting does not have.
 * isScheduled false clears the time. (confab(7), MEETINGS) */
bool meeting_change_apply(
    struct meeting *meeting, const struct meeting_change *change, int64_t now, struct error *error);

#endif
