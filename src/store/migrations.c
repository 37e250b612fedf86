/* Applies the files of sql/ to the database. */
#include "store/migrations.h"

#include <dirent.h>
#include <errno.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
	FILE_MAX = 1024 * 1024, /* bytes of one file */
};

/* The table, column or key exists already, or does not exist any more: an earlier or parallel run
 * did the work. MySQL has no ADD COLUMN IF NOT EXISTS. */
static const unsigned done_already[] = {ER_TABLE_EXISTS_ERROR, ER_DUP_FIELDNAME, ER_DUP_KEYNAME,
    ER_CANT_DROP_FIELD_OR_KEY, ER_DUP_ENTRY, 0};

static const char versions_table[] = "CREATE TABLE IF NOT EXISTS schema_migrations ("
				     " id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,"
				     " version VARBINARY(100) NOT NULL,"
				     " applied_on DATETIME(3) NOT NULL,"
				     " PRIMARY KEY (id),"
				     " UNIQUE KEY schema_migrations_version (version)"
				     ") ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4";

static enum db_outcome version_find(struct db *db, const char *version, bool *found)
{
	static const char sql[] = "SELECT version FROM schema_migrations WHERE version = ?";

	return db_exists(db, sql, DB_VALUES(db_text(version)), found);
}

static enum db_outcome version_newest(struct db *db, struct arena *arena, const char **version)
{
	static const char sql[] = "SELECT MAX(version) FROM schema_migrations";
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_NO_VALUES, &rows));
	*version = db_cell_text(&rows, 0, 0);
	return DB_OK;
}

static enum db_outcome version_add(struct db *db, const char *version)
{
	static const char sql[] =
	    "INSERT INTO schema_migrations (version, applied_on) VALUES (?, ?)";
	bool duplicate; /* an earlier try or a parallel run added it */

	return db_insert(db, sql, DB_VALUES(db_text(version), db_time(clock_now())), &duplicate);
}

bool migrations_version(
    struct db *db, struct arena *arena, const char **version, struct error *error)
{
	*version = NULL;
	return db_once(db, error, version_newest(db, arena, version));
}

bool migrations_check(struct db *db, struct arena *arena, struct error *error)
{
	const char *version = NULL;

	if (!migrations_version(db, arena, &version, error))
		return false;
	if (version == NULL)
		return error_set(error, ERROR_UNAVAILABLE,
		    "The database has no tables: run `confabctl migrate`.");
	return strcmp(version, MIGRATIONS_NEWEST) >= 0 ||
	       error_set(error, ERROR_UNAVAILABLE,
		   "The database's tables are those of %s, this program needs %s: run `confabctl"
		   " migrate`.",
		   version, MIGRATIONS_NEWEST);
}

static bool file_read(struct arena *arena, const char *path, char **text, struct error *error)
{
	FILE *file = fopen(path, "re");
	size_t len;

	if (file == NULL)
		return error_set(
		    error, ERROR_INTERNAL, "cannot read %s: %s", path, strerror(errno));
	*text = arena_alloc(arena, FILE_MAX + 1);
	len = fread(*text, 1, FILE_MAX, file);
	fclose(file);
	if (len == FILE_MAX)
		return error_set(error, ERROR_INTERNAL, "%s is too long", path);
	return true;
}

/* Overwrites comment lines with blanks, so that all other text keeps its place. */
static void comments_blank(char *text)
{
	for (char *line = text; *line != '\0';) {
		size_t len = strcspn(line, "\n");

		if (strncmp(line, "--", 2) == 0)
			memset(line, ' ', len);
		line += len + (line[len] == '\n');
	}
}

/* A statement ends with a semicolon at the end of a line. */
static bool statements_run(struct db *db, char *text, struct error *error)
{
	comments_blank(text);
	while (*text != '\0') {
		char *end = strstr(text, ";\n");

		if (end != NULL)
			*end = '\0';
		if (text[strspn(text, " \t\r\n")] != '\0' &&
		    !db_execute_text(db, text, done_already, error))
			return false;
		if (end == NULL)
			break;
		text = end + 2;
	}
	return true;
}

static int file_is_migration(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 9 && len < 100 && strspn(entry->d_name, "0123456789") == 4 &&
	       entry->d_name[4] == '-' && strcmp(entry->d_name + len - 4, ".sql") == 0;
}

static bool file_apply(struct db *db, struct arena *arena, const char *dir, const char *name,
    void (*report)(const char *), unsigned *applied, struct error *error)
{
	const char *version = arena_strndup(arena, name, strlen(name) - strlen(".sql"));
	char *text = NULL;
	bool found = false;

	db_deadline_start(db);
	if (!db_once(db, error, version_find(db, version, &found)))
		return false;
	if (found)
		return true;
	if (report != NULL)
		report(name);
	if (!file_read(arena, arena_printf(arena, "%s/%s", dir, name), &text, error) ||
	    !statements_run(db, text, error))
		return false;
	db_deadline_start(db);
	if (!db_once(db, error, version_add(db, version)))
		return false;
	(*applied)++;
	return true;
}

bool migrations_apply(struct db *db, struct arena *arena, const char *dir,
    void (*report)(const char *), unsigned *applied, struct error *error)
{
	struct dirent **files;
	int count = scandir(dir, &files, file_is_migration, alphasort);
	bool done = true;

	*applied = 0;
	if (count < 0)
		return error_set(
		    error, ERROR_INTERNAL, "cannot read the folder %s: %s", dir, strerror(errno));
	if (count == 0)
		done = error_set(error, ERROR_INTERNAL, "no migrations in %s", dir);
	if (done)
		done = db_execute_text(db, versions_table, done_already, error);
	for (int i = 0; i < count; i++) {
		if (done)
			done = file_apply(db, arena, dir, files[i]->d_name, report, applied, error);
		free(files[i]);
	}
	free(files);
	return done;
}
