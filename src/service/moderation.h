/* Moderation: what a moderator does to one attendee of a meeting. */
#ifndef CONFAB_SERVICE_MODERATION_H
#define CONFAB_SERVICE_MODERATION_H

#include "meeting/act.h"
#include "service/service.h"

/* The attendee whom an act is about. */
struct moderated {
	const char *meeting_link;
	const char *attendee;
};

/* All of these: ERROR_NOT_FOUND when there is no such meeting or no such attendee in it,
 * MEETING_ENDED, the provider's errors and the database's. */

/* Mutes or unmutes the attendee. People who only watch are never heard: for them there is nothing
 * to do. ERROR_NOT_FOUND too for an attendee who is not in the meeting now; NOT_SUPPORTED. */
bool moderation_mute(struct service *service, struct arena *arena, const struct act *act,
    const struct moderated *moderated, bool muted, struct error *error);

/* Removes the attendee and bans them until they are readmitted. When the provider is out of reach,
 * a job removes them there. */
bool moderation_remove(struct service *service, struct arena *arena, const struct act *act,
    const struct moderated *moderated, struct error *error);

/* Lifts the ban. Without a ban nothing changes. */
bool moderation_readmit(struct service *service, struct arena *arena, const struct act *act,
    const struct moderated *moderated, struct error *error);

#endif
