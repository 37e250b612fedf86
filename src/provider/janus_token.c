/* Janus' signed tokens: mints them without Janus, and reads them from its events. */
#include "provider/janus_token.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/text.h"
#include "meeting/meeting.h"

static const char core_realm[] = "janus,janus.plugin.videoroom";
static const char echo_realm[] = "janus,janus.plugin.echotest";
static const char room_realm[] = "janus.plugin.videoroom";

static const char *token_sign(struct arena *arena, const char *secret, const char *data)
{
	unsigned char digest[SHA1_SIZE];

	hmac_sha1(secret, strlen(secret), data, strlen(data), digest);
	return arena_printf(arena, "%s:%s", data, base64_encode(arena, digest, sizeof digest));
}

static const char *token_data(
    struct arena *arena, const char *realm, const struct janus_identity *identity, enum role role)
{
	const char *uid = base64url_encode(arena, identity->attendee, strlen(identity->attendee));

	return arena_printf(arena, "%" PRId64 ",%s,room=%s,uid=%s,role=%s",
	    identity->expiry / SECOND, realm, identity->room, uid, role_name(role));
}

const char *janus_core_token(
    struct arena *arena, const char *secret, const struct janus_identity *identity)
{
	const char *data = token_data(arena, core_realm, identity, identity->role);
	const char *tenant = identity->tenant;

	if (tenant != NULL)
		data = arena_printf(
		    arena, "%s,tenant=%s", data, base64url_encode(arena, tenant, strlen(tenant)));
	return token_sign(arena, secret, data);
}

const char *janus_echo_token(struct arena *arena, const char *secret, int64_t expiry)
{
	return token_sign(
	    arena, secret, arena_printf(arena, "%" PRId64 ",%s", expiry / SECOND, echo_realm));
}

const char *janus_room_token(
    struct arena *arena, const char *secret, const struct janus_identity *identity)
{
	enum role role = identity->role > ROLE_PUBLISHER ? ROLE_PUBLISHER : identity->role;

	return token_sign(arena, secret, token_data(arena, room_realm, identity, role));
}

static bool signature_good(
    struct arena *arena, const char *secret, const char *token, size_t len, size_t data_len)
{
	unsigned char digest[SHA1_SIZE];
	size_t given_len;
	unsigned char *given =
	    base64_decode(arena, token + data_len + 1, len - data_len - 1, &given_len);

	hmac_sha1(secret, strlen(secret), token, data_len, digest);
	return given != NULL &&
	       secret_equal((const char *)given, given_len, (const char *)digest, sizeof digest);
}

/* Finds the value of a descriptor "name=…". */
static const char *descriptor(struct arena *arena, const char *data, const char *name)
{
	size_t name_len = strlen(name);

	while (data != NULL) {
		size_t len = strcspn(data, ",");

		if (len > name_len && strncmp(data, name, name_len) == 0 && data[name_len] == '=')
			return arena_strndup(arena, data + name_len + 1, len - name_len - 1);
		data = data[len] == ',' ? data + len + 1 : NULL;
	}
	return NULL;
}

bool janus_token_read(struct arena *arena, const char *secret, const char *token, size_t len,
    struct janus_identity *identity)
{
	const char *colon = memchr(token, ':', len);
	const char *data, *uid, *role;
	unsigned char *attendee;
	size_t attendee_len;
	long long seconds;

	if (colon == NULL || !signature_good(arena, secret, token, len, (size_t)(colon - token)))
		return false;
	data = arena_strndup(arena, token, (size_t)(colon - token));
	seconds = strtoll(data, NULL, 10);
	/* The service's own tokens are below this limit. Above it, microseconds would overflow. */
	if (seconds < 0 || seconds > TIME_MAX / SECOND)
		return false;
	identity->expiry = seconds * SECOND;
	identity->room = descriptor(arena, data, "room");
	uid = descriptor(arena, data, "uid");
	role = descriptor(arena, data, "role");
	if (identity->room == NULL || uid == NULL || role == NULL ||
	    !role_parse(role, &identity->role))
		return false;
	attendee = base64url_decode(arena, uid, strlen(uid), &attendee_len);
	if (attendee == NULL || attendee_len == 0 || attendee_len > ATTENDEE_MAX ||
	    memchr(attendee, '\0', attendee_len) != NULL ||
	    !utf8_valid((const char *)attendee, attendee_len))
		return false;
	identity->attendee = (const char *)attendee;
	identity->tenant = NULL;
	return true;
}

void janus_participant_prefix(struct arena *arena, const char *secret, const char *room,
    const char *attendee, char prefix[static JANUS_PARTICIPANT_PREFIX + 1])
{
	unsigned char digest[SHA256_SIZE];

	derive(arena, secret, "participant", room, attendee, digest);
	/* 12 bytes are 16 characters. */
	snprintf(prefix, JANUS_PARTICIPANT_PREFIX + 1, "%s-", base64url_encode(arena, digest, 12));
}
