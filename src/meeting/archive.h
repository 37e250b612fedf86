/* An archive: a recording of a meeting; and lists of archives. */
#ifndef CONFAB_MEETING_ARCHIVE_H
#define CONFAB_MEETING_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The service's own links to files of an archive; NULL: it has no such file. */
struct archive_links {
	const char *composed, *poster, *thumbnails, *chapters;
};

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
	const char *storage;     /* its storage target as JSON; NULL: its files stay on its host */
	const char *output_mode; /* OUTPUT_… */
	int progress;            /* percent, while it is processing; else -1 */
	const char *tracks;      /* JSON array, see sql/0014; NULL: not read yet, or removed */
	int width, height;       /* of the composed picture; 0: there is none */
	const char *strip; /* of the thumbnails: JSON object, see sql/0014; NULL: there is none */
	/* Names of its files; NULL: it has no such file. */
	const char *composed, *poster, *thumbnails, *chapters;
	const char *object; /* the composed file in the storage; NULL: it is not there */

	/* No column; archive_links_make() sets these (service/archive_media.h). */
	const char *url; /* a link to the composed file, to the storage if it is there; else NULL */
	struct archive_links links;
};

/* The `reason` of an archive that waits. Any other reason is about its recording, and stays. */
#define ARCHIVE_WAITS_FOR_SPACE                                                                    \
	"There is too little space left for recordings. The recording is kept, and is processed"   \
	" when the operator has made room."

#define OUTPUT_COMPOSED   "composed"   /* everybody in one file */
#define OUTPUT_INDIVIDUAL "individual" /* a file for each person and stretch */

enum {
	OUTPUT_MODE_MAX = 16, /* bytes */
};

/* A file of an archive. */
struct archive_file {
	int64_t id;
	const char *path;         /* in the archive's folder: a name without slashes */
	const char *kind;         /* ARCHIVE_FILE_… */
	const char *content_type; /* "video/mp4" */
	int64_t size;             /* bytes */
	bool local_copy;          /* the archive's host has it */
	const char *object;       /* its name in the storage; NULL: no byte was sent */
	const char *upload_id;    /* of an upload that has begun; NULL: none */
	const char *sha256;       /* of the object, as hex; NULL: not known */
	int64_t uploaded_at;      /* when the object was verified */
	const char *fault;        /* a word for what the last try failed of; NULL: nothing */
	const char *fault_text;
	int64_t faulty_since;
	bool given_up; /* nobody tries any more */
};

#define ARCHIVE_FILE_COMPOSED   "composed" /* everybody in one file; an archive has at most one */
#define ARCHIVE_FILE_POSTER     "poster"
#define ARCHIVE_FILE_THUMBNAILS "thumbnails"
#define ARCHIVE_FILE_CHAPTERS   "chapters"
#define ARCHIVE_FILE_TRACK      "track"  /* one person, one stretch */
#define ARCHIVE_FILE_ERASED     "erased" /* was a track of an erased person; its object must go */

/* Is the file a part of the archive still? */
bool archive_file_wanted(const struct archive_file *file);

/* Are its files to be deleted? */
bool archive_is_gone(const struct archive *archive);

/* Is it recording or paused? */
bool archive_is_recording(const struct archive *archive);

/* Has it a composed file, or is one being made? */
bool archive_is_composed(const struct archive *archive);

/* Is this one of OUTPUT_…? */
bool archive_output_mode_good(const char *mode);

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
