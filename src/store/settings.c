/* The table of settings: values that the service remembers. */
#include "store/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int64_t setting_epoch(const char *value)
{
	return value == NULL ? 0 : strtoll(value, NULL, 10);
}

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

enum db_outcome setting_raise_epoch(struct db *db, int64_t epoch, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO settings (name, value, modified_on)"
	    " VALUES ('" SETTING_PROVIDER_EPOCH "', ?, ?)"
	    " ON DUPLICATE KEY UPDATE version = version + 1,"
	    " modified_on = VALUES(modified_on),"
	    " value = IF(CAST(VALUES(value) AS UNSIGNED) > CAST(value AS UNSIGNED),"
	    " VALUES(value), value)";
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, epoch);
	return db_execute(db, sql, DB_VALUES(db_text(text), db_time(now)), NULL);
}
