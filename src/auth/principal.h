/* The caller: what a verified bearer token says. */
#ifndef CONFAB_AUTH_PRINCIPAL_H
#define CONFAB_AUTH_PRINCIPAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "meeting/role.h"

enum {
	BEARER_MAX = 16 * 1024, /* bytes of a token; a longer one is refused without decoding */
	ACTOR_MAX = 255,        /* bytes of an actor; a longer one makes the token malformed */
	TENANT_MAX = 255,       /* bytes of a tenant; the same */
};

struct principal {
	const char *actor;  /* userTenantId, else id, else sub */
	const char *tenant; /* tenantId; NULL: the token of an operator, who sees everything */
	const char *const *permissions; /* as in the token */
	size_t permission_count;
	const char *meeting_link; /* the only meeting (claim meetingLinkId), or NULL */
	const char *meeting_role; /* claim meetingRole, or NULL */
	/* For an invite: its role. It has no permissions; the route table says what the role
	 * allows. 0 for a bearer token of the API. */
	enum role invited_as;
	const char *invite_name; /* the person that the invite names; NULL: it names nobody */
	const char *
	    attendee; /* the caller in their one meeting; NULL: not known, or a client of the API */
	bool has_joined; /* the token is a join token; it counts as an invite for its attendee */
};

/* The highest role that the caller may ask for or give to others: that of the claim meetingRole;
 * without the claim moderator for a caller who may stop meetings, publisher for others. */
enum role principal_highest_role(const struct principal *principal);

/* Does the token have this permission? Letter case counts. */
bool principal_may(const struct principal *principal, const char *permission);

#endif
