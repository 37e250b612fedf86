/* Moderation: a moderator mutes, removes or readmits one attendee of a meeting. */
#ifndef CONFAB_SERVICE_MODERATION_H
#define CONFAB_SERVICE_MODERATION_H

#include "meeting/act.h"
#include "service/service.h"

/* The attendee, and the meeting. */
struct moderated {
	const char *meeting_link;
	const char *attendee;
};

/* Errors of all functions here: ERROR_NOT_FOUND if there is no such meeting or no such attendee in
 * it, MEETING_ENDED, the errors of the provider and the database. */

/* Mutes or unmutes the attendee. A person who only watches has no sound: then this does nothing.
 * Further errors: ERROR_NOT_FOUND for an attendee who is not in the meeting now; NOT_SUPPORTED. */
bool moderation_mute(struct service *service, struct arena *arena, const struct act *act,
    const struct moderated *moderated, bool muted, struct error *error);

/* Removes the attendee, or refuses one who waits, and bans them until moderation_readmit(). While a
 * guest is banned, each new person with the same invite waits for a moderator. If the provider is
 * out of reach, a job removes them there. */
bool moderation_remove(struct service *service, struct arena *arena, const struct act *act,
    const struct moderated *moderated, struct error *error);

/* Ends the ban. Without a ban nothing changes. */
bool moderation_readmit(struct service *service, struct arena *arena, const struct act *act,
    const struct moderated *moderated, struct error *error);

#endif
