/* The table of media servers. */
#include "store/media_servers.h"

#include "base/clock.h"
#include "store/db_row.h"
#include "store/settings.h"

#define COLUMNS                                                                                    \
	" s.id, s.name, s.control_url, s.public_url, s.provider, s.state, s.named, s.epoch,"       \
	" s.load_permille, s.failures, s.heartbeat FROM media_servers s"

static const struct db_column columns[] = {
    DB_COLUMN(struct media_server_row, id),
    DB_COLUMN_AS("name", struct media_server_row, server.name),
    DB_COLUMN_AS("control_url", struct media_server_row, server.control_url),
    DB_COLUMN_AS("public_url", struct media_server_row, server.public_url),
    DB_COLUMN(struct media_server_row, provider),
    DB_COLUMN(struct media_server_row, state),
    DB_COLUMN(struct media_server_row, named),
    DB_COLUMN(struct media_server_row, epoch),
    DB_COLUMN_AS("load_permille", struct media_server_row, load),
    DB_COLUMN(struct media_server_row, failures),
    DB_TIME_COLUMN(struct media_server_row, heartbeat),
};

enum db_outcome media_server_find(
    struct db *db, struct arena *arena, const char *name, struct media_server_row *row, bool *found)
{
	static const char by_name[] = "SELECT" COLUMNS " WHERE s.name = ?";
	static const char first[] = "SELECT" COLUMNS " ORDER BY s.id LIMIT 1";
	struct db_rows rows;

	if (name != NULL)
		DB_TRY(db_select(db, arena, by_name, DB_VALUES(db_text(name)), &rows));
	else
		DB_TRY(db_select(db, arena, first, DB_NO_VALUES, &rows));
	*found = rows.count > 0;
	if (*found)
		db_row_read(&rows, 0, columns, DB_COLUMNS(columns), row);
	return DB_OK;
}

enum db_outcome media_servers_find(struct db *db, struct arena *arena, const char *provider,
    struct media_server_row **found, size_t *count)
{
	static const char sql[] = "SELECT" COLUMNS " WHERE s.provider = ? ORDER BY s.id";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(provider)), &rows));
	*count = rows.count;
	*found = arena_alloc(arena, (rows.count + 1) * sizeof **found);
	db_rows_read(&rows, columns, DB_COLUMNS(columns), *found, sizeof **found);
	return DB_OK;
}

enum db_outcome media_servers_candidates(struct db *db, struct arena *arena, const char *provider,
    struct media_server_row candidates[static 2], size_t *count)
{
	static const char sql[] =
	    "SELECT" COLUMNS " WHERE s.provider = ? AND s.state <> '" SERVER_DRAINING "'"
	    " ORDER BY s.state = '" SERVER_ACTIVE "' DESC, RAND() LIMIT 2";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(db_text(provider)), &rows));
	*count = rows.count;
	db_rows_read(&rows, columns, DB_COLUMNS(columns), candidates, sizeof *candidates);
	return DB_OK;
}

enum db_outcome media_server_put_first(
    struct db *db, const char *name, const char *provider, int64_t now)
{
	/* The very first server gets the id 1: if several hosts do this at once, only one of them
	 * succeeds. */
	static const char sql[] =
	    "INSERT IGNORE INTO media_servers (id, name, provider, epoch, created_on, modified_on)"
	    " SELECT IF(EXISTS (SELECT 1 FROM media_servers any_one), NULL, 1), ?, ?, COALESCE((SELECT CAST(value AS SIGNED) FROM settings"
	    " WHERE name = '" SETTING_PROVIDER_EPOCH "'), 0), ?, ? FROM DUAL"
	    " WHERE NOT EXISTS (SELECT 1 FROM media_servers other WHERE other.provider = ?)";

	return db_execute(db, sql,
	    DB_VALUES(
		db_text(name), db_text(provider), db_time(now), db_time(now), db_text(provider)),
	    NULL);
}

enum db_outcome media_server_put(
    struct db *db, const struct media_server *server, const char *provider, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO media_servers (name, provider, control_url, public_url, created_on,"
	    " modified_on) VALUES (?, ?, ?, ?, ?, ?)"
	    " ON DUPLICATE KEY UPDATE version = version + 1, control_url = VALUES(control_url),"
	    " public_url = VALUES(public_url), modified_on = VALUES(modified_on)";

	return db_execute(db, sql,
	    DB_VALUES(db_text(server->name), db_text(provider), db_text(server->control_url),
		db_text(server->public_url), db_time(now), db_time(now)),
	    NULL);
}

enum db_outcome media_server_set_named(struct db *db, const char *name, bool named)
{
	static const char sql[] =
	    "UPDATE media_servers SET version = version + 1, named = ? WHERE name = ?";

	return db_execute(db, sql, DB_VALUES(db_integer(named), db_text(name)), NULL);
}

enum db_outcome media_server_beat(struct db *db, const char *name, int64_t load, int64_t now)
{
	static const char sql[] =
	    "UPDATE media_servers SET load_permille = ?, heartbeat = ? WHERE name = ?";

	return db_execute(db, sql, DB_VALUES(db_integer(load), db_time(now), db_text(name)), NULL);
}

enum db_outcome media_server_load_add(struct db *db, const char *name, int64_t load)
{
	static const char sql[] =
	    "UPDATE media_servers SET load_permille = load_permille + ? WHERE name = ?";

	return db_execute(db, sql, DB_VALUES(db_integer(load), db_text(name)), NULL);
}

enum db_outcome media_server_raise_epoch(
    struct db *db, const char *name, int64_t epoch, int64_t now)
{
	static const char sql[] = "UPDATE media_servers SET version = version + 1, epoch = ?,"
				  " modified_on = ? WHERE name = ? AND epoch < ?";

	return db_execute(db, sql,
	    DB_VALUES(db_integer(epoch), db_time(now), db_text(name), db_integer(epoch)), NULL);
}

enum db_outcome media_server_failed(struct db *db, const char *name, int64_t now)
{
	/* The database sets columns from left to right. */
	static const char sql[] =
	    "UPDATE media_servers SET version = version + 1, failures = failures + 1,"
	    " state = IF(state = '" SERVER_ACTIVE "' AND failures >= ?"
	    " AND (heartbeat IS NULL OR heartbeat < ?), '" SERVER_LOST "', state),"
	    " modified_on = ? WHERE name = ?";

	return db_execute(db, sql,
	    DB_VALUES(db_integer(FAILURES_LIMIT), db_time(now - HEARTBEAT_LIMIT), db_time(now),
		db_text(name)),
	    NULL);
}

enum db_outcome media_server_answered(struct db *db, const char *name, int64_t now)
{
	static const char sql[] =
	    "UPDATE media_servers SET version = version + 1, failures = 0,"
	    " state = IF(state = '" SERVER_LOST "', '" SERVER_ACTIVE "', state), modified_on = ?"
	    " WHERE name = ?";

	return db_execute(db, sql, DB_VALUES(db_time(now), db_text(name)), NULL);
}
