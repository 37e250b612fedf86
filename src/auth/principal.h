/* Who is calling: what a verified bearer token says. */
#ifndef CONFAB_AUTH_PRINCIPAL_H
#define CONFAB_AUTH_PRINCIPAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "meeting/role.h"

enum {
	BEARER_MAX = 16 * 1024, /* bytes of a token; longer ones are refused undecoded */
	ACTOR_MAX = 255,        /* bytes of an actor; a longer one makes the token malformed */
	TENANT_MAX = 255,       /* bytes of a tenant; the same */
};

struct principal {
	const char *actor;              /* userTenantId, else id, else sub */
	const char *tenant;             /* tenantId; NULL: an operator's token, which sees all */
	const char *const *permissions; /* as in the token */
	size_t permission_count;
	const char *meeting_link; /* claim meetingLinkId: restricted to that meeting; or NULL */
	const char *meeting_role; /* claim meetingRole, or NULL */
	/* Of an invite: the role it is for; 0 for a bearer token of the API. It has no permissions;
	 * the route table says what it allows. */
	enum role invited_as;
	const char *invite_name; /* whom it is for by name; NULL: whoever has it */
};

/* The highest role that this caller may ask for or give away: the claim meetingRole, else moderator
 * for those who may also stop meetings, else publisher. */
enum role principal_highest_role(const struct principal *principal);

/* Does the token hold this permission, letter for letter? */
bool principal_may(const struct principal *principal, const char *permission);

#endif
