/* From an Authorization header to a principal.
 *
 * Measured with libjwt 1.10: given a public key it takes HS256 signed with that key's text; it
 * checks no exp, nbf, iss, takes "alg":"hs256", crit, duplicate claims, and a payload that is an
 * array; decoding 5 MB takes 0.2 s. So the parts are read here first, and libjwt says only whether
 * the signature of the one configured algorithm is good. */
#include "auth/bearer.h"

#include <json-c/json.h>
#include <jwt.h>
#include <math.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/key.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "meeting/role.h"

enum {
	KNOWN_MAX = 64, /* tokens remembered by a worker; at most BEARER_MAX bytes each */
};

#define LEEWAY (30 * SECOND)

/* A token whose signature was found good, and its payload: callers come again with the same token,
 * and decoding and checking it is most of the work (a quarter of all instructions of a join token
 * with HS256, more with public keys). The claims are looked at each time. */
struct known {
	char *token; /* NULL: none yet */
	size_t len;
	struct json_object *payload;
};

struct bearer_keys {
	struct known *known; /* KNOWN_MAX of them */
	struct key api;
	struct key invite;
};

static void known_clear(struct known *known)
{
	free(known->token);
	json_object_put(known->payload);
}

bool bearer_keys_load(const struct config *config, struct bearer_keys **keys, struct error *error)
{
	*keys = calloc(1, sizeof **keys);
	if (*keys == NULL)
		abort();
	(*keys)->known = calloc(KNOWN_MAX, sizeof *(*keys)->known);
	if ((*keys)->known == NULL)
		abort();
	key_load_invites(config, &(*keys)->invite);
	return key_load_api(config, &(*keys)->api, error);
}

void bearer_keys_free(struct bearer_keys *keys)
{
	if (keys == NULL)
		return;
	key_clear(&keys->api);
	key_clear(&keys->invite);
	for (size_t i = 0; i < KNOWN_MAX; i++)
		known_clear(&keys->known[i]);
	free(keys->known);
	free(keys);
}

/* The code is the word for WWW-Authenticate; the message says the same to people. */
static bool refuse(struct error *error, const char *code, const char *message)
{
	return error_set_code(error, ERROR_UNAUTHENTICATED, code, "%s", message);
}

static bool malformed(struct error *error, const char *message)
{
	return refuse(error, "malformed", message);
}

/* The token behind "Bearer", in any case, and one blank or more. */
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
	good = json_parse(arena, (const char *)decoded, decoded_len, object, &ignored) &&
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
	/* An unsecured token ("none") has an empty signature: its algorithm is what is wrong. */
	if (token[header_len] != '.' || payload[payload_len] != '.' ||
	    strpbrk(signature, ".") != NULL)
		return malformed(error, not_three_parts);
	return part_parse(arena, token, header_len, &parts->header, error) &&
	       part_parse(arena, payload, payload_len, &parts->payload, error);
}

static bool algorithm_check(const struct key *key, const struct parts *parts, struct error *error)
{
	const char *alg = json_text_member(parts->header, "alg");

	if (alg == NULL || strcmp(alg, key->alg_name) != 0)
		return refuse(error, "algorithm", "The token's algorithm is not the one in use.");
	if (json_object_object_get_ex(parts->header, "crit", NULL))
		return refuse(error, "algorithm", "The token asks for extensions (crit).");
	return true;
}

/* What libjwt says of the signature, by the one algorithm that algorithm_check() has let through.
 */
static bool signature_good(const struct key *key, const char *token)
{
	jwt_t *jwt = NULL;
	bool good = jwt_decode(&jwt, token, (const unsigned char *)key->text, (int)key->len) == 0 &&
		    jwt_get_alg(jwt) == key->alg;

	jwt_free(jwt);
	/* What OpenSSL says of a bad signature must not meet the next user of its error queue. */
	if (!good)
		ERR_clear_error();
	return good;
}

/* libjwt has one error for all; without a key it only reads the parts. */
static bool readable(const char *token)
{
	jwt_t *jwt = NULL;
	bool good = jwt_decode(&jwt, token, NULL, 0) == 0;

	jwt_free(jwt);
	return good;
}

static bool signature_check(
    const struct key *key, struct arena *arena, const struct parts *parts, struct error *error)
{
	size_t len = strlen(parts->signature), decoded_len;

	if (len == 0 || base64url_decode(arena, parts->signature, len, &decoded_len) == NULL)
		return malformed(error, not_three_parts);
	if (signature_good(key, parts->token))
		return true;
	if (!readable(parts->token))
		return malformed(error, "The token's header or payload is not a JWT's.");
	return refuse(error, "signature", "The token's signature is wrong.");
}

