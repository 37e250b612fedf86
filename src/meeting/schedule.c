/* When a meeting can be created, changed and joined: rules without I/O. */
#include "meeting/schedule.h"

#include <json-c/json.h>

#include "base/clock.h"

static bool encrypted(struct error *error)
{
	return error_set(
	    error, ERROR_MALFORMED, "An end-to-end encrypted meeting cannot be recorded.");
}

static bool not_scheduled(struct error *error)
{
	return error_fault(
	    error, "/scheduleTime", "dependency", NULL, "scheduleTime needs isScheduled true.");
}

static bool schedule_time_check(int64_t time, int64_t now, struct error *error)
{
	if (time == TIME_NONE)
		return error_set(
		    error, ERROR_MALFORMED, "A scheduled meeting needs a scheduleTime.");
	return time > now ||
	       error_set(error, ERROR_MALFORMED, "scheduleTime must be in the future.");
}

bool meeting_wish_check(const struct meeting_wish *wish, int64_t now, struct error *error)
{
	if (!wish->is_scheduled && wish->schedule_time != TIME_NONE)
		return not_scheduled(error);
	if (wish->is_scheduled && !schedule_time_check(wish->schedule_time, now, error))
		return false;
	if (wish->is_archived && wish->end_to_end_encryption)
		return encrypted(error);
	return true;
}

static bool not_open_yet(const struct meeting *meeting, int64_t opens_at, struct error *error)
{
	char starts[DATE_TEXT_MAX], opens[DATE_TEXT_MAX];
	struct json_object *info = json_object_new_object();

	date_format(opens_at, opens);
	json_object_object_add(info, "opensAt", json_object_new_string(opens));
	error_set_code(error, ERROR_MALFORMED, "MEETING_NOT_OPEN",
	    "The meeting is scheduled for %s and opens at %s.",
	    date_format(meeting->schedule_time, starts), opens);
	return error_detail(error, "", "MEETING_NOT_OPEN", info, "The meeting opens later.");
}

bool meeting_ended(struct error *error)
{
	return error_set_code(error, ERROR_MALFORMED, "MEETING_ENDED", "The meeting has ended.");
}

bool meeting_not_ended(const struct meeting *meeting, struct error *error)
{
	return meeting->end_time == TIME_NONE || meeting_ended(error);
}

bool meeting_joinable(
    const struct meeting *meeting, int64_t now, int64_t time_to_start, struct error *error)
{
	if (!meeting_not_ended(meeting, error))
		return false;
	if (meeting->is_scheduled && meeting->schedule_time != TIME_NONE &&
	    meeting->schedule_time - time_to_start > now)
		return not_open_yet(meeting, meeting->schedule_time - time_to_start, error);
	return true;
}

bool meeting_recordable(
    const struct meeting *meeting, int64_t now, int64_t time_to_start, struct error *error)
{
	if (!meeting_joinable(meeting, now, time_to_start, error))
		return false;
	if (meeting->end_to_end_encryption)
		return encrypted(error);
	return meeting->recording_id == NULL ||
	       error_set(error, ERROR_CONFLICT, "The meeting is being recorded already.");
}

bool token_expiry(int64_t wanted, int64_t now, int64_t preset, int64_t longest, int64_t *expiry,
    struct error *error)
{
	*expiry = wanted == TIME_NONE ? now + preset : wanted;
	if (*expiry <= now)
		return error_set_code(
		    error, ERROR_MALFORMED, "EXPIRE_TIME", "expireTime must be in the future.");
	if (*expiry > now + longest)
		return error_set_code(error, ERROR_MALFORMED, "EXPIRE_TIME",
		    "expireTime may be at most %lld hours ahead.", (long long)(longest / HOUR));
	return true;
}

static bool schedule_change(
    struct meeting *meeting, const struct meeting_change *change, int64_t now, struct error *error)
{
	bool is_scheduled = change->has_is_scheduled ? change->is_scheduled : meeting->is_scheduled;
	int64_t time = change->has_schedule_time ? change->schedule_time : meeting->schedule_time;

	if (!change->has_is_scheduled && !change->has_schedule_time)
		return true;
	if (!is_scheduled) {
		/* The body sets a time and says that there is none, or the meeting has no schedule.
		 * */
		if (change->has_schedule_time)
			return not_scheduled(error);
		meeting->is_scheduled = false;
		meeting->schedule_time = TIME_NONE;
		return true;
	}
	if (!schedule_time_check(time, now, error))
		return false;
	meeting->is_scheduled = true;
	meeting->schedule_time = time;
	return true;
}

static bool archived_change(
    struct meeting *meeting, const struct meeting_change *change, struct error *error)
{
	if (!change->has_is_archived || change->is_archived == meeting->is_archived)
		return true;
	if (change->is_archived && meeting->end_to_end_encryption)
		return encrypted(error);
	if (meeting->start_time != TIME_NONE)
		return error_set(error, ERROR_MALFORMED,
		    "isArchived can be changed only before the meeting has started.");
	meeting->is_archived = change->is_archived;
	return true;
}

bool meeting_change_apply(
    struct meeting *meeting, const struct meeting_change *change, int64_t now, struct error *error)
{
	struct meeting changed = *meeting;

	if (!meeting_not_ended(meeting, error) ||
	    !meeting_has_values(meeting, change->present, change->present_count, error))
		return false;
	if (!schedule_change(&changed, change, now, error) ||
	    !archived_change(&changed, change, error))
		return false;
	*meeting = changed; /* all changes or none */
	if (change->has_upload_target)
		meeting->upload_target = change->upload_target;
	if (change->has_ext_id)
		meeting->ext_id = change->ext_id;
	if (change->has_ext_metadata)
		meeting->ext_metadata = change->ext_metadata;
	if (change->has_deleted && change->deleted)
		meeting->deleted = true;
	return true;
}
