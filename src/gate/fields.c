/* Which fields the parts of a message may have. */
#include "gate/fields.h"

#include <string.h>

#include "base/json.h"

enum {
	BITRATE_MAX = 100 * 1000 * 1000,
	CANDIDATE_MAX = 1024,            /* bytes */
	FALLBACK_MAX = 60 * 1000 * 1000, /* microseconds */
	FEED_MAX = 300,                  /* bytes; a participant's id with its suffix */
	LAYER_MAX = 2,                   /* of simulcast and of temporal layers: 0 to 2 */
	LINE_MAX = 1000,                 /* m-lines of a session description */
	MID_MAX = 32,                    /* bytes */
	STREAMS_MAX = 500,               /* items of a list of streams */
	USERNAME_MAX = 256,              /* bytes of an ICE user name fragment (RFC 8839) */
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

static const struct {
	const struct field *fields;
	size_t count;
} parts[] = {
    [PART_BODY] = {body_fields, COUNT(body_fields)},
    [PART_STREAM] = {stream_fields, COUNT(stream_fields)},
    [PART_CANDIDATE] = {candidate_fields, COUNT(candidate_fields)},
    [PART_JSEP] = {jsep_fields, COUNT(jsep_fields)},
};

const char *field_text(struct json_object *value, int64_t max)
{
	if (!json_object_is_type(value, json_type_string) || json_has_nul(value) ||
	    json_object_get_string_len(value) > max || json_object_get_string_len(value) == 0)
		return NULL;
	return json_object_get_string(value);
}

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
		if (!fields_copy(rewriter, stream, PART_STREAM))
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
		text = field_text(value, field->max);
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

bool fields_copy(struct rewriter *rewriter, struct json_object *object, enum part part)
{
	const struct field *fields = parts[part].fields;
	size_t count = parts[part].count;

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