/* The slot for this token: its last bytes, which are the signature's, are as good as random. */
static struct known *known_slot(const struct bearer_keys *keys, const char *token, size_t len)
{
	unsigned hash = 0;

	for (size_t i = len < 8 ? 0 : len - 8; i < len; i++)
		hash = hash * 31 + (unsigned char)token[i];
	return &keys->known[hash % KNOWN_MAX];
}

/* The payload of a token that was found good before; NULL for any other. Compared in constant time:
 * how much of a guess is right must not show. */
static struct json_object *known_payload(const struct known *known, const char *token, size_t len)
{
	if (known->token == NULL || !secret_equal(known->token, known->len, token, len))
		return NULL;
	return known->payload;
}

static void known_keep(
    struct known *known, const char *token, size_t len, struct json_object *payload)
{
	known_clear(known);
	known->token = strdup(token);
	if (known->token == NULL)
		abort();
	known->len = len;
	known->payload = json_object_get(payload);
}

/* What a payload says, each claim of the right type. Times are TIME_NONE when absent. */
struct claims {
	const char *issuer;
	int64_t exp, nbf, password_expiry;
	struct principal principal;
};

/* A NumericDate (RFC 7519: seconds, perhaps with a fraction) or epoch milliseconds, as
 * microseconds. */
static bool date_claim(
    struct json_object *payload, const char *name, int64_t unit, int64_t *time, struct error *error)
{
	struct json_object *claim;
	double number;

	*time = TIME_NONE;
	if (!json_object_object_get_ex(payload, name, &claim))
		return true;
	if (!json_object_is_type(claim, json_type_int) &&
	    !json_object_is_type(claim, json_type_double))
		return malformed(error, "A date in the token is no number.");
	number = json_object_get_double(claim) * (double)unit;
	if (number > (double)TIME_MAX)
		number = (double)TIME_MAX;
	if (!(number > (double)TIME_MIN))
		number = (double)TIME_MIN;
	*time = (int64_t)number;
	return true;
}

/* A claim that is text if it is there; NULL when absent or empty. */
static bool text_claim(
    struct json_object *payload, const char *name, const char **text, struct error *error)
{
	struct json_object *claim;

	*text = NULL;
	if (!json_object_object_get_ex(payload, name, &claim))
		return true;
	*text = json_text_member(payload, name);
	if (*text == NULL)
		return malformed(error, "A claim that must be text is not.");
	if (**text == '\0')
		*text = NULL;
	return true;
}

static bool actor_read(
    struct json_object *payload, struct principal *principal, struct error *error)
{
	static const char *const names[] = {"userTenantId", "id", "sub"};

	principal->actor = NULL;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *text;

		if (!text_claim(payload, names[i], &text, error))
			return false;
		if (principal->actor == NULL)
			principal->actor = text;
	}
	if (principal->actor == NULL)
		return malformed(error, "The token does not say who it is for.");
	if (strlen(principal->actor) > ACTOR_MAX)
		return malformed(error, "The token's subject is too long.");
	return true;
}

static bool permissions_read(struct arena *arena, struct json_object *payload,
    struct principal *principal, struct error *error)
{
	struct json_object *list;
	const char **names;
	size_t count;

	if (!json_object_object_get_ex(payload, "permissions", &list))
		return true;
	if (!json_object_is_type(list, json_type_array))
		return malformed(error, "The token's permissions are no array of text.");
	count = json_object_array_length(list);
	names = arena_alloc(arena, (count + 1) * sizeof *names);
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (!json_object_is_type(item, json_type_string) || json_has_nul(item))
			return malformed(error, "The token's permissions are no array of text.");
		names[i] = json_object_get_string(item);
	}
	principal->permissions = names;
	principal->permission_count = count;
	return true;
}

static bool restrictions_read(
    struct json_object *payload, struct principal *principal, struct error *error)
{
	enum role role;

	if (!text_claim(payload, "meetingLinkId", &principal->meeting_link, error) ||
	    !text_claim(payload, "meetingRole", &principal->meeting_role, error))
		return false;
	/* An empty restriction must not become none. */
	if (principal->meeting_link == NULL &&
	    json_object_object_get_ex(payload, "meetingLinkId", NULL))
		return malformed(error, "The token's meetingLinkId is empty.");
	if (json_object_object_get_ex(payload, "meetingRole", NULL) &&
	    (principal->meeting_role == NULL || !role_parse(principal->meeting_role, &role)))
		return malformed(error, "The token's meetingRole is none.");
	return true;
}

