/* The table of settings: values that the service remembers. */
#include "store/settings.h"

enum db_outcome setting_get(
    struct db *db, struct arena *arena, const char *name, const char **value)
{
	static const char sql[] = "SELECT value FROM settings WHERE name = ?";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(name)), &rows));
	*value = rows.count == 0 ? NULL : db_cell_text(&rows, 0, 0);
	return DB_OK;
}

enum db_outcome setting_put(struct db *db, const char *name, const char *value, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO settings (name, value, modified_on) VALUES (?, ?, ?)"
	    " ON DUPLICATE KEY UPDATE version = version + 1, value = VALUES(value),"
	    " modified_on = VALUES(modified_on)";

	return db_execute(db, sql, DB_VALUES(db_text(name), db_text(value), db_time(now)), NULL);
}

enum db_outcome setting_delete(struct db *db, const char *name)
{
	static const char sql[] = "DELETE FROM settings WHERE name = ?";

	return db_execute(db, sql, DB_VALUES(db_text(name)), NULL);
}
