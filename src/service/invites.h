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

/* What an invite's token says. The caller mints it: the same invite gives the same token. */
struct invite {
	const char *id;
	const char *tenant; /* of the meeting */
	enum role role;
	const char *name; /* NULL: it names nobody */
	const char *meeting_link;
	int64_t issued_at;
	int64_t expiry;
};

/* Makes an invite to the meeting, and the code of its short link. The code is nowhere else: the
 * service keeps its digest. Errors: ERROR_NOT_FOUND, MEETING_ENDED, those of token_expiry(). */
bool invite_make(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct invite_wish *wish, struct invite *invite,
    const char **code, struct error *error);

/* A short link that somebody opens. */
struct redemption {
	const char *meeting_link;
	const char *code;    /* as it came */
	const char *address; /* where the request comes from, as text; NULL: unknown */
	int64_t at;
};

/* Gives the invite of a code. Errors: ERROR_NOT_FOUND for a code that is wrong or of another
 * meeting, with the words for an unknown meeting and in the same time; INVITE_EXPIRED;
 * ERROR_TOO_MANY (with retry_after) for a wrong code after many others from the same network. */
bool invite_redeem(struct service *service, struct arena *arena,
    const struct redemption *redemption, struct invite *invite, struct error *error);

#endif
