/* The table of the files of archives, and of their objects in the storage. */
#ifndef CONFAB_STORE_ARCHIVE_FILES_H
#define CONFAB_STORE_ARCHIVE_FILES_H

#include "meeting/archive.h"
#include "store/db.h"

/* Adds a file that was made on the archive's host (of `file`: path, kind, content_type, size). A
 * file of this path was made again: it is to be uploaded again. */
enum db_outcome archive_file_put(
    struct db *db, const char *archive_id, const struct archive_file *file, int64_t now);

/* Finds the archive's files by the order in which they were added. */
enum db_outcome archive_files_find(struct db *db, struct arena *arena, const char *archive_id,
    struct archive_file **files, size_t *count);

/* The next three write what the upload of a file has reached. `*kept` is false when the file's row
 * was removed: the archive is deleted. */

/* The name of its object. */
enum db_outcome archive_file_object_set(
    struct db *db, int64_t id, const char *object, int64_t now, bool *kept);

/* The store's name of its upload in parts; NULL: none. */
enum db_outcome archive_file_upload_set(
    struct db *db, int64_t id, const char *upload_id, int64_t now, bool *kept);

/* Its object has `size` bytes of this SHA-256, and was verified. */
enum db_outcome archive_file_uploaded(
    struct db *db, int64_t id, int64_t size, const char *sha256, int64_t now, bool *kept);

/* The archive's host has no copy any more. */
enum db_outcome archive_file_local_gone(struct db *db, int64_t id, int64_t now);

/* A try with the file or its object failed. `*since` gets the time since when all tries failed. */
enum db_outcome archive_file_failed(
    struct db *db, int64_t id, const char *fault, const char *text, int64_t now, int64_t *since);

/* Nobody tries any more, or (`given_up` false) somebody tries from now on. `*count` gets the number
 * of files; it may be NULL. */
enum db_outcome archive_files_give_up(
    struct db *db, const char *archive_id, bool given_up, int64_t now, uint64_t *count);

/* The tracks of participants whose ids begin with `prefix` are no files of the archive any more.
 * `*left`: some have objects in the storage, and their rows (ARCHIVE_FILE_ERASED) stay until these
 * are removed. */
enum db_outcome archive_files_erase(
    struct db *db, const char *archive_id, const char *prefix, int64_t now, bool *left);

/* Removes a file's row. */
enum db_outcome archive_file_forget(struct db *db, int64_t id);

/* Removes the rows of the archive's files that have no object. `*left`: others are left. */
enum db_outcome archive_files_forget_local(struct db *db, const char *archive_id, bool *left);

/* An archive with a file that is not where it should be, for operators. */
struct stuck_archive {
	const char *archive_id, *status, *host;
	int64_t files, uploaded;        /* how many */
	const char *fault, *fault_text; /* of one file; NULL: no try has failed */
	int64_t faulty_since;
	bool given_up;
	const char *last_error; /* of the job; NULL: none */
	int64_t next_try;       /* TIME_NONE: no job will try */
};

/* Finds them, those that fail for the longest time first; up to `limit`. */
enum db_outcome archives_stuck(struct db *db, struct arena *arena, size_t limit,
    struct stuck_archive **archives, size_t *count);

#endif
