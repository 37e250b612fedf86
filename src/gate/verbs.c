/* What a page may say to Janus: a table of verbs, requests and fields. */
#include "gate/verbs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"

enum {
	BITRATE_MAX = 100 * 1000 * 1000,
	CANDIDATE_MAX = 1024,            /* bytes */
	DISPLAY_MAX = 1024,              /* bytes */
	FALLBACK_MAX = 60 * 1000 * 1000, /* microseconds */
	FEED_MAX = 300,                  /* bytes; a participant's id with its suffix */
	LAYER_MAX = 2,                   /* of simulcast and of temporal layers: 0 to 2 */
	LINE_MAX = 1000,                 /* m-lines of a session description */
	MID_MAX = 32,                    /* bytes */
	STREAMS_MAX = 500,               /* items of a list of streams */
	TEXT_START = 512,                /* bytes that an answer has room for at first */
	USERNAME_MAX = 256,              /* bytes of an ICE user name fragment (RFC 8839) */
};

#define PLUGIN        "janus.plugin.videoroom"
#define SCREEN_SUFFIX "-screen"

bool refuse(struct refusal *refusal, enum refusal_code code, const char *format, ...)
{
	va_list args;

	refusal->code = code;
	va_start(args, format);
	vsnprintf(refusal->reason, sizeof refusal->reason, format, args);
	va_end(args);
	return false;
}

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
    {"ticket", HELLO},
    {"plugin", BIT(VERB_ATTACH)},
    {"handle_id", OF_HANDLE},
    {"candidate", BIT(VERB_TRICKLE)},
    {"body", BIT(VERB_MESSAGE)},
    {"jsep", BIT(VERB_MESSAGE)},
};

/* The requests of a message's body. Both ways of joining are one each. */
enum {
	JOIN_PUBLISHER = 1 << 0,
	JOIN_SUBSCRIBER = 1 << 1,
	PUBLISH = 1 << 2,
	UNPUBLISH = 1 << 3,
	CONFIGURE = 1 << 4,
	SUBSCRIBE = 1 << 5,
	UNSUBSCRIBE = 1 << 6,
	UPDATE = 1 << 7,
	START = 1 << 8,
	PAUSE = 1 << 9,
	SWITCH = 1 << 10,
	LEAVE = 1 << 11,
	LISTPARTICIPANTS = 1 << 12,
	JOIN = JOIN_PUBLISHER | JOIN_SUBSCRIBER,
	ANY_REQUEST = (1 << 13) - 1,
	WITH_JSEP = PUBLISH | CONFIGURE | START,
	FOR_SENDERS = JOIN_PUBLISHER | PUBLISH,
};

static const struct {
	const char *name;
	unsigned request;
} requests[] = {
    {"join", JOIN_SUBSCRIBER}, /* JOIN_PUBLISHER by its ptype */
    {"publish", PUBLISH},
    {"unpublish", UNPUBLISH},
    {"configure", CONFIGURE},
    {"subscribe", SUBSCRIBE},
    {"unsubscribe", UNSUBSCRIBE},
    {"update", UPDATE},
    {"start", START},
    {"pause", PAUSE},
    {"switch", SWITCH},
    {"leave", LEAVE},
    {"listparticipants", LISTPARTICIPANTS},
};

enum kind {
	KIND_TEXT,
	KIND_INTEGER,
	KIND_BOOLEAN,
	KIND_STREAMS,
	KIND_OWN, /* the gate writes it, whatever the page says */
};

/* A field: copied when it has this type and, for numbers and text, is from 0 to `max` (bytes). */
struct field {
	const char *name;
	enum kind kind;
	uint32_t max;
	unsigned requests; /* of a body: those that may have it */
};

