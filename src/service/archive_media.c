/* What people watch of an archive: its files, and signed links to them. */
#include "service/archive_media.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "archive/recordings.h"
#include "archive/storage.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "meeting/recorded_tracks.h"
#include "service/lookup.h"
#include "store/archive_files.h"
#include "store/archive_processing.h"
#include "store/archives.h"

#define LINK_STEP (10 * MINUTE) /* links that are made within this time are equal */
#define LINK_SKEW MINUTE        /* by which the clocks of two hosts may differ */

/* ---- links ---- */

static const char *signature(
    const struct service *service, struct arena *arena, const struct archive_link *link)
{
	const char *what = arena_printf(arena, "%" PRId64 "/%s", link->expires, link->path);
	unsigned char digest[SHA256_SIZE];
	char *hex = arena_alloc(arena, 2 * sizeof digest + 1);

	derive(
	    arena, service->config.service_secret, "archive-link", link->archive_id, what, digest);
	hex_encode(digest, sizeof digest, hex);
	return hex;
}

bool archive_link_verify(const struct service *service, struct arena *arena,
    const struct archive_link *link, int64_t now, struct error *error)
{
	const char *good = signature(service, arena, link);

	if (!secret_equal(link->signature, strlen(link->signature), good, strlen(good)) ||
	    link->expires > (now + ARCHIVE_LINK_LIFE) / SECOND)
		return error_set_code(error, ERROR_FORBIDDEN, "LINK_INVALID",
		    "The link is not complete or is wrong.");
	if (link->expires <= now / SECOND)
		return error_set_code(error, ERROR_FORBIDDEN, "LINK_EXPIRED",
		    "The link has ended; GET /archives/{archiveId} gives a new one.");
	return true;
}

/* A link to this file; NULL: there is no file. */
static const char *link_make(const struct service *service, struct arena *arena,
    const struct archive *archive, const char *path, int64_t now)
{
	const int64_t end = now - now % LINK_STEP + ARCHIVE_LINK_LIFE - LINK_SKEW;
	const struct archive_link link = {
	    .archive_id = archive->archive_id, .path = path, .expires = end / SECOND};

	if (path == NULL)
		return NULL;
	return arena_printf(arena,
	    "%s%s/archives/%s/media?file=%s&expires=%" PRId64 "&signature=%s",
	    service->config.public_url, service->config.base_path,
	    url_encode(arena, archive->archive_id), url_encode(arena, path), link.expires,
	    signature(service, arena, &link));
}

/* A link to the object of the archive in its storage. NULL with the error. */
static const char *object_link(const struct service *service, struct arena *arena,
    const struct archive *archive, const char *object, int64_t now, struct error *error)
{
	struct storage_target target;
	const struct storage storage = {.config = &service->config, .target = &target};

	if (!storage_target_parse(arena, archive->storage, &target, error) ||
	    !storage_usable(&service->config, &target, error))
		return NULL;
	return storage_link(&storage, arena, object, now, ARCHIVE_LINK_LIFE);
}

void archive_links_make(
    const struct service *service, struct arena *arena, struct archive *archive, int64_t now)
{
	struct error error = {0};

	if (archive_is_gone(archive))
		return;
	archive->links = (struct archive_links){
	    .composed = link_make(service, arena, archive, archive->composed, now),
	    .poster = link_make(service, arena, archive, archive->poster, now),
	    .thumbnails = link_make(service, arena, archive, archive->thumbnails, now),
	    .chapters = link_make(service, arena, archive, archive->chapters, now)};
	if (archive->object != NULL && archive->storage != NULL)
		archive->url = object_link(service, arena, archive, archive->object, now, &error);
	if (archive->url == NULL)
		archive->url = archive->links.composed;
	error_clear(&error);
}

/* ---- tracks ---- */

/* The JSON of archives.tracks with an object around it, as recorded_tracks_read() takes it; NULL:
 * there are none, or another version of this program wrote them. */
static struct json_object *tracks_parse(struct arena *arena, const struct archive *archive,
    struct recorded_track **tracks, size_t *count)
{
	struct json_object *answer = NULL;
	struct error error = {0};
	const char *text;

	if (archive->tracks == NULL || archive_is_gone(archive))
		return NULL;
	text = arena_printf(arena, "{\"tracks\":%s}", archive->tracks);
	if (!json_parse(arena, text, strlen(text), &answer, &error) ||
	    !recorded_tracks_read(arena, answer, tracks, count, &error)) {
		log_event("warning", "the tracks of the archive %s cannot be read: %s",
		    archive->archive_id, error.message);
		answer = NULL;
	}
	error_clear(&error);
	return answer;
}

