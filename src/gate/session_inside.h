/* What the files of a session share: session.c (its life), hello.c (its beginning), entry.c (coming
 * in), from_page.c and from_janus.c (what both sides say). Others use gate/session.h. */
#ifndef CONFAB_GATE_SESSION_INSIDE_H
#define CONFAB_GATE_SESSION_INSIDE_H

#include "gate/session.h"

enum {
	PAGE_SESSION = 1,   /* what pages get as the session's id: the real one is a secret */
	JANUS_ID_SIZE = 24, /* bytes of an id in decimal, NUL included */
};

/* The transactions of what the gate itself says to Janus. */
#define OWN_TRANSACTION "confab-gate"
#define END_TRANSACTION "confab-gate-end"

const char *janus_id_write(int64_t id, char text[static JANUS_ID_SIZE]);

/* The session that has this session of Janus'; NULL: none. */
struct session *session_by_janus(const struct gate *gate, int64_t id);

/* Janus has made this session for it, or has given it back. */
void session_janus_id_set(struct session *session, int64_t id);

/* Has the join token expired long enough ago? */
bool session_expired(const struct session *session);

/* Sets the timer to what comes next. */
void session_timer_update(struct session *session);

/* Makes a session of this connection and identity, which it takes over; `claim` is the session of
 * Janus' that it comes back to, 0: none. The service is asked about it. */
struct session *session_new(struct gate *gate, struct client *client, struct identity *identity,
    const struct message *hello, int64_t claim);

/* Frees it, after session_end() and Janus' last answer. */
void session_bury(struct session *session);

/* Says this to Janus, without a body. */
void session_janus_say(struct session *session, const char *verb, const char *transaction);

/* A message for a page, as session_deliver() takes it. `transaction` NULL: none. */
struct json_object *answer_new(const char *janus, const char *transaction);

/* What the gate says of the stay; the answer to the hello if that has none yet. */
struct json_object *session_state_new(struct session *session, const char *state);

/* The person must wait for a moderator: tells the page. */
void session_wait(struct session *session);

/* Tells a page that it waits, and whether a moderator is there. */
void session_waiting_tell(struct session *session);

/* Tells the page that this message was refused. */
void session_refuse(
    struct session *session, const char *transaction, const struct refusal *refusal);

/* The page is in: tells it, and goes on with what it has sent. */
void session_enter(struct session *session);

/* The message's join token, NULL: none. A newer one of the same person on the same device replaces
 * the session's. False with a refusal when it is another's. */
bool session_renew(struct session *session, const char *token, struct refusal *refusal);

#endif
