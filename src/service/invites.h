/* Invites: links to join a meeting. Their holders need no credentials of the API. */
#ifndef CONFAB_SERVICE_INVITES_H
#define CONFAB_SERVICE_INVITES_H

#include "meeting/act.h"
#include "service/service.h"

struct invite_wish {
	enum role role;
	const char *name; /* of the invited person; NULL: the invite is for all who have the link */
	int64_t expiry;   /* TIME_NONE: the default */
};

/* The claims of an invite's token that do not come from the wish. */
struct invite {
	const char *id;
	const char *tenant; /* of the meeting */
	int64_t expiry;
};

/* Prepares an invite to the meeting. The caller mints its token. The service keeps nothing but an
 * audit entry. Errors: ERROR_NOT_FOUND, MEETING_ENDED, those of token_expiry(). */
bool invite_prepare(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct invite_wish *wish, struct invite *invite,
    struct error *error);

#endif