bool archive_tracks_find(struct service *service, struct arena *arena,
    const struct archive *archive, int64_t now, struct archive_tracks *found, struct error *error)
{
	struct recorded_person *people = NULL;
	struct recorded_track *tracks = NULL;
	struct json_object *array;
	size_t people_count = 0;

	*found = (struct archive_tracks){0};
	array = json_member(
	    tracks_parse(arena, archive, &tracks, &found->count), "tracks", json_type_array);
	if (array == NULL || tracks == NULL) {
		found->count = 0;
		return true;
	}
	if (!db_once(service->db, error,
		recorded_people_find(
		    service->db, arena, archive->session_id, &people, &people_count)))
		return false;
	found->known = true;
	found->tracks = arena_alloc(arena, (found->count + 1) * sizeof *found->tracks);
	for (size_t i = 0; i < found->count; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);
		struct archive_track *track = &found->tracks[i];

		tracks[i].name = recorded_person_name(people, people_count, tracks[i].person);
		track->track = tracks[i];
		track->has_video = json_text_member(item, "video") != NULL;
		json_integer_member(item, "size", &track->size);
		track->url = link_make(service, arena, archive, tracks[i].file, now);
	}
	return true;
}

/* ---- files ---- */

static bool file_missing(struct error *error)
{
	return error_set(error, ERROR_NOT_FOUND, "The archive has no such file.");
}

/* Finds the file among the archive's rows; `path` NULL: the composed file. */
static bool row_find(struct service *service, struct arena *arena, struct archive_media *media,
    const char *path, const struct archive_file **file, struct error *error)
{
	struct archive_file *files = NULL;
	size_t count = 0;

	*file = NULL;
	if (!db_once(service->db, error,
		archive_files_find(service->db, arena, media->archive.archive_id, &files, &count)))
		return false;
	for (size_t i = 0; i < count && *file == NULL; i++) {
		if (path == NULL ? strcmp(files[i].kind, ARCHIVE_FILE_COMPOSED) == 0
				 : strcmp(files[i].path, path) == 0)
			*file = &files[i];
	}
	return true;
}

/* Is it a file of the archive's tracks? */
static bool track_known(struct arena *arena, const struct archive *archive, const char *path)
{
	struct recorded_track *tracks;
	size_t count;

	if (tracks_parse(arena, archive, &tracks, &count) == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(tracks[i].file, path) == 0)
			return true;
	}
	return false;
}

/* Opens the file on this host, or makes a link to its object. A folder that several hosts share
 * works: archives.host only says where to look when the file is not here. */
static bool place_find(struct service *service, struct arena *arena, struct archive_media *media,
    const struct archive_file *file, struct error *error)
{
	const struct config *config = &service->config;
	const struct archive *archive = &media->archive;

	media->fd = recordings_file_open(config->recordings_dir, archive->archive_id, media->path);
	if (media->fd >= 0)
		return true;
	if (errno == EACCES || errno == EPERM)
		return error_set(error, ERROR_UNAVAILABLE,
		    "The service may not read the recording's files on this host.");
	if (file != NULL && file->object != NULL && file->uploaded_at != TIME_NONE &&
	    archive->storage != NULL) {
		media->url = object_link(service, arena, archive, file->object, clock_now(), error);
		return media->url != NULL;
	}
	if (archive->host != NULL && strcmp(archive->host, config->host_name) != 0)
		return error_set(error, ERROR_UNAVAILABLE,
		    "The recording is on the host %.200s; this host cannot read its files.",
		    archive->host);
	return file_missing(error);
}

static bool archive_look_up(struct service *service, struct arena *arena, const struct act *act,
    const char *archive_id, struct archive *archive, struct error *error)
{
	const struct act anybody = {0};

	return lookup_archive(
	    service, arena, act == NULL ? &anybody : act, archive_id, archive, error);
}

bool archive_media_open(struct service *service, struct arena *arena, const struct act *act,
    const char *archive_id, const char *path, struct archive_media *media, struct error *error)
{
	const struct archive_file *file;

	*media = (struct archive_media){.fd = -1};
	if (!archive_look_up(service, arena, act, archive_id, &media->archive, error))
		return false;
	if (archive_is_gone(&media->archive))
		return error_set(error, ERROR_NOT_FOUND, "The recording's files are deleted.");
	if (!row_find(service, arena, media, path, &file, error))
		return false;
	if (file != NULL) {
		media->path = file->path;
		media->content_type = file->content_type;
		media->is_track = strcmp(file->kind, ARCHIVE_FILE_TRACK) == 0;
	} else if (path != NULL && track_known(arena, &media->archive, path)) {
		media->path = path;
		media->content_type = "video/webm";
		media->is_track = true;
	} else {
		return file_missing(error);
	}
	return place_find(service, arena, media, file, error);
}
