/* Looks up the meeting or archive that an act names. A thing that the actor may not see is not
 * found. */
#ifndef CONFAB_SERVICE_LOOKUP_H
#define CONFAB_SERVICE_LOOKUP_H

#include "meeting/act.h"
#include "meeting/archive.h"
#include "service/service.h"

/* Finds the meeting with this link; its text lies in the arena. ERROR_NOT_FOUND if there is none,
 * or it is deleted. */
bool lookup_meeting(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, struct meeting *meeting, struct error *error);

/* The same as a step of a transaction; `*found` is false instead of ERROR_NOT_FOUND. */
enum db_outcome lookup_meeting_step(const struct service *service, struct arena *arena,
    const struct act *act, const char *meeting_link, struct meeting *meeting, bool *found);

/* Finds the archive with this id. ERROR_FORBIDDEN for an actor with access to another meeting only,
 * whether the archive exists or not; ERROR_NOT_FOUND if there is none, or it is deleted. */
bool lookup_archive(struct service *service, struct arena *arena, const struct act *act,
    const char *archive_id, struct archive *archive, struct error *error);

/* Set ERROR_NOT_FOUND with the message that all operations use. */
bool meeting_not_found(struct error *error);
bool archive_not_found(struct error *error);

/* ERROR_FORBIDDEN unless the actor has access to the meeting with this link. */
bool act_allows_meeting(const struct act *act, const char *meeting_link, struct error *error);

#endif
