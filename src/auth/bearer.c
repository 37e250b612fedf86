/* Verifies a bearer token.
 *
 * The algorithm in the token's header must be exactly that of the configured key: a token must not
 * choose how it is verified. (Else an HS256 token signed with the text of a public key could pass.)
 * libjose verifies the signature. */
#include "auth/bearer.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/claims.h"
#include "auth/join_token.h"
#include "auth/jws.h"
#include "auth/key.h"
#include "auth/known_tokens.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"

#define LEEWAY (30 * SECOND)

struct bearer_keys {
	struct known_tokens *known;
	struct key api;
	struct key invite;
	struct key join;
};

/* Join tokens are good for the API as they are for the gate, with the same key. */
static void join_load(const struct config *config, struct key *key)
{
	struct arena *arena = arena_new();

	join_key_load(join_key_derive(arena, config->service_secret), key);
	arena_free(arena);
}

bool bearer_keys_load(const struct config *config, struct bearer_keys **keys, struct error *error)
{
	*keys = calloc(1, sizeof **keys);
	if (*keys == NULL)
		abort();
	(*keys)->known = known_tokens_new();
	key_load_invites(config, &(*keys)->invite);
	join_load(config, &(*keys)->join);
	return key_load_api(config, &(*keys)->api, error);
}

void bearer_keys_free(struct bearer_keys *keys)
{
	if (keys == NULL)
		return;
	key_clear(&keys->api);
	key_clear(&keys->invite);
	key_clear(&keys->join);
	known_tokens_free(keys->known);
	free(keys);
}

/* The code is the word for WWW-Authenticate. The message says the same to people. */
static bool refuse(struct error *error, const char *code, const char *message)
{
	return error_set_code(error, ERROR_UNAUTHENTICATED, code, "%s", message);
}

static bool malformed(struct error *error, const char *message)
{
	return refuse(error, "malformed", message);
}

/* Finds the token after "Bearer" (in any letter case) and blanks. */
static bool token_find(const char *authorization, const char **token, struct error *error)
{
	static const char scheme[] = "Bearer";
	const size_t len = sizeof scheme - 1;

	if (authorization == NULL || strncasecmp(authorization, scheme, len) != 0 ||
	    (authorization[len] != ' ' && authorization[len] != '\0'))
		return refuse(error, NULL, "A bearer token is needed.");
	*token = authorization + len + strspn(authorization + len, " ");
	if (strlen(*token) > BEARER_MAX)
		return malformed(error, "The token is too long.");
	return true;
}

static const char not_three_parts[] = "The token is not three parts of base64url.";

struct parts {
	const char *token;
	const char *signature;
	struct json_object *header, *payload;
};

static bool part_parse(struct arena *arena, const char *text, size_t len,
    struct json_object **object, struct error *error)
{
	struct error ignored = {0};
	size_t decoded_len = 0;
	unsigned char *decoded = len == 0 ? NULL : base64url_decode(arena, text, len, &decoded_len);
	bool good;

	if (decoded == NULL)
		return malformed(error, not_three_parts);
	/* A number that is too large (ERROR_INVALID) matters only in a claim that is used. */
	good = (json_parse(arena, (const char *)decoded, decoded_len, object, &ignored) ||
		   ignored.kind == ERROR_INVALID) &&
	       json_object_is_type(*object, json_type_object);
	error_clear(&ignored);
	return good || malformed(error, "The token's header or payload is no JSON object.");
}

static bool parts_read(
    struct arena *arena, const char *token, struct parts *parts, struct error *error)
{
	size_t header_len = strcspn(token, ".");
	const char *payload = token + header_len + (token[header_len] == '.');
	size_t payload_len = strcspn(payload, ".");
	const char *signature = payload + payload_len + (payload[payload_len] == '.');

	parts->token = token;
	parts->signature = signature;
	/* A token with the algorithm "none" has an empty signature. It passes here;
	 * algorithm_check() refuses it. */
	if (token[header_len] != '.' || payload[payload_len] != '.' ||
	    strpbrk(signature, ".") != NULL)
		return malformed(error, not_three_parts);
	return part_parse(arena, token, header_len, &parts->header, error) &&
	       part_parse(arena, payload, payload_len, &parts->payload, error);
}

/* Accepts the types of access tokens (RFC 7519, RFC 9068), in any letter case, as media types are.
 * An identity provider also signs tokens for other purposes, such as logout+jwt. */
static bool type_check(const struct parts *parts, struct error *error)
{
	static const char *const types[] = {
	    "JWT", "at+jwt", "application/jwt", "application/at+jwt"};
	const char *type = json_text_member(parts->header, "typ");

	if (json_object_object_get(parts->header, "typ") == NULL)
		return true; /* absent or null */
	for (size_t i = 0; type != NULL && i < sizeof types / sizeof types[0]; i++) {
		if (strcasecmp(type, types[i]) == 0)
			return true;
	}
	return malformed(error, "The token's typ is not JWT or at+jwt.");
}