static const struct field body_fields[] = {
    {"request", KIND_OWN, 0, ANY_REQUEST},
    {"ptype", KIND_OWN, 0, JOIN},
    {"room", KIND_OWN, 0, JOIN | LISTPARTICIPANTS},
    {"token", KIND_OWN, 0, JOIN},
    {"id", KIND_OWN, 0, JOIN_PUBLISHER},
    {"screen", KIND_OWN, 0, JOIN_PUBLISHER},
    {"display", KIND_OWN, 0, JOIN_PUBLISHER | CONFIGURE},
    {"private_id", KIND_INTEGER, UINT32_MAX, JOIN_SUBSCRIBER},
    {"bitrate", KIND_INTEGER, BITRATE_MAX, PUBLISH | CONFIGURE},
    {"keyframe", KIND_BOOLEAN, 0, CONFIGURE},
    {"restart", KIND_BOOLEAN, 0, CONFIGURE},
    {"update", KIND_BOOLEAN, 0, CONFIGURE},
    {"mid", KIND_TEXT, MID_MAX, CONFIGURE},
    {"send", KIND_BOOLEAN, 0, CONFIGURE},
    {"substream", KIND_INTEGER, LAYER_MAX, CONFIGURE},
    {"temporal", KIND_INTEGER, LAYER_MAX, CONFIGURE},
    {"fallback", KIND_INTEGER, FALLBACK_MAX, CONFIGURE | JOIN_SUBSCRIBER},
    {"streams", KIND_STREAMS, STREAMS_MAX,
	JOIN_SUBSCRIBER | CONFIGURE | SUBSCRIBE | UNSUBSCRIBE | SWITCH},
    {"subscribe", KIND_STREAMS, STREAMS_MAX, UPDATE},
    {"unsubscribe", KIND_STREAMS, STREAMS_MAX, UPDATE},
};

static const struct field stream_fields[] = {
    {"feed", KIND_TEXT, FEED_MAX, ANY_REQUEST},
    {"mid", KIND_TEXT, MID_MAX, ANY_REQUEST},
    {"sub_mid", KIND_TEXT, MID_MAX, ANY_REQUEST},
    {"send", KIND_BOOLEAN, 0, ANY_REQUEST},
    {"substream", KIND_INTEGER, LAYER_MAX, ANY_REQUEST},
    {"temporal", KIND_INTEGER, LAYER_MAX, ANY_REQUEST},
};

static const struct field candidate_fields[] = {
    {"candidate", KIND_TEXT, CANDIDATE_MAX, ANY_REQUEST},
    {"sdpMid", KIND_TEXT, MID_MAX, ANY_REQUEST},
    {"sdpMLineIndex", KIND_INTEGER, LINE_MAX, ANY_REQUEST},
    {"usernameFragment", KIND_TEXT, USERNAME_MAX, ANY_REQUEST},
    {"completed", KIND_BOOLEAN, 0, ANY_REQUEST},
};

/* Its text is as long as a message may be. */
static const struct field jsep_fields[] = {
    {"type", KIND_TEXT, 16, ANY_REQUEST},
    {"sdp", KIND_TEXT, INT32_MAX, ANY_REQUEST},
    {"e2ee", KIND_BOOLEAN, 0, ANY_REQUEST},
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* What rewriting needs to know all the way down. */
struct rewriter {
	const struct speaker *speaker;
	struct json_writer out;
	struct refusal *refusal;
	unsigned request;
};

/* A name that a page gave, for a reason's text. */
static bool refuse_field(struct refusal *refusal, const char *name)
{
	return refuse(refusal, REFUSED_FIELD, "The field '%.64s' is not allowed here.", name);
}

static bool refuse_type(struct refusal *refusal, const char *name)
{
	return refuse(
	    refusal, REFUSED_TYPE, "The field '%.64s' has a wrong type, or is too large.", name);
}

static bool refuse_missing(struct refusal *refusal, const char *name)
{
	return refuse(refusal, REFUSED_MISSING, "The field '%.64s' is missing.", name);
}

/* Text of 1 to `max` bytes, or NULL. */
static const char *text_read(struct json_object *value, int64_t max)
{
	if (!json_object_is_type(value, json_type_string) || json_has_nul(value) ||
	    json_object_get_string_len(value) > max || json_object_get_string_len(value) == 0)
		return NULL;
	return json_object_get_string(value);
}

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
	*text = text_read(value, max);
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
	       top_number(json, "seen", &message->seen, refusal) &&
	       top_number(json, "handle_id", &message->handle, refusal);
}

static bool fields_copy(struct rewriter *rewriter, struct json_object *object,
    const struct field *fields, size_t count);

static bool streams_copy(
    struct rewriter *rewriter, const struct field *field, struct json_object *list)
{
	size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list)
								  : STREAMS_MAX + 1;

	if (count > STREAMS_MAX)
		return refuse_type(rewriter->refusal, field->name);
	json_write_array(&rewriter->out, field->name);
	for (size_t i = 0; i < count; i++) {
		struct json_object *stream = json_object_array_get_idx(list, i);

		if (!json_object_is_type(stream, json_type_object))
			return refuse_type(rewriter->refusal, field->name);
		json_write_object(&rewriter->out, NULL);
		if (!fields_copy(rewriter, stream, stream_fields, COUNT(stream_fields)))
			return false;
		json_close_object(&rewriter->out);
	}
	json_close_array(&rewriter->out);
	return true;
}

