/* The claims of a bearer token, read from its payload. */
#ifndef CONFAB_AUTH_CLAIMS_H
#define CONFAB_AUTH_CLAIMS_H

#include <json-c/json.h>
#include <stdint.h>

#include "auth/principal.h"

/* Times are microseconds, TIME_NONE when absent. Text is borrowed from the payload or lies in the
 * arena. */
struct claims {
	const char *issuer;
	int64_t exp, nbf, password_expiry;
	struct principal principal;
};

/* Reads the claims and checks the type of each. On failure ERROR_UNAUTHENTICATED with the code
 * "malformed" and a message that names the claim. */
bool claims_read(
    struct arena *arena, struct json_object *payload, struct claims *claims, struct error *error);

/* Reads what only an invite has. Its role alone says what it allows: it loses its permissions. */
bool claims_read_invite(
    struct json_object *payload, struct principal *principal, struct error *error);

/* A new object with those claims of the payload that the two functions above read. The caller
 * releases it. */
struct json_object *claims_select(struct json_object *payload);

#endif
