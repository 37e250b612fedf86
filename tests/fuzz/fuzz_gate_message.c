/* Looks for messages of pages that the gate stumbles over, or writes anew with something in them
 * that only the gate may say. Input: the message. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "gate/verbs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct speaker speaker = {.room = "own-room",
    .participant = "own-id",
    .name = "Ann",
    .core_token = "core-token",
    .room_token = "room-token",
    .session = 4711,
    .role = ROLE_PUBLISHER,
    .message_max = 8192};

/* If it is there it is what the gate says. */
static void own_check(struct json_object *object, const char *name, const char *own)
{
	struct json_object *value;

	if (json_object_object_get_ex(object, name, &value) &&
	    strcmp(json_object_get_string(value), own) != 0)
		abort();
}

static void written_check(struct arena *arena, const char *text)
{
	static const char *const never[] = {"record", "filename", "admin_key", "secret", "pin",
	    "moderate", "apisecret", "opaque_id", "rtp_forward"};
	struct json_object *json, *body, *value;
	struct error error = {0};
	int64_t session;

	if (!json_parse(arena, text, strlen(text), &json, &error))
		abort();
	body = json_member(json, "body", json_type_object);
	own_check(json, "token", speaker.core_token);
	if (json_object_object_get_ex(json, "session_id", &value) &&
	    (!json_integer_member(json, "session_id", &session) || session != speaker.session))
		abort();
	if (body == NULL)
		return;
	own_check(body, "room", speaker.room);
	own_check(body, "token", speaker.room_token);
	if (json_object_object_get_ex(body, "id", &value) &&
	    strncmp(json_object_get_string(value), speaker.participant,
		strlen(speaker.participant)) != 0)
		abort();
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
		if (json_object_object_get_ex(body, never[i], NULL) ||
		    json_object_object_get_ex(json, never[i], NULL))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct message message;
	struct refusal refusal = {0};
	struct speaker tester = speaker;
	const char *text;

	tester.is_echo = true;
	if (message_read(arena, (const char *)data, size, &message, &refusal) &&
	    message.verb != VERB_CONFAB && message.verb != VERB_CLAIM &&
	    message_rewrite(arena, &speaker, &message, &text, &refusal))
		written_check(arena, text);
	else if (refusal.code != 0 && refusal.reason[0] == '\0')
		abort();
	if (message.verb != VERB_CONFAB && message.verb != VERB_CLAIM && message.json != NULL &&
	    message_rewrite(arena, &tester, &message, &text, &refusal))
		written_check(arena, text);
	arena_free(arena);
	return 0;
}
