/* Recording: starting and stopping it, and having the provider record a meeting as its row says. */
#ifndef CONFAB_SERVICE_RECORDING_H
#define CONFAB_SERVICE_RECORDING_H

#include "meeting/act.h"
#include "meeting/archive.h"
#include "service/service.h"
#include "store/archives.h"

/* Starts recording a meeting into a new archive. `name` NULL: the meeting's extId. `*archive` gets
 * the archive as it is then; its text lies in the arena.
 *
 * Errors: ERROR_NOT_FOUND, those of meeting_recordable(), NOT_SUPPORTED, ERROR_UNAVAILABLE without
 * a place for recordings or with too little space there, the provider's and the database's. After
 * an error nothing is recorded. */
bool recording_start(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const char *name, struct archive *archive, struct error *error);

/* Stops recording into this archive; `*archive` as above. ERROR_NOT_FOUND, ERROR_FORBIDDEN as
 * lookup_archive() says, ERROR_CONFLICT when it is not being recorded. When the provider is out of
 * reach the recording goes on. */
bool recording_stop(struct service *service, struct arena *arena, const struct act *act,
    const char *archive_id, struct archive *archive, struct error *error);

/* For `told` when it is not known what the provider does just now. */
#define RECORDING_UNKNOWN ""

/* Media flows in this session since `at`: if the meeting is to be recorded, its archive has begun.
 * Runs inside db_run(), after the meeting's row was locked. */
enum db_outcome recording_begin(
    struct service *service, struct arena *arena, const char *session_id, int64_t at, int64_t now);

/* The meeting of this session is over: its recordings have stopped at `at`. Runs as above. */
enum db_outcome recordings_end(
    struct db *db, struct arena *arena, const char *session_id, int64_t at);

/* The same for a recording whose beginning was not reported: locks the meeting's row itself. */
enum db_outcome recording_found(
    struct service *service, struct arena *arena, const char *session_id, int64_t at, int64_t now);

/* Keeps how a recording that has stopped has ended (archive_end_set()); locks the row as above. */
enum db_outcome recording_end_keep(struct db *db, struct arena *arena,
    const struct archive *archive, const struct archive_end *end, int64_t now, bool *changed);

/* Has the provider record the session into the archive that its meeting's row names, or not at all.
 * `told` is what the provider was told last: an archive's id, NULL for nothing or
 * RECORDING_UNKNOWN; where the row says the same nothing is done.
 *
 * Several workers may do this at once, and the row may change meanwhile. Therefore a caller changes
 * the row first, and calls this after the COMMIT. This function looks at the row again after each
 * call of the provider, and goes on until the row says what the provider was told. Then what the
 * provider was told last is what the row says. A meeting that has ended is left alone. Errors are
 * the provider's and the database's. */
bool recording_follow(struct service *service, struct arena *arena, const char *session_id,
    const char *told, struct error *error);

/* Makes the folder that the meeting is to be recorded into, if it is to be recorded: to be called
 * before the provider is told of it. */
void recording_prepare(const struct service *service, const char *archive_id);

/* Are these the same archive, or both none (NULL)? */
bool recording_same(const char *a, const char *b);

/* Logs and counts what is wrong with a recording that has ended. */
void recording_end_report(const struct archive_end *end);

#endif
