/* A meeting's fields as callers see them (VideoChatSession), and the meeting as JSON. */
#ifndef CONFAB_API_MEETING_FIELDS_H
#define CONFAB_API_MEETING_FIELDS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "meeting/meeting.h"

enum field_type {
	FIELD_BOOLEAN, /* bool */
	FIELD_TIME,    /* int64_t; TIME_NONE is null */
	FIELD_TEXT,    /* const char *; NULL is null */
	FIELD_NUMBER,  /* int64_t */
	FIELD_OBJECT,  /* const char *, JSON text; NULL is null */
};

/* A field of VideoChatSessionPartial. */
struct field {
	const char *name;
	enum field_type type;
	bool editable; /* the caller's; else the service's own */
	size_t offset; /* in struct meeting */
};

/* The field of that name, or NULL. */
const struct field *field_find(const char *name);

/* A VideoChatSession: all fields, and what else there is to say of the meeting. Borrows the text of
 * extMetadata. */
struct json_object *meeting_json(const struct meeting *meeting);

#endif