/* An invite's rights come from its role alone. */
static bool invite_read(
    struct json_object *payload, struct principal *principal, struct error *error)
{
	if (principal->meeting_link == NULL || principal->meeting_role == NULL ||
	    !role_parse(principal->meeting_role, &principal->invited_as))
		return malformed(error, "The invite names no meeting or role.");
	principal->permission_count = 0;
	return text_claim(payload, "name", &principal->invite_name, error);
}

static bool claims_read(
    struct arena *arena, struct json_object *payload, struct claims *claims, struct error *error)
{
	return text_claim(payload, "iss", &claims->issuer, error) &&
	       date_claim(payload, "exp", SECOND, &claims->exp, error) &&
	       date_claim(payload, "nbf", SECOND, &claims->nbf, error) &&
	       date_claim(
		   payload, "passwordExpiryTime", MILLISECOND, &claims->password_expiry, error) &&
	       actor_read(payload, &claims->principal, error) &&
	       permissions_read(arena, payload, &claims->principal, error) &&
	       restrictions_read(payload, &claims->principal, error);
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

/* Nothing is believed yet: the issuer only says which key has to prove all of it. */
static const struct key *key_of(const struct bearer_keys *keys, const struct claims *claims)
{
	bool invite = claims->issuer != NULL && strcmp(claims->issuer, INVITE_ISSUER) == 0;

	return invite ? &keys->invite : &keys->api;
}

bool bearer_verify(const struct bearer_keys *keys, struct arena *arena, const char *authorization,
    int64_t now, struct principal *principal, struct error *error)
{
	struct claims claims = {0};
	struct parts parts = {0};
	struct known *known;
	const struct key *key;
	const char *token = NULL;
	size_t len;

	if (!token_find(authorization, &token, error))
		return false;
	len = strlen(token);
	known = known_slot(keys, token, len);
	parts.payload = known_payload(known, token, len);
	if (parts.payload == NULL && !parts_read(arena, token, &parts, error))
		return false;
	if (!claims_read(arena, parts.payload, &claims, error))
		return false;
	key = key_of(keys, &claims);
	if (parts.token != NULL) { /* not known */
		if (!algorithm_check(key, &parts, error) ||
		    !signature_check(key, arena, &parts, error))
			return false;
		known_keep(known, token, len, parts.payload);
	}
	if (!claims_check(key, &claims, now, error) ||
	    (key == &keys->invite && !invite_read(parts.payload, &claims.principal, error)))
		return false;
	*principal = claims.principal;
	return true;
}

static char *claims_text(
    const struct key *key, struct arena *arena, const struct bearer_claims *claims)
{
	struct json_object *object = json_object_new_object();
	char *text;

	json_add_text(object, "iss", key->issuer);
	json_add_integer(object, "iat", claims->issued_at / SECOND);
	json_add_integer(object, "exp", claims->expiry / SECOND);
	json_add_text(object, "sub", claims->actor);
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
	text = arena_strdup(arena, json_text(object));
	json_object_put(object);
	return text;
}

static bool mint(const struct key *key, struct arena *arena, const struct bearer_claims *claims,
    const char **token, struct error *error)
{
	jwt_t *jwt = NULL;
	char *encoded = NULL;

	if (jwt_new(&jwt) == 0 && jwt_add_grants_json(jwt, claims_text(key, arena, claims)) == 0 &&
	    jwt_set_alg(jwt, key->alg, (const unsigned char *)key->text, (int)key->len) == 0)
		encoded = jwt_encode_str(jwt);
	jwt_free(jwt);
	if (encoded == NULL)
		return error_set(error, ERROR_INTERNAL, "the token could not be signed");
	*token = arena_strdup(arena, encoded);
	free(encoded);
	return true;
}

bool bearer_mint(const struct bearer_keys *keys, struct arena *arena,
    const struct bearer_claims *claims, const char **token, struct error *error)
{
	if (keys->api.alg != JWT_ALG_HS256)
		return error_set(error, ERROR_INTERNAL,
		    "JWT_SECRET: is not set; with a public key alone no token can be signed");
	return mint(&keys->api, arena, claims, token, error);
}

bool bearer_mint_invite(const struct bearer_keys *keys, struct arena *arena,
    const struct bearer_claims *claims, const char **token, struct error *error)
{
	return mint(&keys->invite, arena, claims, token, error);
}
