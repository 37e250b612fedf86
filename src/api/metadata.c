/* What several operations on meetings share: extMetadata, new ids, and the form for audit logs. */
#include "api/metadata.h"

#include <string.h>

#include "base/crypto.h"
#include "base/json.h"

enum {
	ARCHIVE_ID_LEN = 22, /* 132 bits: it is also the name of a folder */
	INVITE_ID_LEN = 16,
};

bool metadata_read(struct body *body, struct arena *arena, const char **text)
{
	struct json_object *object;
	const char *compact;

	if (!body_object(body, "extMetadata", &object))
		return false;
	compact = json_text(object);
	if (strlen(compact) > EXT_METADATA_MAX) {
		body_fault(body, "extMetadata", "maxLength",
		    "extMetadata must have at most %d bytes.", EXT_METADATA_MAX);
		return false;
	}
	if (json_depth(object) > EXT_METADATA_DEPTH) {
		body_fault(body, "extMetadata", "maxDepth",
		    "extMetadata must be nested at most %d deep.", EXT_METADATA_DEPTH);
		return false;
	}
	*text = arena_strdup(arena, compact);
	return true;
}

static const char *id_new(struct arena *arena, size_t len)
{
	char *id = arena_alloc(arena, len + 1);

	random_id(id, len);
	return id;
}

const char *meeting_link_new(struct arena *arena)
{
	return id_new(arena, MEETING_LINK_LEN);
}

const char *archive_id_new(struct arena *arena)
{
	return id_new(arena, ARCHIVE_ID_LEN);
}

const char *invite_id_new(struct arena *arena)
{
	return arena_printf(arena, "invite-%s", id_new(arena, INVITE_ID_LEN));
}

const char *meeting_audit_text(struct arena *arena, const struct meeting *meeting)
{
	struct json_object *object = json_object_new_object();
	const char *text;

	json_add_text(object, "meetingLink", meeting->meeting_link);
	json_add_boolean(object, "isScheduled", meeting->is_scheduled);
	json_add_time(object, "scheduleTime", meeting->schedule_time);
	json_add_boolean(object, "isArchived", meeting->is_archived);
	json_add_boolean(object, "endToEndEncryption", meeting->end_to_end_encryption);
	json_add_text(object, "uploadTarget", meeting->upload_target);
	json_add_time(object, "startTime", meeting->start_time);
	json_add_time(object, "endTime", meeting->end_time);
	json_add_text(object, "extId", meeting->ext_id);
	json_add_stored(object, "extMetadata", meeting->ext_metadata);
	json_add_boolean(object, "deleted", meeting->deleted);
	text = arena_strdup(arena, json_text(object));
	json_object_put(object);
	return text;
}
