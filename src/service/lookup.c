/* Looks up the meeting or archive that an act names. */
#include "service/lookup.h"

#include <string.h>

#include "store/archives.h"
#include "store/meetings.h"

bool meeting_not_found(struct error *error)
{
	return error_set(error, ERROR_NOT_FOUND, "There is no such meeting.");
}

bool archive_not_found(struct error *error)
{
	return error_set(error, ERROR_NOT_FOUND, "There is no such archive.");
}

/* `meeting_link` is NULL if there is no archive, or its meeting no longer exists. */
bool act_allows_meeting(const struct act *act, const char *meeting_link, struct error *error)
{
	if (act->meeting_link == NULL ||
	    (meeting_link != NULL && strcmp(act->meeting_link, meeting_link) == 0))
		return true;
	return error_set(error, ERROR_FORBIDDEN, "This token is for another meeting only.");
}

enum db_outcome lookup_meeting_step(const struct service *service, struct arena *arena,
    const struct act *act, const char *meeting_link, struct meeting *meeting, bool *found)
{
	DB_TRY(meeting_find(service->db, arena, act_target(act, meeting_link), meeting, found));
	*found = *found && !meeting->deleted;
	return DB_OK;
}

bool lookup_meeting(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, struct meeting *meeting, struct error *error)
{
	bool found = false;

	if (!db_once(service->db, error,
		lookup_meeting_step(service, arena, act, meeting_link, meeting, &found)))
		return false;
	return found || meeting_not_found(error);
}

bool lookup_archive(struct service *service, struct arena *arena, const struct act *act,
    const char *archive_id, struct archive *archive, struct error *error)
{
	bool found = false;

	*archive = (struct archive){0};
	if (!db_once(service->db, error,
		archive_find(service->db, arena, act_target(act, archive_id), archive, &found)))
		return false;
	return act_allows_meeting(act, found ? archive->meeting_link : NULL, error) &&
	       (found || archive_not_found(error));
}
