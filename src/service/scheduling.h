/* Scheduling: creating, editing and deleting meetings. */
#ifndef CONFAB_SERVICE_SCHEDULING_H
#define CONFAB_SERVICE_SCHEDULING_H

#include "base/crypto.h"
#include "meeting/act.h"
#include "meeting/schedule.h"
#include "service/service.h"

/* A caller's key for one creation: the same key from the same actor gives the same meeting for a
 * day, also when requests repeat it while the first is at work. */
struct creation_key {
	const char *text;
	unsigned char body_hash[SHA256_SIZE]; /* tells another wish under the same key */
};

/* Creates a meeting at the provider and in the database. `key` NULL: without one. `*link` gets its
 * link, in the arena. A repeated key gets its link even if the rules would refuse the wish by now.
 *
 * Errors: those of meeting_wish_check(); ERROR_INVALID for a key that was used with another body;
 * ERROR_CONFLICT, with retry_after, while the first request is at work; the provider's and the
 * database's. After an error there is no meeting. */
bool scheduling_create(struct service *service, struct arena *arena, const struct act *act,
    const struct meeting_wish *wish, const struct creation_key *key, const char **link,
    struct error *error);

/* Changes a meeting's fields, or deletes it, which ends it first. ERROR_NOT_FOUND, and what
 * meeting_change_apply() says of the row as it is now. */
bool scheduling_edit(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct meeting_change *change, struct error *error);

#endif
