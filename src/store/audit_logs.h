/* The table of audit logs: changes and their actors, if ADD_AUDIT_LOG_MIXIN is on. */
#ifndef CONFAB_STORE_AUDIT_LOGS_H
#define CONFAB_STORE_AUDIT_LOGS_H

#include "store/db.h"

struct audit {
	const char *entity; /* "meeting", "archive", "setting" */
	const char *entity_id;
	const char *action; /* "create", "edit", "end", "delete", "token" */
	const char *actor;
	const char *tenant; /* of the actor; NULL: none */
	const char *request_id;
	int64_t acted_at;
	const char *before, *after; /* JSON or NULL */
};

/* Adds the entry, in the transaction of the change. One request does one action to one entity only
 * once: an entry that exists already is from an earlier try, and stays. */
enum db_outcome audit_add(struct db *db, const struct audit *audit);

/* Deletes up to `limit` entries that are older than `before`; `*removed` is how many. */
enum db_outcome audit_logs_expire(struct db *db, int64_t before, size_t limit, uint64_t *removed);

#endif
