/* A meeting as JSON. */
#include "api/meeting_json.h"

#include <string.h>

#include "base/json.h"
#include "meeting/fields.h"
#include "meeting/lifecycle.h"

static void field_add(
    struct json_object *object, const struct field *field, const struct meeting *meeting)
{
	const char *member = (const char *)meeting + field->offset;
	const char *text;
	int64_t number;
	bool flag;

	switch (field->type) {
	case FIELD_BOOLEAN:
		memcpy(&flag, member, sizeof flag);
		json_add_boolean(object, field->name, flag);
		break;
	case FIELD_TIME:
		memcpy(&number, member, sizeof number);
		json_add_time(object, field->name, number);
		break;
	case FIELD_NUMBER:
		memcpy(&number, member, sizeof number);
		json_add_integer(object, field->name, number);
		break;
	case FIELD_TEXT:
		memcpy(&text, member, sizeof text);
		json_add_text(object, field->name, text);
		break;
	case FIELD_OBJECT:
		memcpy(&text, member, sizeof text);
		json_add_stored(object, field->name, text);
		break;
	}
}

struct json_object *meeting_json(const struct meeting *meeting)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < meeting_field_count; i++)
		field_add(object, &meeting_fields[i], meeting);
	json_add_boolean(object, "endToEndEncryption", meeting->end_to_end_encryption);
	json_add_boolean(object, "isRecording", meeting_is_recording(meeting));
	json_add_text(object, "status", meeting_status_name(meeting_status(meeting)));
	json_add_text(object, "provider", meeting->provider);
	return object;
}
