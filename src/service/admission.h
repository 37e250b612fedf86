/* Admission: giving a person a role in a meeting, and the token to join it. */
#ifndef CONFAB_SERVICE_ADMISSION_H
#define CONFAB_SERVICE_ADMISSION_H

#include "meeting/act.h"
#include "service/service.h"

/* Who wants to join, and as what. */
struct admission_wish {
	const char *attendee;
	enum role role;
	const char *name;   /* what the others see; NULL: not given */
	bool name_verified; /* the caller vouches for it */
	int64_t expiry;     /* of the token; TIME_NONE: the default */
	const char *invite; /* as in struct grant */
};

/* A person who may join. Text lies in the arena. */
struct admission {
	struct meeting meeting;
	struct session_ref session; /* of the meeting, on its media server */
	const char *attendee;
	enum role role;
	int64_t expiry;
	const char *name;      /* as the others see it; NULL: none */
	const char *provider;  /* its name */
	int64_t start_time;    /* of the meeting, perhaps just now */
	bool recordable;       /* can the meeting be recorded? */
	int64_t waiting_since; /* a moderator must admit the person first; TIME_NONE: not */
};

/* Admits the person, or has them wait (meeting/access.h): places the meeting on a media server if
 * this is its first token, has the provider let them in unless they wait, keeps the grant, and
 * starts the meeting if this is its first. `meeting_link` names the meeting.
 *
 * Errors: ERROR_NOT_FOUND; those of meeting_joinable() and token_expiry(); ERROR_FORBIDDEN with
 * PUT_OUT for a person who was removed, with MEETING_LOCKED for a new one in a locked meeting; the
 * provider's and the database's. A refused person changes nothing. An end or a removal that comes
 * meanwhile wins: nothing is left at the provider. */
bool admission_admit(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct admission_wish *wish, struct admission *admission,
    struct error *error);

/* Writes "token" and what else the provider's client needs as members of the object that is open in
 * `answer`. Where there is a signalling gate, `pass->participant` is set, and the token is the
 * caller's to write. Without one, a person who waits gets no token. */
bool admission_token(struct service *service, struct arena *arena,
    const struct admission *admission, struct json_writer *answer, struct gate_pass *pass,
    struct error *error);

#endif
