/* GET /archives/{archiveId}/media: a file of a recording, with a signed link or a bearer token.
 *
 * nginx sends the file, or fetches it from the storage: the worker is free again at once. Any other
 * server gets the bytes from the program, and a client gets the storage's own link. */
#include "service/archive_media.h"

#include <string.h>
#include <unistd.h>

#include "api/request_context.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/visible_text.h"
#include "http/disposition.h"

enum {
	NAME_CHARACTERS = 100, /* of the meeting's and of the person's name in a file's name */
};

/* Names in nginx' site file. */
#define ACCEL_FILES   "/-/recordings"
#define ACCEL_STORAGE "/-/storage"

/* Is the site file there that knows these names? */
static bool accel(const struct request_context *context)
{
	return context_site_has(context, "CONFAB_ACCEL");
}

static const char *name_cut(struct arena *arena, const char *name)
{
	return arena_strndup(arena, name, utf8_bytes(name, NAME_CHARACTERS));
}

/* The person's name with a blank before it, if the file is their track; "" otherwise. */
static bool person_name(struct request_context *context, const struct archive_media *media,
    const char **name, struct error *error)
{
	struct archive_tracks tracks;

	*name = "";
	if (!media->is_track)
		return true;
	if (!archive_tracks_find(
		context->service, context->arena, &media->archive, context->now, &tracks, error))
		return false;
	for (size_t i = 0; i < tracks.count; i++) {
		const struct recorded_track *track = &tracks.tracks[i].track;
		const char *text = visible_text_clean(context->arena, track->name);

		if (strcmp(track->file, media->path) == 0 && text != NULL)
			*name = arena_printf(context->arena, " %s", name_cut(context->arena, text));
	}
	return true;
}

/* "Meeting 2026-11-26.mp4", or "Meeting 2026-11-26 Ana.webm" for Ana's track. */
static bool name_set(struct request_context *context, const struct archive_media *media,
    bool attachment, struct error *error)
{
	struct arena *arena = context->arena;
	const char *name = visible_text_clean(arena, media->archive.name);
	const char *person = "", *end = strrchr(media->path, '.');
	const struct date date = date_from_time(media->archive.created_at);

	/* A player asks for many ranges, and does not look at the name. */
	if (attachment && !person_name(context, media, &person, error))
		return false;
	/* nginx must not give this name to an error that it makes itself. */
	response_header(context->response,
	    accel(context) ? "X-Confab-Disposition" : "Content-Disposition",
	    disposition(arena, attachment,
		arena_printf(arena, "%s %04d-%02u-%02u%s%s",
		    name == NULL ? "Recording" : name_cut(arena, name), date.year, date.month,
		    date.day, person, end == NULL ? "" : end)));
	return true;
}

/* nginx takes the type of this answer, its name and its CORS headers, and adds the rest. */
static void accel_answer(struct request_context *context, const struct archive_media *media)
{
	struct response *response = context->response;
	const char *to = ACCEL_STORAGE;

	if (media->url == NULL)
		to = arena_printf(context->arena, ACCEL_FILES "/%s/%s",
		    url_encode(context->arena, media->archive.archive_id),
		    url_encode(context->arena, media->path));
	else
		response_header(response, "X-Confab-Storage", media->url);
	response_header(response, "X-Accel-Redirect", to);
	response_body(response, media->content_type, "");
	response->cache = "";
}

static bool media_answer(
    struct request_context *context, struct archive_media *media, struct error *error)
{
	int fd = media->fd;

	if (accel(context)) {
		accel_answer(context, media);
		return true;
	}
	if (media->url != NULL) {
		response_redirect(context->response, media->url);
		return true;
	}
	media->fd = -1;
	context->response->cache = "private, no-cache";
	return response_file(context->response, context->request, media->content_type, fd, error);
}

/* Reads the query. A link is checked before this. */
static bool wish_read(
    const struct request_context *context, const char **path, bool *attachment, struct error *error)
{
	const char *download = NULL;

	*path = NULL;
	if (!request_query(context->request, "file", path, error) ||
	    !request_query(context->request, "download", &download, error))
		return false;
	*attachment = download != NULL;
	return download == NULL || strcmp(download, "1") == 0 ||
	       error_set(error, ERROR_MALFORMED, "The query's download must be 1.");
}

bool archive_media_get(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);
	struct archive_media media;
	const char *path;
	bool attachment, good;

	if (!wish_read(context, &path, &attachment, error) ||
	    !archive_media_open(context->service, context->arena, context->linked ? NULL : &act,
		context_parameter(context), path, &media, error))
		return false;
	good = name_set(context, &media, attachment, error) && media_answer(context, &media, error);
	if (media.fd >= 0)
		close(media.fd);
	return good;
}
