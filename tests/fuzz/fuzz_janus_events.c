/* Looks for Janus events that crash janus_events_parse(). Input: a line with the data of a token,
 * which the harness signs; then the body, in which the token replaces each @. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "meeting/meeting.h"
#include "provider/janus_events.h"

#define SECRET "0123456789abcdef0123456789abcdef"

enum { BODY_LENGTH_MAX = 65536 }; /* with the tokens in it */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *token_sign(struct arena *arena, const uint8_t *data, size_t len)
{
	unsigned char digest[SHA1_SIZE];

	hmac_sha1(SECRET, strlen(SECRET), data, len, digest);
	return arena_printf(arena, "%.*s:%s", (int)len, (const char *)data,
	    base64_encode(arena, digest, sizeof digest));
}

/* Makes the body and gives its length. It is cut at BODY_LENGTH_MAX. */
static size_t body_make(char *body, const uint8_t *data, size_t size, const char *token)
{
	size_t token_len = strlen(token), len = 0;

	for (size_t i = 0; i < size && len + token_len < BODY_LENGTH_MAX; i++) {
		if (data[i] == '@') {
			memcpy(body + len, token, token_len);
			len += token_len;
		} else {
			body[len++] = (char)data[i];
		}
	}
	return len;
}

static void event_check(const struct events *events, const struct event *event)
{
	if (event->kind == EVENT_MALFORMED) {
		if (events->malformed == NULL || event->name == NULL || event->session_id != NULL)
			abort();
		return;
	}
	if (event->name == NULL || event->at <= 0 || event->at > TIME_MAX)
		abort();
	if (event->session_id != NULL && strlen(event->session_id) > SESSION_ID_MAX)
		abort();
	if ((event->kind == EVENT_OPENED || event->kind == EVENT_SEEN) &&
	    (event->session_id == NULL || event->connection.attendee == NULL ||
		event->connection.connection_id == NULL || event->connection.participant == NULL))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct janus_secrets secrets = {SECRET};
	static char body[BODY_LENGTH_MAX + 1];
	const uint8_t *line_end = size == 0 ? NULL : memchr(data, '\n', size);
	size_t line = line_end == NULL ? 0 : (size_t)(line_end - data) + 1;
	struct arena *arena = arena_new();
	struct events events = {0};
	struct error error = {0};
	size_t len;

	len = body_make(
	    body, data + line, size - line, token_sign(arena, data, line > 0 ? line - 1 : 0));
	if (janus_events_parse(arena, &secrets, body, len, &events, &error)) {
		for (size_t i = 0; i < events.count; i++)
			event_check(&events, &events.items[i]);
	} else if (error.kind != ERROR_MALFORMED) {
		abort();
	}
	error_clear(&error);
	arena_free(arena);
	return 0;
}
