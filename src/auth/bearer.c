/* From an Authorization header to a principal.
 *
 * The header is read first: the algorithm must be that of the configured key, letter for letter, so
 * that no token chooses how it is checked (an HS256 token signed with the text of a public key is
 * refused). libjose says whether the signature is good. */
#include "auth/bearer.h"

#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/key.h"
#include "auth/jws.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "meeting/role.h"

enum {
	KNOWN_MAX = 64,              /* tokens remembered by a worker */
	KNOWN_PERMISSIONS_MAX = 256, /* a token with more is not remembered */
};

#define LEEWAY (30 * SECOND)

/* A token whose signature was found good, and its claims: callers come again with the same token,
 * and decoding and checking it is most of the work (a quarter of all instructions of a join token
 * with HS256, more with public keys). The claims are looked at each time. Only those that
 * claims_read() needs are kept, so that 64 tokens of the greatest length take less than 4 MiB. */
struct known {
	char *token; /* NULL: none yet */
	size_t len;
	struct json_object *claims;
};

struct bearer_keys {
	struct known *known; /* KNOWN_MAX of them */
	struct key api;
	struct key invite;
};

static void known_clear(struct known *known)
{
	free(known->token);
	json_object_put(known->claims);
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

/* What is wrong with a claim: "The token's claim exp must be a number." */
static bool claim_malformed(struct error *error, const char *name, const char *what)
{
	return error_set_code(
	    error, ERROR_UNAUTHENTICATED, "malformed", "The token's claim %s %s.", name, what);
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
	/* Numbers that are too large (ERROR_INVALID) matter only in claims that are needed. */
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
	/* An unsecured token ("none") has an empty signature: its algorithm is what is wrong. */
	if (token[header_len] != '.' || payload[payload_len] != '.' ||
	    strpbrk(signature, ".") != NULL)
		return malformed(error, not_three_parts);
	return part_parse(arena, token, header_len, &parts->header, error) &&
	       part_parse(arena, payload, payload_len, &parts->payload, error);
}

/* Those of JWTs for services (RFC 7519, RFC 9068), in any letter case as media types are. Tokens
 * that an identity provider signs for other purposes, as logout+jwt, have another one. */
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

	/* An unsecured token ("none") has no signature; its algorithm is refused before this. */
	if (len == 0 || base64url_decode(arena, parts->signature, len, &decoded_len) == NULL)
		return malformed(error, not_three_parts);
	return jws_verify(key, parts->token) ||
	       refuse(error, "signature", "The token's signature is wrong.");
}

/* The slot for this token: its last bytes, which are the signature's, are as good as random. */
static struct known *known_slot(const struct bearer_keys *keys, const char *token, size_t len)
{
	unsigned hash = 0;

	for (size_t i = len < 8 ? 0 : len - 8; i < len; i++)
		hash = hash * 31 + (unsigned char)token[i];
	return &keys->known[hash % KNOWN_MAX];
}

/* The claims of a token that was found good before; NULL for any other. Compared in constant time:
 * how much of a guess is right must not show. */
static struct json_object *known_claims(const struct known *known, const char *token, size_t len)
{
	if (known->token == NULL || !secret_equal(known->token, known->len, token, len))
		return NULL;
	return known->claims;
}

/* Those of the payload's claims that claims_read() and invite_read() look at. */
static struct json_object *claims_needed(struct json_object *payload)
{
	static const char *const names[] = {"iss", "exp", "nbf", "passwordExpiryTime",
	    "userTenantId", "id", "sub", "tenantId", "permissions", "meetingLinkId", "meetingRole",
	    "name"};
	struct json_object *claims = json_object_new_object();

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct json_object *claim = json_object_object_get(payload, names[i]);

		if (claim != NULL)
			json_object_object_add(claims, names[i], json_object_get(claim));
	}
	return claims;
}

static void known_keep(
    struct known *known, const char *token, size_t len, struct json_object *payload)
{
	struct json_object *permissions = json_member(payload, "permissions", json_type_array);

	if (permissions != NULL && json_object_array_length(permissions) > KNOWN_PERMISSIONS_MAX)
		return;
	known_clear(known);
	known->token = strdup(token);
	if (known->token == NULL)
		abort();
	known->len = len;
	known->claims = claims_needed(payload);
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
	struct json_object *claim = json_object_object_get(payload, name);
	double number;

	*time = TIME_NONE;
	if (claim == NULL)
		return true;
	if ((!json_object_is_type(claim, json_type_int) &&
		!json_object_is_type(claim, json_type_double)) ||
	    !isfinite(json_object_get_double(claim)))
		return claim_malformed(error, name, "must be a number");
	number = json_object_get_double(claim) * (double)unit;
	if (number > (double)TIME_MAX)
		number = (double)TIME_MAX;
	if (!(number > (double)TIME_MIN))
		number = (double)TIME_MIN;
	*time = (int64_t)number;
	return true;
}

