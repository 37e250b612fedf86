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

/* Checks TURN_URLS and TURN_SECRET: each URL must be one of STUN or TURN (RFC 7064, RFC 7065), and
 * TURN needs the secret. The error names the wrong setting. */
bool turn_check(const struct config *config, struct error *error);

/* Writes the servers of TURN_URLS for a browser, as an array of RTCIceServer and the member `key`
 * (NULL: as the value). The credentials expire at `expiry` (microseconds). `user` appears in
 * coturn's log, and has no colon. The array is empty without TURN_URLS. */
void turn_write(struct json_writer *answer, const char *key, struct arena *arena,
    const struct config *config, int64_t expiry, const char *user);

#endif
