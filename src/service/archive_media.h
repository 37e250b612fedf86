/* What people watch of an archive: its files, and signed links to them.
 *
 * A link needs no other credential, and ends within ARCHIVE_LINK_LIFE. It is for one file of one
 * archive, and works on every host of the service. */
#ifndef CONFAB_SERVICE_ARCHIVE_MEDIA_H
#define CONFAB_SERVICE_ARCHIVE_MEDIA_H

#include "meeting/act.h"
#include "meeting/archive.h"
#include "meeting/segments.h"
#include "service/service.h"

#define ARCHIVE_LINK_LIFE HOUR

/* A link as a request gives it. */
struct archive_link {
	const char *archive_id, *path;
	int64_t expires; /* seconds since 1970 */
	const char *signature;
};

/* Is it a link that this service has made, and has it not ended? Else ERROR_FORBIDDEN, with the
 * code LINK_INVALID or LINK_EXPIRED. */
bool archive_link_verify(const struct service *service, struct arena *arena,
    const struct archive_link *link, int64_t now, struct error *error);

/* Makes the archive's `links`, and its `url`. They stay the same for some minutes, so that a
 * browser does not load a poster again with each list. An archive whose files are deleted has none.
 */
void archive_links_make(
    const struct service *service, struct arena *arena, struct archive *archive, int64_t now);

/* A track for people to watch: one person, one stretch. */
struct archive_track {
	struct recorded_track track; /* `person` is the attendee, `name` as others see it */
	bool has_video;
	int64_t size; /* bytes */
	const char *url;
};

struct archive_tracks {
	bool known; /* false: they were not read yet, or they are removed */
	struct archive_track *tracks;
	size_t count;
};

/* Reads the archive's tracks, with the names of their people and a link to each. The text lies in
 * the arena. Errors of the database. */
bool archive_tracks_find(struct service *service, struct arena *arena,
    const struct archive *archive, int64_t now, struct archive_tracks *tracks, struct error *error);

/* A file to send. */
struct archive_media {
	struct archive archive;
	const char *path, *content_type;
	bool is_track; /* one person, one stretch */
	int fd;        /* of the file on this host; the caller closes it; -1: it is not here */
	const char
	    *url; /* of the object in the storage, for ARCHIVE_LINK_LIFE; NULL: `fd` counts */
};

/* Finds a file of an archive; `path` NULL: its composed file. `act` NULL: the caller has a link.
 *
 * Errors: those of lookup_archive(); ERROR_NOT_FOUND when the archive has no such file, or its
 * files are deleted; ERROR_UNAVAILABLE when only another host has the file, or the storage's
 * credentials are missing. */
bool archive_media_open(struct service *service, struct arena *arena, const struct act *act,
    const char *archive_id, const char *path, struct archive_media *media, struct error *error);

#endif
