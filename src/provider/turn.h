/* TURN servers for people behind firewalls: credentials of coturn's shared-secret scheme ("TURN
 * REST API"), minted offline. */
#ifndef CONFAB_PROVIDER_TURN_H
#define CONFAB_PROVIDER_TURN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "base/json_writer.h"

/* TURN_URLS and TURN_SECRET go together, and each URL is one of STUN or TURN (RFC 7064, RFC 7065).
 * The error names the wrong setting. */
bool turn_check(const struct config *config, struct error *error);

/* Writes an array of RTCIceServer for a browser as the member `key` (NULL: as the value): those of
 * TURN_URLS, with credentials that are good until `expiry` (microseconds) for `user`, text without
 * a colon that is in coturn's log. Empty when none are set. */
void turn_write(struct json_writer *answer, const char *key, struct arena *arena,
    const struct config *config, int64_t expiry, const char *user);

#endif
