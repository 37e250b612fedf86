/* What the operations on archives share: finding one, and its form in answers. */
#ifndef CONFAB_API_ARCHIVES_H
#define CONFAB_API_ARCHIVES_H

#include "api/request_context.h"
#include "store/archives.h"

/* The archive named by the path. ERROR_FORBIDDEN for a token restricted to another meeting,
 * ERROR_NOT_FOUND if there is none (or it is deleted). */
bool archive_read(struct request_context *context, struct archive *archive, struct error *error);

bool archive_not_found(struct error *error);

/* Is it being recorded (or paused)? */
bool archive_recording(const struct archive *archive);

/* 200 with the archive. */
void archive_answer(struct request_context *context, const struct archive *archive);

#endif
