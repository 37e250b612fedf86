/* The claims of a bearer token, read from its payload. */
#include "auth/claims.h"

#include <math.h>
#include <string.h>

#include "auth/join_token.h"
#include "base/clock.h"
#include "base/json.h"
#include "meeting/role.h"

/* Writes a message about one claim: "The token's claim exp must be a number." */
static bool claim_malformed(struct error *error, const char *name, const char *what)
{
	return error_set_code(
	    error, ERROR_UNAUTHENTICATED, "malformed", "The token's claim %s %s.", name, what);
}

/* Reads a NumericDate (RFC 7519: seconds, with or without a fraction) or milliseconds since 1970.
 * `unit` is the microseconds in one unit of the number. `*time` is in microseconds. */
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

/* Reads a claim that is text. NULL when it is absent. */
static bool text_claim(
    struct json_object *payload, const char *name, const char **text, struct error *error)
{
	*text = json_text_member(payload, name);
	return *text != NULL || json_object_object_get(payload, name) == NULL ||
	       claim_malformed(error, name, "must be text");
}

/* Reads a claim that is an id. NULL when it is absent. Many issuers write ids as numbers; then the
 * id is the text of the number. A number with a fraction or an exponent can be written in several
 * ways, and json-c reads an integer beyond 64 bits as the nearest one: both are refused. */
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

/* The actor is the first of the three claims that is present and not empty. The others are ignored.
 * */
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
	return error_set_code(error, ERROR_UNAUTHENTICATED, "malformed",
	    "The token does not say who it is for (userTenantId, id or sub).");
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

/* An empty restriction is refused. It must not count as no restriction. */
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

/* Reads a join token. An attendee's id may be too long for an actor: the device's id stands in for
 * it then. */
static bool joiner_read(
    struct json_object *payload, struct principal *principal, struct error *error)
{
	const char *role = json_text_member(payload, "role");

	principal->attendee = json_text_member(payload, "sub");
	principal->meeting_link = json_text_member(payload, "link");
	principal->tenant = json_text_member(payload, "tenant");
	principal->has_joined = true;
	if (principal->attendee == NULL || principal->meeting_link == NULL || role == NULL ||
	    !role_parse(role, &principal->invited_as))
		return error_set_code(error, ERROR_UNAUTHENTICATED, "malformed",
		    "The join token names no meeting, attendee or role.");
	principal->actor = strlen(principal->attendee) <= ACTOR_MAX
			       ? principal->attendee
			       : json_text_member(payload, "participant");
	return true;
}

bool claims_read_invite(
    struct json_object *payload, struct principal *principal, struct error *error)
{
	if (principal->meeting_link == NULL || principal->meeting_role == NULL ||
	    !role_parse(principal->meeting_role, &principal->invited_as))
		return error_set_code(error, ERROR_UNAUTHENTICATED, "malformed",
		    "The invite names no meeting or role.");
	principal->permission_count = 0;
	if (!text_claim(payload, "name", &principal->invite_name, error))
		return false;
	if (principal->invite_name != NULL && *principal->invite_name == '\0')
		principal->invite_name = NULL;
	principal->attendee = principal->invite_name == NULL ? NULL : principal->actor;
	return true;
}

bool claims_read(
    struct arena *arena, struct json_object *payload, struct claims *claims, struct error *error)
{
	struct principal *principal = &claims->principal;

	if (!text_claim(payload, "iss", &claims->issuer, error) ||
	    !date_claim(payload, "exp", SECOND, &claims->exp, error) ||
	    !date_claim(payload, "nbf", SECOND, &claims->nbf, error) ||
	    !date_claim(
		payload, "passwordExpiryTime", MILLISECOND, &claims->password_expiry, error))
		return false;
	if (claims->issuer != NULL && strcmp(claims->issuer, JOIN_ISSUER) == 0)
		return joiner_read(payload, principal, error);
	if (!actor_read(arena, payload, principal, error) ||
	    !permissions_read(arena, payload, principal, error) ||
	    !restrictions_read(arena, payload, principal, error))
		return false;
	principal->attendee = principal->meeting_link == NULL ? NULL : principal->actor;
	return true;
}

struct json_object *claims_select(struct json_object *payload)
{
	static const char *const names[] = {"iss", "exp", "nbf", "passwordExpiryTime",
	    "userTenantId", "id", "sub", "tenantId", "permissions", "meetingLinkId", "meetingRole",
	    "name", "link", "role", "participant", "tenant"};
	struct json_object *claims = json_object_new_object();

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct json_object *claim = json_object_object_get(payload, names[i]);

		if (claim != NULL)
			json_object_object_add(claims, names[i], json_object_get(claim));
	}
	return claims;
}
