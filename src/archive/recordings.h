/* The files of recordings: RECORDINGS_DIR/<archive id>/….mjr, written by Janus. */
#ifndef CONFAB_ARCHIVE_RECORDINGS_H
#define CONFAB_ARCHIVE_RECORDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* Makes the archive's folder so that the group of `dir` can write in it: Janus would make it
 * without that, and the service could not remove anything. Where `dir` is not on this host, nothing
 * is done. */
void recordings_prepare(const char *dir, const char *archive_id);

/* Removes the files of one archive and their folder. What is not there is success. Nothing outside
 * the folder is touched: links are removed, not followed. ERROR_UNAVAILABLE when it cannot be done.
 */
bool recordings_delete(const char *dir, const char *archive_id, struct error *error);

/* How many bytes the files of one archive have; 0 if there are none. */
int64_t recordings_size(const char *dir, const char *archive_id);

#endif
