/* The files of recordings: RECORDINGS_DIR/<archive id>/….mjr, written by Janus. */
#ifndef CONFAB_ARCHIVE_RECORDINGS_H
#define CONFAB_ARCHIVE_RECORDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/error.h"

/* The name of the host that keeps what is recorded now, for archives.host; NULL where that is not
 * known: no RECORDINGS_HOST is set and this host has no folder for recordings. */
const char *recordings_host(const struct config *config);

/* Is this the host that keeps recordings? */
bool recordings_here(const struct config *config);

/* Is nothing left anywhere of an archive, once this host has removed what it had of it? `kept_by`
 * is archives.host; `found` says whether its folder was here. Only the host that keeps recordings
 * can tell, and of those that another name stands at only when it had the folder: then it is that
 * host, renamed. */
bool recordings_settled(const struct config *config, const char *kept_by, bool found);

/* The host that must delete an archive's files; NULL: any host that has them. `kept_by` is
 * archives.host. */
const char *recordings_delete_host(const struct config *config, const char *kept_by);

/* Makes the archive's folder so that the group of `dir` can write in it: Janus would make it
 * without that, and the service could not remove anything. Where `dir` is not on this host, nothing
 * is done. */
void recordings_prepare(const char *dir, const char *archive_id);

/* Removes the files of one archive and their folder; `*found` says whether it was there, and what
 * is not there is success. Nothing outside the folder is touched: links are removed, not followed.
 * ERROR_UNAVAILABLE when it cannot be done. Without `dir` ("") nothing is there. */
bool recordings_delete(const char *dir, const char *archive_id, bool *found, struct error *error);

/* Is there less space left for recordings here than RECORDING_MIN_FREE? False where they are kept
 * on another host, or the folder cannot be looked at. */
bool recordings_low(const struct config *config);

/* How many MiB are free in the folder for recordings; -1: this cannot be found out here. */
int64_t recordings_free(const struct config *config);

/* What is wrong, in words for people, with a recording that has stopped with `size` bytes here;
 * NULL: nothing is. One without bytes has failed. */
const char *recordings_fault(const struct config *config, int64_t size);

/* How many bytes the files of one archive have here; 0 if there are none, or `dir` is "". */
int64_t recordings_size(const char *dir, const char *archive_id);

#endif