static bool algorithm_check(const struct key *key, const struct parts *parts, struct error *error)
{
	const char *alg = json_text_member(parts->header, "alg");

	if (alg == NULL || strcmp(alg, key->algorithm) != 0)
		return refuse(error, "algorithm", "The token's algorithm is not the one in use.");
	if (json_object_object_get_ex(parts->header, "crit", NULL))
		return refuse(error, "algorithm", "The token asks for extensions (crit).");
	return true;
}

static bool signature_check(
    const struct key *key, struct arena *arena, const struct parts *parts, struct error *error)
{
	size_t len = strlen(parts->signature), decoded_len;

	/* An empty signature belongs to the algorithm "none", which algorithm_check() has refused.
	 * */
	if (len == 0 || base64url_decode(arena, parts->signature, len, &decoded_len) == NULL)
		return malformed(error, not_three_parts);
	return jws_verify(key, parts->token) ||
	       refuse(error, "signature", "The token's signature is wrong.");
}

static bool claims_check(
    const struct key *key, const struct claims *claims, int64_t now, struct error *error)
{
	if (claims->issuer == NULL || strcmp(claims->issuer, key->issuer) != 0)
		return refuse(error, "issuer", "The token is from another issuer.");
	if (claims->exp == TIME_NONE && key->require_exp)
		return refuse(error, "no_expiry", "The token has no expiry (exp).");
	if (claims->exp != TIME_NONE && claims->exp + LEEWAY <= now)
		return refuse(error, "expired", "The token has expired.");
	if (claims->nbf != TIME_NONE && claims->nbf - LEEWAY > now)
		return refuse(error, "not_yet_valid", "The token is not valid yet (nbf).");
	if (claims->password_expiry != TIME_NONE && claims->password_expiry <= now)
		return refuse(
		    error, "password_expired", "The password behind the token has expired.");
	return true;
}

/* The token is not verified yet. Its issuer only chooses the key, and that key must verify the
 * whole token. */
static const struct key *key_of(const struct bearer_keys *keys, const struct claims *claims)
{
	const char *issuer = claims->issuer == NULL ? "" : claims->issuer;

	if (strcmp(issuer, JOIN_ISSUER) == 0)
		return &keys->join;
	return strcmp(issuer, INVITE_ISSUER) == 0 ? &keys->invite : &keys->api;
}

bool bearer_verify(const struct bearer_keys *keys, struct arena *arena, const char *authorization,
    int64_t now, struct principal *principal, struct error *error)
{
	struct claims claims = {0};
	struct parts parts = {0};
	const struct key *key;
	const char *token = NULL;
	size_t len;

	if (!token_find(authorization, &token, error))
		return false;
	len = strlen(token);
	parts.payload = known_tokens_find(keys->known, token, len);
	if (parts.payload == NULL && !parts_read(arena, token, &parts, error))
		return false;
	if (!claims_read(arena, parts.payload, &claims, error))
		return false;
	key = key_of(keys, &claims);
	if (parts.token != NULL) { /* known tokens are already verified */
		if (!algorithm_check(key, &parts, error) || !type_check(&parts, error) ||
		    !signature_check(key, arena, &parts, error))
			return false;
		known_tokens_keep(keys->known, token, len, parts.payload);
	}
	if (!claims_check(key, &claims, now, error) ||
	    (key == &keys->invite && !claims_read_invite(parts.payload, &claims.principal, error)))
		return false;
	*principal = claims.principal;
	return true;
}

static char *claims_text(
    const struct key *key, struct arena *arena, const struct bearer_claims *claims)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "iss", key->issuer);
	json_add_integer(object, "iat", claims->issued_at / SECOND);
	json_add_integer(object, "exp", claims->expiry / SECOND);
	json_add_text(object, "sub", claims->actor);
	if (claims->tenant != NULL)
		json_add_text(object, "tenantId", claims->tenant);
	if (claims->name != NULL)
		json_add_text(object, "name", claims->name);
	if (claims->permissions != NULL) {
		struct json_object *permissions = json_object_new_array();

		for (size_t i = 0; i < claims->permission_count; i++)
			json_object_array_add(
			    permissions, json_object_new_string(claims->permissions[i]));
		json_object_object_add(object, "permissions", permissions);
	}
	if (claims->meeting_link != NULL)
		json_add_text(object, "meetingLinkId", claims->meeting_link);
	if (claims->meeting_role != NULL)
		json_add_text(object, "meetingRole", claims->meeting_role);
	return json_text_take(arena, object);
}

bool bearer_mint(const struct bearer_keys *keys, struct arena *arena,
    const struct bearer_claims *claims, const char **token, struct error *error)
{
	if (strcmp(keys->api.algorithm, "HS256") != 0)
		return error_set(error, ERROR_INTERNAL,
		    "JWT_SECRET: is not set; with a public key alone no token can be signed");
	*token = jws_sign(&keys->api, arena, claims_text(&keys->api, arena, claims));
	return true;
}

const char *bearer_mint_invite(
    const struct bearer_keys *keys, struct arena *arena, const struct bearer_claims *claims)
{
	return jws_sign(&keys->invite, arena, claims_text(&keys->invite, arena, claims));
}
