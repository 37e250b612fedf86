/* What a page may say to Janus: a table of verbs. */
#include "gate/verbs.h"

#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "gate/fields.h"
#include "gate/room_request.h"

enum {
	TEXT_START = 512, /* bytes that a message has room for beside what the page has said */
};

#define PLUGIN       "janus.plugin.videoroom"
#define ECHO_PLUGIN  "janus.plugin.echotest"
#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* The verbs, and for each of them the bits of fields that it may have. */
#define BIT(verb) (1U << (verb))

static const struct {
	const char *name;
	enum verb verb;
} verbs[] = {
    {"confab", VERB_CONFAB},
    {"create", VERB_CREATE},
    {"claim", VERB_CLAIM},
    {"attach", VERB_ATTACH},
    {"detach", VERB_DETACH},
    {"keepalive", VERB_KEEPALIVE},
    {"trickle", VERB_TRICKLE},
    {"hangup", VERB_HANGUP},
    {"destroy", VERB_DESTROY},
    {"message", VERB_MESSAGE},
};

enum {
	ALL = BIT(VERB_MESSAGE + 1) - 1,
	HELLO = BIT(VERB_CONFAB) | BIT(VERB_CLAIM),
	OF_HANDLE = BIT(VERB_DETACH) | BIT(VERB_TRICKLE) | BIT(VERB_HANGUP) | BIT(VERB_MESSAGE),
};

static const struct {
	const char *name;
	unsigned verbs;
} tops[] = {
    {"janus", ALL},
    {"transaction", ALL},
    {"token", ALL},
    {"session_id", ALL}, /* whatever it says: the gate knows whose session it is */
    {"seen", HELLO},
    {"echo", BIT(VERB_CONFAB)},
    {"ticket", HELLO},
    {"plugin", BIT(VERB_ATTACH)},
    {"handle_id", OF_HANDLE},
    {"candidate", BIT(VERB_TRICKLE)},
    {"body", BIT(VERB_MESSAGE)},
    {"jsep", BIT(VERB_MESSAGE)},
};

static bool tops_check(struct json_object *json, enum verb verb, struct refusal *refusal)
{
	json_object_object_foreach(json, name, value)
	{
		size_t i = 0;

		(void)value;
		while (i < COUNT(tops) &&
		       (strcmp(tops[i].name, name) != 0 || !(tops[i].verbs & BIT(verb))))
			i++;
		if (i == COUNT(tops))
			return refuse_field(refusal, name);
	}
	return true;
}

static bool verb_read(struct json_object *json, enum verb *verb, struct refusal *refusal)
{
	const char *name = json_text_member(json, "janus");

	if (name == NULL)
		return refuse_missing(refusal, "janus");
	for (size_t i = 0; i < COUNT(verbs); i++) {
		if (strcmp(verbs[i].name, name) == 0) {
			*verb = verbs[i].verb;
			return true;
		}
	}
	return refuse(refusal, REFUSED_VERB, "There is no '%.64s' here.", name);
}

/* A top field of text that may be absent. */
static bool top_text(struct json_object *json, const char *name, int64_t max, const char **text,
    struct refusal *refusal)
{
	struct json_object *value;

	*text = NULL;
	if (!json_object_object_get_ex(json, name, &value))
		return true;
	*text = field_text(value, max);
	return *text != NULL || refuse_type(refusal, name);
}

/* A top field that is a whole number of at least 0 and may be absent. */
static bool top_number(
    struct json_object *json, const char *name, int64_t *number, struct refusal *refusal)
{
	struct json_object *value;

	if (!json_object_object_get_ex(json, name, &value))
		return true;
	return (json_integer_member(json, name, number) && *number >= 0) ||
	       refuse_type(refusal, name);
}

/* A top field that is true or false and may be absent. */
static bool top_boolean(
    struct json_object *json, const char *name, bool *value, struct refusal *refusal)
{
	struct json_object *given;

	if (!json_object_object_get_ex(json, name, &given))
		return true;
	*value = json_object_get_boolean(given);
	return json_object_is_type(given, json_type_boolean) || refuse_type(refusal, name);
}

bool message_read(struct arena *arena, const char *text, size_t len, struct message *message,
    struct refusal *refusal)
{
	const int64_t token_max = INT32_MAX; /* its reader has a limit */
	struct json_object *json;
	struct error error = {0};
	const char *transaction;
	bool good;

