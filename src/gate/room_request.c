/* A page's request to the video room. */
#include "gate/room_request.h"

#include <string.h>

#include "base/json.h"
#include "gate/verbs.h"

enum {
	DISPLAY_MAX = 1024,    /* bytes */
	DISPLAY_START = 512,   /* bytes that a display text has room for at first */
	ECHO_BITRATE = 600000, /* a second, of the video that comes back */
};

#define SCREEN_SUFFIX "-screen"

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

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

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
	struct json_writer display = json_writer_new(arena, DISPLAY_START);
	struct json_object *value, *given = NULL;
	struct error nonsense = {0};
	const char *text;

	if (json_object_object_get_ex(body, "display", &value)) {
		text = field_text(value, DISPLAY_MAX);
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
	if (!fields_copy(rewriter, jsep, PART_JSEP))
		return false;
	json_close_object(&rewriter->out);
	return true;
}

bool room_request_write(struct rewriter *rewriter, struct arena *arena, struct json_object *json)
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
	if (!fields_copy(rewriter, body, PART_BODY))
		return false;
	json_close_object(&rewriter->out);
	return !json_object_object_get_ex(json, "jsep", NULL) || jsep_write(rewriter, json);
}

bool echo_request_write(struct rewriter *rewriter, struct json_object *json)
{
	struct json_object *body = json_member(json, "body", json_type_object);

	if (body == NULL)
		return refuse_type(rewriter->refusal, "body");
	json_object_object_foreach(body, name, value)
	{
		(void)value;
		return refuse_field(rewriter->refusal, name);
	}
	rewriter->request = PUBLISH;
	json_write_object(&rewriter->out, "body");
	json_write_boolean(&rewriter->out, "audio", true);
	json_write_boolean(&rewriter->out, "video", true);
	json_write_integer(&rewriter->out, "bitrate", ECHO_BITRATE);
	json_close_object(&rewriter->out);
	return !json_object_object_get_ex(json, "jsep", NULL) || jsep_write(rewriter, json);
}
