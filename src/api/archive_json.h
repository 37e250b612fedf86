/* An archive as JSON. */
#ifndef CONFAB_API_ARCHIVE_JSON_H
#define CONFAB_API_ARCHIVE_JSON_H

#include "api/request_context.h"
#include "meeting/archive.h"
#include "service/archive_media.h"

/* `tracks` NULL: the answer has none. The caller frees the result with json_object_put(). */
struct json_object *archive_json(
    struct arena *arena, const struct archive *archive, const struct archive_tracks *tracks);

/* Answers 200 with the archive. */
void archive_answer(struct request_context *context, const struct archive *archive,
    const struct archive_tracks *tracks);

#endif
