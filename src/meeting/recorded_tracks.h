/* The answer of `confab-media tracks`. */
#ifndef CONFAB_MEETING_RECORDED_TRACKS_H
#define CONFAB_MEETING_RECORDED_TRACKS_H

#include "base/error.h"
#include "base/json.h"
#include "meeting/segments.h"

/* Reads the member "tracks" of the answer. Each track's `name` is NULL: the caller knows the names
 * of the attendees. The tracks lie in the arena, their text in `answer`. ERROR_INTERNAL when a
 * member is missing or has a value that the plan cannot use: the program is of another version. */
bool recorded_tracks_read(struct arena *arena, struct json_object *answer,
    struct recorded_track **tracks, size_t *count, struct error *error);

/* The list of an archive's tracks (JSON) without those of this person. The text lies in the arena.
 * False when the person has no track in the list, or when it cannot be read. */
bool recorded_tracks_without(
    struct arena *arena, const char *tracks, const char *person, const char **others);

#endif
