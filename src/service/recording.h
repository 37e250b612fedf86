/* Recording: starts and stops it, and makes the provider follow the meeting's row. */
#ifndef CONFAB_SERVICE_RECORDING_H
#define CONFAB_SERVICE_RECORDING_H

#include "meeting/act.h"
#include "meeting/archive.h"
#include "service/service.h"
#include "store/archives.h"

/* What to make of a new recording. */
struct recording_wish {
	const char *name;        /* NULL: the meeting's extId */
	const char *output_mode; /* OUTPUT_… */
};

/* Starts recording a meeting into a new archive. `*archive` gets the new archive; its text lies in
 * the arena.
 *
 * Errors: ERROR_NOT_FOUND, those of meeting_recordable(), NOT_SUPPORTED, ERROR_UNAVAILABLE without
 * RECORDINGS_DIR or with too little space there, the errors of the provider and the database. After
 * an error nothing is recorded. */
bool recording_start(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct recording_wish *wish, struct archive *archive,
    struct error *error);

/* Stops recording into this archive; `*archive` as above. ERROR_NOT_FOUND, ERROR_FORBIDDEN as
 * lookup_archive() says, ERROR_CONFLICT if it is not being recorded. If the provider is out of
 * reach, the recording goes on. */
bool recording_stop(struct service *service, struct arena *arena, const struct act *act,
    const char *archive_id, struct archive *archive, struct error *error);

/* The end of one recording. */
struct recording_end {
	const char *session_id, *archive_id;
	int64_t at;             /* when it stopped */
	int64_t now;            /* when this was written */
	const char *request_id; /* of the stop: a second try finds what the first has written */
	struct archive_end end;
	bool tell; /* what is wrong with it, although it has not failed */
};

/* Measures the files of a recording that has stopped, and says what is wrong with it. Files on
 * another host are measured there, later. */
void recording_measure(const struct config *config, const char *session_id, const char *archive_id,
    struct archive_end *end);

/* Keeps that a recording has stopped, with its events. `*done` is false if it had stopped before.
 * Runs inside db_run(), with the meeting's row locked. */
enum db_outcome recording_stopped(
    struct db *db, struct arena *arena, const struct recording_end *end, bool *done);

/* For `told`: the provider's state is not known. */
#define RECORDING_UNKNOWN ""

/* Media flows in this session since `at`: if the meeting's row asks for a recording, adds its
 * archive. Runs inside db_run(), with the meeting's row locked. */
enum db_outcome recording_begin(
    struct service *service, struct arena *arena, const char *session_id, int64_t at, int64_t now);

/* The meeting of this session has ended: its recordings stop at `at`. Runs as above. */
enum db_outcome recordings_end(
    struct db *db, struct arena *arena, const char *session_id, int64_t at);

/* As recording_begin(), for a recording whose start was not reported. Locks the meeting's row
 * itself. */
enum db_outcome recording_found(
    struct service *service, struct arena *arena, const char *session_id, int64_t at, int64_t now);

/* Keeps the result of a stopped recording (archive_end_set()). Locks the meeting's row itself. */
enum db_outcome recording_end_keep(struct db *db, struct arena *arena,
    const struct archive *archive, const struct archive_end *end, int64_t now, bool *changed);

/* Makes the provider record the session into the archive that the meeting's row names, or stop.
 * `told` is the provider's last order: an archive's id, NULL (no recording) or RECORDING_UNKNOWN.
 * If the row says the same, nothing is done.
 *
 * Several workers may do this at once, and the row may change meanwhile. Therefore a caller changes
 * the row first, and calls this after the COMMIT. This function reads the row again after each call
 * of the provider, and goes on until the row agrees with the provider's last order. A meeting that
 * has ended is left alone. Errors: those of the provider and the database. */
bool recording_follow(struct service *service, struct arena *arena, const char *session_id,
    const char *told, struct error *error);

/* Makes the folder for this archive; NULL: does nothing. Call it before the provider starts to
 * record. */
void recording_prepare(const struct service *service, const char *archive_id);

/* Logs and counts the fault of a recording that has ended, if it has one. */
void recording_end_report(const struct archive_end *end);

#endif
