/* Identities of guests: who comes with an invite that is for nobody by name. */
#ifndef CONFAB_AUTH_GUEST_H
#define CONFAB_AUTH_GUEST_H

#include <stdbool.h>

#include "base/arena.h"

/* A new identity, "guest-<random>". */
const char *guest_new(struct arena *arena);

/* The identity as a value signed by the service (under its own key) for one meeting, which the
 * guest's page keeps, so that a reload is the same person. */
const char *guest_sign(struct arena *arena, const char *service_secret, const char *meeting_link,
    const char *identity);

/* The identity in a signed value; NULL if the service has not signed it for this meeting. */
const char *guest_verify(
    struct arena *arena, const char *service_secret, const char *meeting_link, const char *value);

#endif
