/* Which files of a recording's folder belong together. */
#include "media/stretch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* ---- the folder ---- */

/* A track file of a known participant. */
struct found {
	struct track_name parts;
	struct chain_file file;
};

struct listing {
	struct arena *arena;
	int folder;
	const char *room;
	const char *const *participants;
	size_t participant_count;
	struct found *found;
	size_t count;
	struct stretches *result;
};

static void skip(struct listing *listing, const char *name, const char *reason)
{
	struct stretches *result = listing->result;

	/* The name is text of JSON. */
	if (!utf8_valid(name, strlen(name)))
		name = "(its name is not UTF-8)";
	result->skipped[result->skipped_count++] = (struct skipped_file){
	    arena_strdup(listing->arena, name), arena_strdup(listing->arena, reason)};
}

static int text_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool listed(const struct listing *listing, const char *id)
{
	return bsearch(&id, listing->participants, listing->participant_count, sizeof id,
		   text_compare) != NULL;
}

static bool participant_known(const struct listing *listing, const struct track_name *parts)
{
	return listing->participants == NULL || listed(listing, parts->device) ||
	       listed(listing, parts->attendee);
}

/* Opens the file to see what is in it. */
static void file_add(struct listing *listing, const char *name, const struct track_name *parts)
{
	struct stretches *result = listing->result;
	struct error error = {0};
	struct mjr_file file;
	enum mjr_outcome outcome = mjr_open(listing->folder, name, &file, &error);
	const enum media_kind kind = parts->is_video ? MEDIA_VIDEO : MEDIA_AUDIO;

	if (outcome == MJR_OPEN) {
		mjr_close(&file);
		if (file.header.kind != kind) {
			skip(listing, name, "Its name and its header contradict each other.");
			return;
		}
		listing->found[listing->count++] = (struct found){.parts = *parts,
		    .file = {.name = arena_strdup(listing->arena, name),
			.kind = kind,
			.size = file.size,
			.first = file.header.first}};
		result->size += file.size;
	} else if (outcome == MJR_UNREADABLE) {
		skip(listing, name, error.message);
	}
	error_clear(&error);
}

static void entry_read(struct listing *listing, const char *name)
{
	struct track_name parts;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strstr(name, ".mjr") == NULL)
		return;
	if (!track_name_read(listing->arena, listing->room, name, &parts))
		skip(listing, name, "Its name is not one of this room.");
	else if (!participant_known(listing, &parts))
		skip(listing, name, "Its participant is not known.");
	else
		file_add(listing, name, &parts);
}

/* By participant, then kind, then time. */
static int found_compare(const void *a, const void *b)
{
	const struct found *one = a, *other = b;
	int order = strcmp(one->parts.participant, other->parts.participant);

	if (order == 0)
		order = (int)one->parts.is_video - (int)other->parts.is_video;
	if (order == 0)
		order =
		    (one->file.first > other->file.first) - (one->file.first < other->file.first);
	return order != 0 ? order : strcmp(one->file.name, other->file.name);
}

/* Makes the stretches of the sorted files. */
static void stretches_make(struct listing *listing)
{
	struct stretches *result = listing->result;
	struct chain_file *files =
	    arena_alloc(listing->arena, (listing->count + 1) * sizeof *files);
	struct stretch *stretch = NULL;

	result->stretches =
	    arena_alloc(listing->arena, (listing->count + 1) * sizeof *result->stretches);
	for (size_t i = 0; i < listing->count; i++) {
		const struct found *found = &listing->found[i];
		bool sound = !found->parts.is_video;

		files[i] = found->file;
		if (stretch == NULL ||
		    strcmp(stretch->participant, found->parts.participant) != 0) {
			stretch = &result->stretches[result->count++];
			stretch->participant = found->parts.participant;
			stretch->attendee = found->parts.attendee;
			stretch->screen = found->parts.screen;
		}
		if ((sound ? stretch->audio_count++ : stretch->video_count++) == 0)
			*(sound ? &stretch->audio : &stretch->video) = &files[i];
	}
}

bool stretches_read(struct arena *arena, int folder, const char *room,
    const char *const *participants, size_t participant_count, struct stretches *stretches,
    struct error *error)
{
	struct listing listing = {.arena = arena,
	    .folder = folder,
	    .room = room,
	    .participants = participants,
	    .participant_count = participant_count,
	    .found = arena_alloc(arena, STRETCH_FILES_MAX * sizeof *listing.found),
	    .result = stretches};
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	int files = 0;

	*stretches = (struct stretches){
	    .skipped = arena_alloc(arena, STRETCH_FILES_MAX * sizeof *stretches->skipped)};
	if (entries == NULL) {
		if (copy >= 0)
			close(copy);
		return error_set(
		    error, ERROR_UNAVAILABLE, "The folder cannot be read: %s.", strerror(errno));
	}
	while ((entry = readdir(entries)) != NULL && files++ < STRETCH_FILES_MAX)
		entry_read(&listing, entry->d_name);
	closedir(entries);
	if (entry != NULL)
		return error_set(error, ERROR_TOO_LARGE, "The folder holds more than %d files.",
		    STRETCH_FILES_MAX);
	qsort(listing.found, listing.count, sizeof *listing.found, found_compare);
	stretches_make(&listing);
	return true;
}
