/* An archive: a recording of a meeting; and lists of archives. */
#ifndef CONFAB_MEETING_ARCHIVE_H
#define CONFAB_MEETING_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Times are microseconds, TIME_NONE for NULL. Text is NULL for NULL; it lies in an arena. */
struct archive {
	int64_t id;
	const char *archive_id;
	const char *session_id;
	const char *meeting_link; /* of its meeting; NULL when that row was removed */
	const char *name;
	const char *status;
	const char *host;
	int64_t created_at, stopped_at;
	int64_t duration; /* seconds */
	int64_t size;     /* bytes */
	const char *reason;
};

/* Is it recording or paused? */
bool archive_is_recording(const struct archive *archive);

/* Has it a composed file, or is one being made? */
bool archive_is_composed(const struct archive *archive);

/* Can an archive have this status? */
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
	int64_t total; /* the number of archives without limit and offset */
};

#endif
