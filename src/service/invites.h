/* Invites: links with which somebody without credentials of the API joins a meeting. */
#ifndef CONFAB_SERVICE_INVITES_H
#define CONFAB_SERVICE_INVITES_H

#include "meeting/act.h"
#include "service/service.h"

struct invite_wish {
	enum role role;
	const char *name; /* of the person it is for; NULL: good for everybody who has it */
	int64_t expiry;   /* TIME_NONE: the default */
};

/* What the token of an invite has to say, besides the wish. */
struct invite {
	const char *id;
	const char *tenant; /* the meeting's */
	int64_t expiry;
};

/* Prepares an invite to the meeting. The caller mints its token: nothing of it is kept but an audit
 * entry. Errors: ERROR_NOT_FOUND, MEETING_ENDED, those of token_expiry(). */
bool invite_prepare(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct invite_wish *wish, struct invite *invite,
    struct error *error);

#endif
