/* A meeting: the fields of VideoChatSession, and those that only the service uses. */
#ifndef CONFAB_MEETING_MEETING_H
#define CONFAB_MEETING_MEETING_H

#include <stdbool.h>
#include <stdint.h>

enum {
	MEETING_LINK_LEN = 10,    /* characters of a link that the service makes */
	MEETING_LINK_MAX = 32,    /* bytes, as in the column */
	SESSION_ID_MAX = 255,     /* bytes, as in the column */
	ATTENDEE_MAX = 1000,      /* bytes of `data` */
	NAME_MAX_LENGTH = 255,    /* characters of `name` and extId */
	EXT_METADATA_MAX = 65536, /* bytes of extMetadata as compact JSON */
	EXT_METADATA_DEPTH = 16,
	UPLOAD_TARGET_MAX = 255, /* characters */
};

/* Times are microseconds, TIME_NONE for NULL. Text is NULL for NULL; it lies in an arena. */
struct meeting {
	int64_t id;
	int64_t version;
	const char *meeting_link;
	const char *session_id;
	const char *provider;
	bool is_scheduled;
	int64_t schedule_time;
	bool is_archived;
	bool end_to_end_encryption;
	const char *archive_id;
	const char *recording_id; /* the archive that the meeting records into; NULL: none */
	const char *upload_target;
	int64_t start_time;
	int64_t end_time;
	int64_t token_until; /* the latest expiry of all join tokens */
	const char *ended_by_request;
	const char *ext_id;
	const char *ext_metadata; /* JSON text that was checked before it was stored */
	bool deleted;
	int64_t deleted_on;
	const char *deleted_by;
	int64_t created_on;
	int64_t modified_on;
	const char *created_by;
	const char *modified_by;
	const char
	    *tenant; /* the meeting belongs to this tenant; NULL: to none, so all tenants see it */
};

#endif
