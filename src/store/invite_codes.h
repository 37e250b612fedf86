/* The table of the codes of short links. It has only digests of the codes. */
#ifndef CONFAB_STORE_INVITE_CODES_H
#define CONFAB_STORE_INVITE_CODES_H

#include "base/clock.h"
#include "base/crypto.h"
#include "meeting/role.h"
#include "store/db.h"

/* The row of a code stays for a while after the invite has expired: the holder of the link learns
 * that it has. */
#define INVITE_CODE_KEPT (7 * DAY)

/* The invite that a code stands for. */
struct coded_invite {
	const char *session_id;
	const char *id; /* of the invite */
	enum role role;
	const char *name;         /* NULL: the invite names nobody */
	const char *meeting_link; /* invite_code_find() only */
	const char *tenant;       /* the same; of the meeting, NULL: none */
	int64_t created_on;
	int64_t expiry;
};

/* Adds a code. Adding the same code again changes nothing: the first try was committed. */
enum db_outcome invite_code_add(struct db *db, const unsigned char digest[static SHA256_SIZE],
    const struct coded_invite *invite);

/* Finds the invite of a code, also an expired one. Text lies in the arena. `*found` is false when
 * there is no such code, or the meeting is deleted. */
enum db_outcome invite_code_find(struct db *db, struct arena *arena,
    const unsigned char digest[static SHA256_SIZE], struct coded_invite *invite, bool *found);

/* Deletes all codes of the session. */
enum db_outcome invite_codes_delete(struct db *db, const char *session_id);

/* Deletes up to `limit` codes whose invites expired longer than INVITE_CODE_KEPT ago. */
enum db_outcome invite_codes_expire(struct db *db, int64_t now, size_t limit, uint64_t *removed);

/* Deletes up to `limit` codes whose meeting is deleted, or gone: of an invite that was made while
 * somebody deleted the meeting, or where a worker of an earlier version deleted it. */
enum db_outcome invite_codes_left_delete(
    struct db *db, int64_t now, size_t limit, uint64_t *removed);

#endif
