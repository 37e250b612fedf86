/* Admission: giving a person a role in a meeting, and the token to join it. */
#ifndef CONFAB_SERVICE_ADMISSION_H
#define CONFAB_SERVICE_ADMISSION_H

#include "meeting/act.h"
#include "service/service.h"

/* A request to join a meeting. */
struct admission_wish {
	const char *attendee;
	enum role role;
	const char *name;        /* shown to the others; NULL: not given */
	bool name_verified;      /* the caller confirms that the name is right */
	int64_t expiry;          /* of the token; TIME_NONE: the default */
	const char *invite;      /* as in struct grant */
	const char *participant; /* as in struct token_wish */
};

/* A person who may join. Text lies in the arena. */
struct admission {
	struct meeting meeting;
	struct session_ref session; /* of the meeting, on its media server */
	const char *attendee;
	enum role role;
	int64_t expiry;
	const char *name;        /* as the others see it; NULL: none */
	const char *provider;    /* its name */
	int64_t start_time;      /* of the meeting, perhaps just now */
	const char *participant; /* as it was wished */
	bool recordable;         /* can the meeting be recorded? */
	const char *visit;       /* visit_json() as text; NULL: nothing to tell */
	int64_t waiting_since;   /* a moderator must admit the person first; TIME_NONE: not */
};

/* Gives the person a role in the meeting, or makes them wait (meeting/access.h): the provider gets
 * the grant unless they wait, then the database keeps it. The first token of a meeting places the
 * meeting on a media server and starts it. `meeting_link` names the meeting.
 *
 * Errors: ERROR_NOT_FOUND; those of meeting_joinable() and token_expiry(); ERROR_FORBIDDEN with
 * PUT_OUT for a removed person, with MEETING_LOCKED for a new one in a locked meeting; the errors
 * of the provider and the database. If the rules refuse the request, nothing changes. If the
 * meeting ends or a moderator removes the person meanwhile, the provider loses the grant again. */
bool admission_join(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct admission_wish *wish, struct admission *admission,
    struct error *error);

/* The caller of an operation on their own meeting, which `act->meeting_link` names. */
struct admission_caller {
	const char *attendee; /* NULL: not known */
	enum role role;       /* of the invite or join token; 0: a token of the API */
	const char *invite;   /* the invite's id; NULL: none */
	bool has_joined;      /* has a join token */
};

/* May the caller see the meeting now? ERROR_FORBIDDEN with PUT_OUT for a removed person, WAITING
 * for one who waits for a moderator, or would wait if they asked for a token, and MEETING_LOCKED. A
 * meeting that is not there is the operation's own error. */
bool admission_check(struct service *service, struct arena *arena, const struct act *act,
    const struct admission_caller *caller, struct error *error);

/* Writes "token", and the other members that the provider's client needs, into the object that is
 * open in `answer`. With a signalling gate it sets `pass->participant` instead, and the caller
 * writes the token. Without one, a person who waits gets no token. */
bool admission_token(struct service *service, struct arena *arena,
    const struct admission *admission, struct json_writer *answer, struct gate_pass *pass,
    struct error *error);

#endif
