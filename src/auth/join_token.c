/* Join tokens: what the service gives a person to join one meeting with. */
#include "auth/join_token.h"

#include <string.h>

#include "auth/jws.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "meeting/meeting.h"

enum {
	PAYLOAD_START = 512, /* bytes that a payload has room for at first */
};

const char *join_key_derive(struct arena *arena, const char *service_secret)
{
	unsigned char digest[SHA256_SIZE];

	derive(arena, service_secret, "join-token", "gate", NULL, digest);
	return base64url_encode(arena, digest, sizeof digest);
}

void join_key_load(const char *text, struct key *key)
{
	key_load_secret(text, JOIN_ISSUER, key);
}

const char *join_token_sign(
    const struct key *key, struct arena *arena, const struct join_token *token)
{
	struct json_writer writer = json_writer_new(arena, PAYLOAD_START);

	json_write_object(&writer, NULL);
	json_write_text(&writer, "iss", JOIN_ISSUER);
	json_write_text(&writer, "meeting", token->meeting);
	if (token->link != NULL)
		json_write_text(&writer, "link", token->link);
	json_write_text(&writer, "sub", token->attendee);
	json_write_text(&writer, "participant", token->participant);
	if (token->name != NULL)
		json_write_text(&writer, "name", token->name);
	if (token->tenant != NULL)
		json_write_text(&writer, "tenant", token->tenant);
	json_write_text(&writer, "role", role_name(token->role));
	json_write_text(&writer, "access", token->access);
	json_write_integer(&writer, "exp", token->expiry / SECOND);
	json_write_integer(&writer, "roomExp", token->room_expiry / SECOND);
	json_close_object(&writer);
	return jws_sign(key, arena, writer.buffer.text);
}

static bool refuse(struct error *error, const char *why)
{
	return error_set(error, ERROR_UNAUTHENTICATED, "The join token %s.", why);
}

/* A part of the token, from `text` to the next dot, as JSON; NULL: it is none. */
static struct json_object *part_read(struct arena *arena, const char *text)
{
	struct error nonsense = {0};
	struct json_object *part;
	size_t len;
	unsigned char *json = base64url_decode(arena, text, strcspn(text, "."), &len);

	if (json == NULL || !json_parse(arena, (const char *)json, len, &part, &nonsense))
		part = NULL;
	error_clear(&nonsense);
	return part;
}

/* libjose would write a line about another algorithm to standard error. */
static bool algorithm_good(const struct key *key, struct arena *arena, const char *text)
{
	const char *algorithm = json_text_member(part_read(arena, text), "alg");

	return algorithm != NULL && strcmp(algorithm, key->algorithm) == 0;
}

static bool time_read(struct json_object *claims, const char *name, int64_t *time)
{
	int64_t seconds;

	if (!json_integer_member(claims, name, &seconds) || seconds < 0 ||
	    seconds > TIME_MAX / SECOND)
		return false;
	*time = seconds * SECOND;
	return true;
}

static bool fits(const char *text, size_t max)
{
	return text != NULL && *text != '\0' && strlen(text) <= max;
}

static bool claims_take(struct json_object *claims, struct join_token *token)
{
	const char *issuer = json_text_member(claims, "iss");
	const char *role = json_text_member(claims, "role");

	*token = (struct join_token){.meeting = json_text_member(claims, "meeting"),
	    .link = json_text_member(claims, "link"),
	    .attendee = json_text_member(claims, "sub"),
	    .participant = json_text_member(claims, "participant"),
	    .name = json_text_member(claims, "name"),
	    .tenant = json_text_member(claims, "tenant"),
	    .access = json_text_member(claims, "access")};
	return issuer != NULL && strcmp(issuer, JOIN_ISSUER) == 0 &&
	       fits(token->meeting, SESSION_ID_MAX) && fits(token->attendee, ATTENDEE_MAX) &&
	       fits(token->participant, SESSION_ID_MAX) && token->access != NULL && role != NULL &&
	       role_parse(role, &token->role) && time_read(claims, "exp", &token->expiry) &&
	       time_read(claims, "roomExp", &token->room_expiry);
}

bool join_token_verify(const struct key *key, struct arena *arena, const char *text, int64_t now,
    struct join_token *token, struct error *error)
{
	const char *dot = strchr(text, '.');

	if (strlen(text) > JOIN_TOKEN_MAX || dot == NULL || (dot = strchr(dot + 1, '.')) == NULL ||
	    strchr(dot + 1, '.') != NULL)
		return refuse(error, "cannot be read");
	if (!algorithm_good(key, arena, text) || !jws_verify(key, text))
		return refuse(error, "has a wrong signature");
	if (!claims_take(part_read(arena, strchr(text, '.') + 1), token))
		return refuse(error, "is none for joining a meeting");
	if (token->expiry <= now)
		return refuse(error, "has expired");
	return true;
}
