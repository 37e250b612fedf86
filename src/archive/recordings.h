/* The files of recordings: RECORDINGS_DIR/<archive id>/….mjr. Janus writes them. */
#ifndef CONFAB_ARCHIVE_RECORDINGS_H
#define CONFAB_ARCHIVE_RECORDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"

/* The host that has the files of new recordings, for archives.host. NULL when it is not known:
 * RECORDINGS_HOST is not set, and this host has no folder for recordings. */
const char *recordings_host(const struct config *config);

/* Does this host keep recordings? */
bool recordings_here(const struct config *config);

/* Has this host removed the last files of an archive? `kept_by` is archives.host. `found` says
 * whether the folder was here. Only a host that keeps recordings can know it. When archives.host
 * has another name, this host knows it only if the folder was here: then it is the same host with a
 * new name. */
bool recordings_settled(const struct config *config, const char *kept_by, bool found);

/* The host that must delete the files of an archive; NULL: any host that has them. `kept_by` is
 * archives.host. */
const char *recordings_delete_host(const struct config *config, const char *kept_by);

/* Makes the folder of an archive, with write permission for the group of `dir`. Without it Janus
 * would make the folder, and the service could not remove files there. Does nothing when `dir` is
 * not on this host. */
void recordings_prepare(const char *dir, const char *archive_id);

/* Removes the files of one archive and their folder. `*found` says whether the folder existed; it
 * is no error if not, or if `dir` is "". Nothing outside of the folder is changed: a link is
 * removed and not followed. ERROR_UNAVAILABLE when a file cannot be removed. */
bool recordings_delete(const char *dir, const char *archive_id, bool *found, struct error *error);

/* The same for the track files of participants whose ids begin with `prefix`; other files and the
 * folder stay. */
bool recordings_tracks_delete(
    const char *dir, const char *archive_id, const char *prefix, bool *found, struct error *error);

/* Opens a file in the archive's folder for reading; `path` is its name there. -1 with errno; EINVAL
 * when `path` leads elsewhere or is no file. The caller closes it. */
int recordings_file_open(const char *dir, const char *archive_id, const char *path);

/* Removes this file, and the folder when it is empty then. It is no error if it does not exist.
 * ERROR_UNAVAILABLE when it cannot be removed. */
bool recordings_file_delete(
    const char *dir, const char *archive_id, const char *path, struct error *error);

/* The path of the archive's folder, without links in it; NULL: this host has no such folder. */
const char *recordings_folder(struct arena *arena, const char *dir, const char *archive_id);

/* Removes the files of an archive for whose names `unwanted` says yes, and the folder when it is
 * empty then. It is no error if there is no folder. ERROR_UNAVAILABLE when a file cannot be
 * removed. */
bool recordings_sweep(const char *dir, const char *archive_id,
    bool (*unwanted)(const void *context, const char *name), const void *context,
    struct error *error);

/* When a track file that Janus has not closed was last written: microseconds since 1970; TIME_NONE:
 * there is none. Janus closes the files when a recording stops, but not when it is killed. */
int64_t recordings_written(const char *dir, const char *archive_id);

/* Is less space free for recordings than RECORDING_MIN_FREE? False when another host keeps them, or
 * when this host cannot find out. */
bool recordings_low(const struct config *config);

/* The free MiB in the folder for recordings; -1 when this host cannot find out. */
int64_t recordings_free(const struct config *config);

/* Says what is wrong with a recording that has stopped with `size` bytes on this host, as text for
 * people. NULL: nothing. A recording without bytes has failed. */
const char *recordings_fault(const struct config *config, int64_t size);

/* The bytes in the files of one archive on this host; 0 when there are none, or `dir` is "". */
int64_t recordings_size(const char *dir, const char *archive_id);

/* The same for the track files of this room with something in them; other files, which a
 * participant may have made, do not count. */
int64_t recordings_tracks_size(const char *dir, const char *archive_id, const char *room);

#endif
