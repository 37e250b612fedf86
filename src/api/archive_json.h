/* An archive as JSON. */
#ifndef CONFAB_API_ARCHIVE_JSON_H
#define CONFAB_API_ARCHIVE_JSON_H

#include "api/request_context.h"
#include "meeting/archive.h"

/* The caller frees it with json_object_put(). */
struct json_object *archive_json(struct arena *arena, const struct archive *archive);

/* Answers 200 with the archive. */
void archive_answer(struct request_context *context, const struct archive *archive);

#endif