static bool field_copy(
    struct rewriter *rewriter, const struct field *field, struct json_object *value)
{
	const char *text;
	int64_t number;

	switch (field->kind) {
	case KIND_OWN:
		return true;
	case KIND_STREAMS:
		return streams_copy(rewriter, field, value);
	case KIND_TEXT:
		text = text_read(value, field->max);
		if (text == NULL)
			break;
		json_write_text(&rewriter->out, field->name, text);
		return true;
	case KIND_INTEGER:
		number = json_object_get_int64(value);
		if (!json_object_is_type(value, json_type_int) || number < 0 || number > field->max)
			break;
		json_write_integer(&rewriter->out, field->name, number);
		return true;
	case KIND_BOOLEAN:
		if (!json_object_is_type(value, json_type_boolean))
			break;
		json_write_boolean(&rewriter->out, field->name, json_object_get_boolean(value));
		return true;
	}
	return refuse_type(rewriter->refusal, field->name);
}

/* Copies what the table allows for this request. Null is the same as absent: browsers write it
 * into candidates. */
static bool fields_copy(
    struct rewriter *rewriter, struct json_object *object, const struct field *fields, size_t count)
{
	json_object_object_foreach(object, name, value)
	{
		size_t i = 0;

		while (i < count && (strcmp(fields[i].name, name) != 0 ||
					!(fields[i].requests & rewriter->request)))
			i++;
		if (i == count)
			return refuse_field(rewriter->refusal, name);
		if (value != NULL && !field_copy(rewriter, &fields[i], value))
			return false;
	}
	return true;
}

/* One's own id, or that of one's screen, whatever else the page says. */
static bool id_write(struct rewriter *rewriter, struct arena *arena, struct json_object *body)
{
	const char *own = rewriter->speaker->participant;
	const char *screen = arena_printf(arena, "%s" SCREEN_SUFFIX, own);
	const char *given = json_text_member(body, "id");
	struct json_object *flag = json_member(body, "screen", json_type_boolean);
	bool is_screen =
	    json_object_get_boolean(flag) || (given != NULL && strcmp(given, screen) == 0);

	json_write_text(&rewriter->out, "id", is_screen ? screen : own);
	return true;
}

/* The name is the identity's. Of what the page says two booleans are kept: microphone, camera. */
static bool display_write(struct rewriter *rewriter, struct arena *arena, struct json_object *body)
{
	struct json_writer display = json_writer_new(arena, TEXT_START);
	struct json_object *value, *given = NULL;
	struct error nonsense = {0};
	const char *text;

	if (json_object_object_get_ex(body, "display", &value)) {
		text = text_read(value, DISPLAY_MAX);
		if (text == NULL)
			return refuse_type(rewriter->refusal, "display");
		if (!json_parse(arena, text, strlen(text), &given, &nonsense))
			given = NULL;
		error_clear(&nonsense);
	} else if (rewriter->request != JOIN_PUBLISHER) {
		return true;
	}
	json_write_object(&display, NULL);
	json_write_text(
	    &display, "name", rewriter->speaker->name == NULL ? "" : rewriter->speaker->name);
	json_write_boolean(&display, "audio",
	    json_object_get_boolean(json_member(given, "audio", json_type_boolean)));
	json_write_boolean(&display, "video",
	    json_object_get_boolean(json_member(given, "video", json_type_boolean)));
	json_close_object(&display);
	json_write_text(&rewriter->out, "display", display.buffer.text);
	return true;
}

static bool request_read(struct rewriter *rewriter, struct json_object *body, const char **name)
{
	const char *ptype = json_text_member(body, "ptype");
	size_t i = 0;

	*name = json_text_member(body, "request");
	if (*name == NULL)
		return refuse_missing(rewriter->refusal, "request");
	while (i < COUNT(requests) && strcmp(requests[i].name, *name) != 0)
		i++;
	if (i == COUNT(requests))
		return refuse(
		    rewriter->refusal, REFUSED_VERB, "There is no request '%.64s' here.", *name);
	rewriter->request = requests[i].request;
	if (rewriter->request == JOIN_SUBSCRIBER) {
		if (ptype == NULL)
			return refuse_missing(rewriter->refusal, "ptype");
		if (strcmp(ptype, "publisher") == 0)
			rewriter->request = JOIN_PUBLISHER;
		else if (strcmp(ptype, "subscriber") != 0)
			return refuse_type(rewriter->refusal, "ptype");
	}
	if ((rewriter->request & FOR_SENDERS) != 0 && rewriter->speaker->role < ROLE_PUBLISHER)
		return refuse(rewriter->refusal, REFUSED_IDENTITY, "You may only watch.");
	return true;
}

