/* The waiting room: a moderator admits those who wait. (Refusing is removing: moderation.h.) */
#ifndef CONFAB_SERVICE_WAITING_ROOM_H
#define CONFAB_SERVICE_WAITING_ROOM_H

#include "meeting/waiter.h"
#include "service/moderation.h"

/* Admits one person, or all who wait (attendee NULL). An admitted person can join with the token
 * that they have. ERROR_NOT_FOUND, MEETING_ENDED as in moderation.h; the provider's errors, and
 * then nobody is admitted. Somebody who does not wait any more stays as they are. */
bool waiting_room_admit(struct service *service, struct arena *arena, const struct act *act,
    const struct moderated *moderated, struct error *error);

#endif
