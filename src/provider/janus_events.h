/* Janus' events: reads the posts of its sample event handler as neutral events. */
#ifndef CONFAB_PROVIDER_JANUS_EVENTS_H
#define CONFAB_PROVIDER_JANUS_EVENTS_H

#include "base/arena.h"
#include "base/error.h"
#include "meeting/event.h"

/* The secrets that prove an event. */
struct janus_secrets {
	const char *token_secret; /* token_auth_secret: signs the tokens inside the events */
};

/* Reads a body: one event or an array of events. Each gives one neutral event; EVENT_UNKNOWN is for
 * those that are not kept. The identity comes from the signed token inside the event, never from
 * the client's own text. ERROR_MALFORMED for another body. An event with a missing or wrong field
 * becomes EVENT_MALFORMED. */
bool janus_events_parse(struct arena *arena, const struct janus_secrets *secrets, const char *body,
    size_t len, struct events *events, struct error *error);

#endif
