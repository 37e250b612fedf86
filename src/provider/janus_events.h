/* Janus' events: what its sample event handler posts, as neutral events. */
#ifndef CONFAB_PROVIDER_JANUS_EVENTS_H
#define CONFAB_PROVIDER_JANUS_EVENTS_H

#include "base/arena.h"
#include "base/error.h"
#include "meeting/event.h"

/* What is needed to believe an event. */
struct janus_secrets {
	const char *token_secret;   /* token_auth_secret: signs the tokens inside the events */
	const char *service_secret; /* participant ids are derived from it */
};

/* Reads a body: one event or an array of them. What is not kept becomes EVENT_UNKNOWN, so that
 * there is one neutral event for each of Janus'. Identity comes from the signed token inside an
 * event, never from what a client says of itself. ERROR_MALFORMED for a body that is none; an event
 * whose used fields have other types than Janus gives them becomes EVENT_MALFORMED. */
bool janus_events_parse(struct arena *arena, const struct janus_secrets *secrets, const char *body,
    size_t len, struct events *events, struct error *error);

#endif
