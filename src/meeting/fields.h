/* A meeting's fields as callers see them (VideoChatSession). */
#ifndef CONFAB_MEETING_FIELDS_H
#define CONFAB_MEETING_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
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
	bool editable; /* callers may change it; others are set only by the service */
	size_t offset; /* in struct meeting */
};

extern const struct field meeting_fields[];
extern const size_t meeting_field_count;

/* Finds a field by its name. NULL: there is none. */
const struct field *field_find(const char *name);

/* A value from a caller for a field. Only the member for the field's type counts. */
struct field_value {
	const struct field *field;
	bool is_null;
	bool flag;
	int64_t number; /* of a FIELD_NUMBER; microseconds of a FIELD_TIME */
	const char *text;
};

/* Does the meeting have all these values? ERROR_INVALID has a fault for each other value. */
bool meeting_has_values(const struct meeting *meeting, const struct field_value *values,
    size_t count, struct error *error);

#endif