/* Janus makes a data channel of each such line: nothing here needs one. */
static bool has_data_channel(const char *sdp)
{
	static const char line[] = "m=application";

	for (const char *at = sdp; (at = strstr(at, line)) != NULL; at++) {
		if (at == sdp || at[-1] == '\n' || at[-1] == '\r')
			return true;
	}
	return false;
}

static bool jsep_write(struct rewriter *rewriter, struct json_object *json)
{
	struct json_object *jsep = json_member(json, "jsep", json_type_object);
	const char *type = json_text_member(jsep, "type");
	const char *sdp = json_text_member(jsep, "sdp");

	if (!(rewriter->request & WITH_JSEP))
		return refuse_field(rewriter->refusal, "jsep");
	if (jsep == NULL)
		return refuse_type(rewriter->refusal, "jsep");
	if (type == NULL || (strcmp(type, "offer") != 0 && strcmp(type, "answer") != 0))
		return refuse_type(rewriter->refusal, "type");
	if (sdp == NULL)
		return refuse_missing(rewriter->refusal, "sdp");
	if (has_data_channel(sdp))
		return refuse(
		    rewriter->refusal, REFUSED_FIELD, "Data channels are not allowed here.");
	json_write_object(&rewriter->out, "jsep");
	if (!fields_copy(rewriter, jsep, jsep_fields, COUNT(jsep_fields)))
		return false;
	json_close_object(&rewriter->out);
	return true;
}

static bool body_write(struct rewriter *rewriter, struct arena *arena, struct json_object *json)
{
	const struct speaker *speaker = rewriter->speaker;
	struct json_object *body = json_member(json, "body", json_type_object);
	const char *name;

	if (body == NULL)
		return refuse_type(rewriter->refusal, "body");
	if (!request_read(rewriter, body, &name))
		return false;
	json_write_object(&rewriter->out, "body");
	json_write_text(&rewriter->out, "request", name);
	if (rewriter->request & JOIN) {
		json_write_text(&rewriter->out, "ptype",
		    rewriter->request == JOIN_PUBLISHER ? "publisher" : "subscriber");
		json_write_text(&rewriter->out, "token", speaker->room_token);
	}
	if (rewriter->request & (JOIN | LISTPARTICIPANTS))
		json_write_text(&rewriter->out, "room", speaker->room);
	if (rewriter->request == JOIN_PUBLISHER && !id_write(rewriter, arena, body))
		return false;
	if ((rewriter->request & (JOIN_PUBLISHER | CONFIGURE)) &&
	    !display_write(rewriter, arena, body))
		return false;
	if (!fields_copy(rewriter, body, body_fields, COUNT(body_fields)))
		return false;
	json_close_object(&rewriter->out);
	return !json_object_object_get_ex(json, "jsep", NULL) || jsep_write(rewriter, json);
}

static bool candidate_write(struct rewriter *rewriter, struct json_object *json)
{
	struct json_object *candidate = json_member(json, "candidate", json_type_object);

	if (candidate == NULL)
		return refuse_type(rewriter->refusal, "candidate");
	json_write_object(&rewriter->out, "candidate");
	if (!fields_copy(rewriter, candidate, candidate_fields, COUNT(candidate_fields)))
		return false;
	json_close_object(&rewriter->out);
	return true;
}

static bool attach_write(struct rewriter *rewriter, struct json_object *json)
{
	const char *plugin = json_text_member(json, "plugin");

	if (plugin == NULL)
		return refuse_missing(rewriter->refusal, "plugin");
	if (strcmp(plugin, PLUGIN) != 0)
		return refuse(
		    rewriter->refusal, REFUSED_VERB, "There is no plugin '%.64s' here.", plugin);
	json_write_text(&rewriter->out, "plugin", PLUGIN);
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
		return body_write(rewriter, arena, message->json);
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
