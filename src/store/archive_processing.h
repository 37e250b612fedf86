/* What processing keeps in the table of archives. All writes name the status that the archive must
 * have, so that a deleted archive stays deleted: `*changed` is false then. */
#ifndef CONFAB_STORE_ARCHIVE_PROCESSING_H
#define CONFAB_STORE_ARCHIVE_PROCESSING_H

#include "meeting/archive.h"
#include "store/db.h"

/* A person whose tracks a recording may have. Text lies in an arena. */
struct recorded_person {
	const char *attendee;
	const char *name; /* as others see it; NULL or "": none */
};

/* Finds the people who were in the session, or might have come in. */
enum db_outcome recorded_people_find(struct db *db, struct arena *arena, const char *session_id,
    struct recorded_person **people, size_t *count);

/* The name of one of them; NULL: there is none, or no such person (who was erased). */
const char *recorded_person_name(
    const struct recorded_person *people, size_t count, const char *attendee);

/* The tracks of a stopped archive are read (JSON, see sql/0014): it is processing from now on. */
enum db_outcome archive_tracks_keep(
    struct db *db, const char *archive_id, const char *tracks, int64_t now, bool *changed);

/* Replaces the tracks of an archive that has some; NULL: they are removed. */
enum db_outcome archive_tracks_replace(
    struct db *db, const char *archive_id, const char *tracks, int64_t now);

/* How far a processing archive is: percent. False also when it was so far already. */
enum db_outcome archive_progress_set(
    struct db *db, const char *archive_id, int progress, int64_t now, bool *changed);

/* What was made of a recording. */
struct archive_result {
	const char *tracks; /* JSON */
	int width, height;  /* of the composed picture; 0: there is none */
	const char *strip;  /* JSON of the thumbnails; NULL: there are none */
	int64_t duration;   /* seconds */
	int64_t size;       /* bytes of what people watch */
};

/* A stopped or processing archive is available. */
enum db_outcome archive_available_set(struct db *db, const char *archive_id,
    const struct archive_result *result, int64_t now, bool *changed);

/* A stopped or processing archive has failed, for this reason. */
enum db_outcome archive_failed_set(
    struct db *db, const char *archive_id, const char *reason, int64_t now, bool *changed);

/* Counts a try that failed. `anew`: work was done since the last failure, so this one is the first
 * again. `*failures` gets their number; 0: the archive is not being processed any more. */
enum db_outcome archive_failure_count(
    struct db *db, const char *archive_id, bool anew, int64_t now, int64_t *failures);

/* Is the archive stopped or processing; or, with `live`, being recorded? */
enum db_outcome archive_in_work(struct db *db, const char *archive_id, bool live, bool *in_work);

/* Counts them, and finds when the first one stopped; TIME_NONE: there are none. */
enum db_outcome archives_in_work(struct db *db, int64_t *count, int64_t *oldest);

/* The archive waits for space: that becomes its reason, unless it has one. */
enum db_outcome archive_wait_set(struct db *db, const char *archive_id, int64_t now);

/* An archive that was not processed, or failed, is stopped again, without failures. */
enum db_outcome archive_processing_restart(
    struct db *db, const char *archive_id, int64_t now, bool *changed);

/* An archive that is not yet what it should be, for operators. */
struct waiting_archive {
	const char *archive_id, *status, *host;
	int64_t stopped_at;
	int progress;       /* -1: not known */
	const char *reason; /* NULL: none */
	int64_t failures;
	const char *last_error; /* of the job; NULL: none */
	int64_t next_try;       /* TIME_NONE: no job will try */
	bool running;           /* a worker has the job */
};

/* Finds those that are stopped, processing or failed, the oldest first; up to `limit`. */
enum db_outcome archives_waiting(struct db *db, struct arena *arena, int64_t now, size_t limit,
    struct waiting_archive **archives, size_t *count);

#endif
