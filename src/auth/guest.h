/* Ids of guests: people who come with an invite that names no person. */
#ifndef CONFAB_AUTH_GUEST_H
#define CONFAB_AUTH_GUEST_H

#include <stdbool.h>

#include "base/arena.h"

/* A new id, "guest-<random>". */
const char *guest_new(struct arena *arena);

/* The id with the service's signature for one meeting. The guest's page keeps this value, so that
 * the guest is the same person after a reload. */
const char *guest_sign(struct arena *arena, const char *service_secret, const char *meeting_link,
    const char *identity);

/* The id in a signed value. NULL when the service has not signed it for this meeting. */
const char *guest_verify(
    struct arena *arena, const char *service_secret, const char *meeting_link, const char *value);

#endif
