/* An archive: one recording of a meeting, and lists of archives. */
#ifndef CONFAB_MEETING_ARCHIVE_H
#define CONFAB_MEETING_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Times are microseconds, TIME_NONE for NULL; text is NULL for NULL and lies in an arena. */
struct archive {
	int64_t id;
	const char *archive_id;
	const char *session_id;
	const char *meeting_link; /* of the meeting it belongs to; NULL if that is gone */
	const char *name;
	const char *status;
	const char *host;
	int64_t created_at, stopped_at;
	int64_t duration; /* seconds */
	int64_t size;     /* bytes */
	const char *reason;
};

/* Is it being recorded (or paused)? */
bool archive_is_recording(const struct archive *archive);

/* Has it a composed file, or is one being made? */
bool archive_is_composed(const struct archive *archive);

/* Is it the name of a status that an archive can have? */
bool archive_status_known(const char *status);

/* Which archives to list. */
struct archive_query {
	const char *session_id, *meeting_link, *status; /* NULL: any */
	int64_t limit, offset;
};

/* One page of a list. */
struct archive_page {
	struct archive *archives;
	size_t count;
	int64_t total; /* how many match without limit and offset */
};

#endif
