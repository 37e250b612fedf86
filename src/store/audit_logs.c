/* The table of audit logs: changes and their actors. */
#include "store/audit_logs.h"

enum db_outcome audit_add(struct db *db, const struct audit *audit)
{
	static const char sql[] =
	    "INSERT INTO audit_logs (entity, entity_id, action, actor, tenant, request_id, acted_at,"
	    " before_value, after_value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

	bool duplicate; /* an earlier try of this transaction wrote the row */

	return db_insert(db, sql,
	    DB_VALUES(db_text(audit->entity), db_text(audit->entity_id), db_text(audit->action),
		db_text(audit->actor), db_text(audit->tenant), db_text(audit->request_id),
		db_time(audit->acted_at), db_text(audit->before), db_text(audit->after)),
	    &duplicate);
}

enum db_outcome audit_logs_expire(struct db *db, int64_t before, size_t limit, uint64_t *removed)
{
	static const char sql[] =
	    "DELETE FROM audit_logs WHERE acted_at < ? ORDER BY acted_at LIMIT ?";

	return db_execute(db, sql, DB_VALUES(db_time(before), db_integer((int64_t)limit)), removed);
}
