/* Asking the service whether identities may come in: one request for all that are unanswered. */
#ifndef CONFAB_GATE_POOL_H
#define CONFAB_GATE_POOL_H

#include "gate/gate.h"

struct session;

struct pool *pool_new(struct gate *gate);
void pool_free(struct pool *pool);

/* Asks for this session, now or with the next request. While the service is away the session hears
 * session_unanswered() at once, and is asked for again. */
void pool_ask(struct pool *pool, struct session *session);

/* The session is gone. */
void pool_forget(struct pool *pool, struct session *session);

/* Could the service not answer the last time? */
bool pool_is_away(const struct pool *pool);

#endif