/* A claim that is text if it is there; NULL when absent. */
static bool text_claim(
    struct json_object *payload, const char *name, const char **text, struct error *error)
{
	*text = json_text_member(payload, name);
	return *text != NULL || json_object_object_get(payload, name) == NULL ||
	       claim_malformed(error, name, "must be text");
}

/* A claim that is an id if it is there; NULL when absent. Many issuers write ids as numbers: the
 * id is then the number's text. A number with a fraction or an exponent has several texts, and
 * json-c keeps no integer beyond 64 bits: these are refused. */
static bool id_claim(struct arena *arena, struct json_object *payload, const char *name,
    const char **id, struct error *error)
{
	struct json_object *claim = json_object_object_get(payload, name);
	int64_t number;

	if (json_object_is_type(claim, json_type_int)) {
		number = json_object_get_int64(claim);
		if (number == INT64_MAX || number == INT64_MIN)
			return claim_malformed(error, name, "is too large a number");
		*id = arena_printf(arena, "%lld", (long long)number);
		return true;
	}
	*id = json_text_member(payload, name);
	return *id != NULL || claim == NULL ||
	       claim_malformed(error, name, "must be text or a whole number");
}

/* The first of the three claims that is there and not empty; those behind it are not looked at. */
static bool actor_read(struct arena *arena, struct json_object *payload,
    struct principal *principal, struct error *error)
{
	static const char *const names[] = {"userTenantId", "id", "sub"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *id;

		if (!id_claim(arena, payload, names[i], &id, error))
			return false;
		if (id == NULL || *id == '\0')
			continue;
		principal->actor = id;
		return strlen(id) <= ACTOR_MAX || claim_malformed(error, names[i], "is too long");
	}
	return malformed(error, "The token does not say who it is for (userTenantId, id or sub).");
}

static bool permissions_read(struct arena *arena, struct json_object *payload,
    struct principal *principal, struct error *error)
{
	static const char wrong[] = "must be an array of text";
	struct json_object *list = json_object_object_get(payload, "permissions");
	const char **names;
	size_t count;

	if (list == NULL)
		return true;
	if (!json_object_is_type(list, json_type_array))
		return claim_malformed(error, "permissions", wrong);
	count = json_object_array_length(list);
	names = arena_alloc(arena, (count + 1) * sizeof *names);
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		if (!json_object_is_type(item, json_type_string) || json_has_nul(item))
			return claim_malformed(error, "permissions", wrong);
		names[i] = json_object_get_string(item);
	}
	principal->permissions = names;
	principal->permission_count = count;
	return true;
}

/* An empty restriction must not become none. */
static bool restrictions_read(struct arena *arena, struct json_object *payload,
    struct principal *principal, struct error *error)
{
	enum role role;

	if (!id_claim(arena, payload, "tenantId", &principal->tenant, error) ||
	    !id_claim(arena, payload, "meetingLinkId", &principal->meeting_link, error) ||
	    !text_claim(payload, "meetingRole", &principal->meeting_role, error))
		return false;
	if (principal->tenant != NULL && *principal->tenant == '\0')
		return claim_malformed(error, "tenantId", "is empty");
	if (principal->tenant != NULL && strlen(principal->tenant) > TENANT_MAX)
		return claim_malformed(error, "tenantId", "is too long");
	if (principal->meeting_link != NULL && *principal->meeting_link == '\0')
		return claim_malformed(error, "meetingLinkId", "is empty");
	if (principal->meeting_role != NULL && !role_parse(principal->meeting_role, &role))
		return claim_malformed(
		    error, "meetingRole", "must be subscriber, publisher or moderator");
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
	if (!text_claim(payload, "name", &principal->invite_name, error))
		return false;
	if (principal->invite_name != NULL && *principal->invite_name == '\0')
		principal->invite_name = NULL;
	return true;
}

static bool claims_read(
    struct arena *arena, struct json_object *payload, struct claims *claims, struct error *error)
{
	return text_claim(payload, "iss", &claims->issuer, error) &&
	       date_claim(payload, "exp", SECOND, &claims->exp, error) &&
	       date_claim(payload, "nbf", SECOND, &claims->nbf, error) &&
	       date_claim(
		   payload, "passwordExpiryTime", MILLISECOND, &claims->password_expiry, error) &&
	       actor_read(arena, payload, &claims->principal, error) &&
	       permissions_read(arena, payload, &claims->principal, error) &&
	       restrictions_read(arena, payload, &claims->principal, error);
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
	parts.payload = known_claims(known, token, len);
	if (parts.payload == NULL && !parts_read(arena, token, &parts, error))
		return false;
	if (!claims_read(arena, parts.payload, &claims, error))
		return false;
	key = key_of(keys, &claims);
	if (parts.token != NULL) { /* not known */
		if (!algorithm_check(key, &parts, error) || !type_check(&parts, error) ||
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
	text = arena_strdup(arena, json_text(object));
	json_object_put(object);
	return text;
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