	*message = (struct message){.transaction = "", .len = len, .seen = -1};
	good = json_parse(arena, text, len, &json, &error);
	error_clear(&error);
	if (!good || !json_object_is_type(json, json_type_object))
		return refuse(refusal, REFUSED_JSON, "This is no JSON object.");
	if (!top_text(json, "transaction", TRANSACTION_MAX, &transaction, refusal))
		return false;
	if (transaction == NULL)
		return refuse_missing(refusal, "transaction");
	message->transaction = transaction;
	message->json = json;
	message->has_jsep = json_object_object_get_ex(json, "jsep", NULL);
	return verb_read(json, &message->verb, refusal) &&
	       tops_check(json, message->verb, refusal) &&
	       top_text(json, "token", token_max, &message->token, refusal) &&
	       top_text(json, "ticket", TICKET_MAX, &message->ticket, refusal) &&
	       top_boolean(json, "echo", &message->echo, refusal) &&
	       top_number(json, "seen", &message->seen, refusal) &&
	       top_number(json, "handle_id", &message->handle, refusal);
}

static bool candidate_write(struct rewriter *rewriter, struct json_object *json)
{
	struct json_object *candidate = json_member(json, "candidate", json_type_object);

	if (candidate == NULL)
		return refuse_type(rewriter->refusal, "candidate");
	json_write_object(&rewriter->out, "candidate");
	if (!fields_copy(rewriter, candidate, PART_CANDIDATE))
		return false;
	json_close_object(&rewriter->out);
	return true;
}

static bool attach_write(struct rewriter *rewriter, struct json_object *json)
{
	const char *plugin = json_text_member(json, "plugin");
	const char *allowed = rewriter->speaker->is_echo ? ECHO_PLUGIN : PLUGIN;

	if (plugin == NULL)
		return refuse_missing(rewriter->refusal, "plugin");
	if (strcmp(plugin, allowed) != 0)
		return refuse(
		    rewriter->refusal, REFUSED_VERB, "There is no plugin '%.64s' here.", plugin);
	json_write_text(&rewriter->out, "plugin", allowed);
	return true;
}

static const char *verb_name(enum verb verb)
{
	size_t i = 0;

	while (verbs[i].verb != verb)
		i++;
	return verbs[i].name;
}

/* What only this verb has. */
static bool verb_write(
    struct rewriter *rewriter, struct arena *arena, const struct message *message)
{
	switch (message->verb) {
	case VERB_ATTACH:
		return attach_write(rewriter, message->json);
	case VERB_TRICKLE:
		return candidate_write(rewriter, message->json);
	case VERB_MESSAGE:
		return rewriter->speaker->is_echo
			   ? echo_request_write(rewriter, message->json)
			   : room_request_write(rewriter, arena, message->json);
	case VERB_CONFAB:
	case VERB_CLAIM:
	case VERB_CREATE:
	case VERB_DETACH:
	case VERB_KEEPALIVE:
	case VERB_HANGUP:
	case VERB_DESTROY:
		break;
	}
	return true;
}

bool message_rewrite(struct arena *arena, const struct speaker *speaker,
    const struct message *message, const char **text, struct refusal *refusal)
{
	struct rewriter rewriter = {.speaker = speaker,
	    .out = json_writer_new(arena, message->len + TEXT_START),
	    .refusal = refusal,
	    .request = ANY_REQUEST};
	bool of_handle = (BIT(message->verb) & OF_HANDLE) != 0;

	if (!message->has_jsep && message->len > speaker->message_max)
		return refuse(refusal, REFUSED_SIZE, "The message is larger than %zu bytes.",
		    speaker->message_max);
	if (message->verb != VERB_CREATE && speaker->session == 0)
		return refuse(refusal, REFUSED_SESSION, "There is no session yet.");
	if (of_handle && message->handle == 0)
		return refuse_missing(refusal, "handle_id");
	json_write_object(&rewriter.out, NULL);
	json_write_text(&rewriter.out, "janus", verb_name(message->verb));
	json_write_text(&rewriter.out, "transaction", message->transaction);
	json_write_text(&rewriter.out, "token", speaker->core_token);
	if (message->verb != VERB_CREATE)
		json_write_integer(&rewriter.out, "session_id", speaker->session);
	if (of_handle)
		json_write_integer(&rewriter.out, "handle_id", message->handle);
	if (!verb_write(&rewriter, arena, message))
		return false;
	json_close_object(&rewriter.out);
	*text = rewriter.out.buffer.text;
	return true;
}
