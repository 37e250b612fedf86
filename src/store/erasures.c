/* Erases a person's identity from the rows of a session, and leaves a mark. */
#include "store/erasures.h"

#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "store/db_row.h"

/* Audit entries about the session's meeting, or about its archives. */
#define AUDIT_OF_MEETING                                                                           \
	"meetings m STRAIGHT_JOIN audit_logs t ON t.entity IN ('meeting', 'grant')"                \
	" AND t.entity_id = m.meeting_link"
#define AUDIT_OF_ARCHIVE                                                                           \
	"archives m STRAIGHT_JOIN audit_logs t ON t.entity = 'archive'"                            \
	" AND t.entity_id = m.archive_id"

/* All columns that may hold an alias as their whole value. The values of each statement: the
 * replacement, the session, the alias. The database sets columns from left to right. */
static const struct {
	const char *column;
	unsigned kinds; /* of aliases */
	const char *sql;
} columns[] = {
    {"attendees.attendee, .name, .ext_id", ALIAS_ATTENDEE,
	"UPDATE IGNORE attendees SET version = version + 1, attendee = ?,"
	" name = IF(name IS NULL, NULL, attendee), ext_id = NULL"
	" WHERE session_id = ? AND attendee = ?"},
    {"grants.attendee, .name, .name_shape, .name_folded", ALIAS_ATTENDEE,
	"UPDATE IGNORE grants SET version = version + 1, attendee = ?,"
	" name = IF(name IS NULL, NULL, attendee), name_shape = NULL, name_folded = NULL"
	" WHERE session_id = ? AND attendee = ?"},
    {"connections.attendee", ALIAS_ATTENDEE,
	"UPDATE connections SET attendee = ? WHERE session_id = ? AND attendee = ?"},
    {"connections.participant", ALIAS_PARTICIPANT,
	"UPDATE connections SET participant = ? WHERE session_id = ? AND participant = ?"},
    {"connection_ends.end_key", ALIAS_PARTICIPANT,
	"UPDATE IGNORE connection_ends SET end_key = ?"
	" WHERE session_id = ? AND scope = 2 AND end_key = ?"},
    {"meetings.created_by", ALIAS_ATTENDEE,
	"UPDATE meetings SET version = version + 1, created_by = ?"
	" WHERE session_id = ? AND created_by = ?"},
    {"meetings.modified_by", ALIAS_ATTENDEE,
	"UPDATE meetings SET version = version + 1, modified_by = ?"
	" WHERE session_id = ? AND modified_by = ?"},
    {"meetings.deleted_by", ALIAS_ATTENDEE,
	"UPDATE meetings SET version = version + 1, deleted_by = ?"
	" WHERE session_id = ? AND deleted_by = ?"},
    {"meetings.ext_id", ALIAS_ATTENDEE | ALIAS_NAME,
	"UPDATE meetings SET version = version + 1, ext_id = ?"
	" WHERE session_id = ? AND CAST(ext_id AS BINARY) = ?"},
    {"archives.name", ALIAS_ATTENDEE | ALIAS_NAME,
	"UPDATE archives SET version = version + 1, name = ?"
	" WHERE session_id = ? AND CAST(name AS BINARY) = ?"},
    {"audit_logs.actor of meetings and grants", ALIAS_ATTENDEE,
	"UPDATE " AUDIT_OF_MEETING " SET t.actor = ? WHERE m.session_id = ? AND t.actor = ?"},
    {"audit_logs.actor of archives", ALIAS_ATTENDEE,
	"UPDATE " AUDIT_OF_ARCHIVE " SET t.actor = ? WHERE m.session_id = ? AND t.actor = ?"},
    {"idempotency.principal", ALIAS_ATTENDEE,
	"UPDATE meetings m STRAIGHT_JOIN idempotency i ON i.tenant IN ('', COALESCE(m.tenant, ''))"
	" AND i.meeting_link = m.meeting_link SET i.version = i.version + 1, i.principal = ?"
	" WHERE m.session_id = ? AND i.principal = ?"},
};

/* Rows that UPDATE IGNORE leaves, because the pseudonym has a row already: a worker of the last
 * release has brought the person back after an earlier erasure. */
static const char *const leftovers[] = {
    "DELETE FROM attendees WHERE session_id = ? AND attendee = ?",
    "DELETE FROM grants WHERE session_id = ? AND attendee = ?",
};

/* All columns of a session with JSON that may hold an alias. */
static const struct {
	const char *column;
	const char *select; /* id and text */
	const char *update; /* the text and the id */
} texts[] = {
    {"attendees.event_payload",
	"SELECT id, event_payload AS text FROM attendees WHERE session_id = ?",
	"UPDATE attendees SET version = version + 1, event_payload = ? WHERE id = ?"},
    {"meetings.ext_metadata", "SELECT id, ext_metadata AS text FROM meetings WHERE session_id = ?",
	"UPDATE meetings SET version = version + 1, ext_metadata = ? WHERE id = ?"},
    {"meeting_events.data", "SELECT id, data AS text FROM meeting_events WHERE session_id = ?",
	"UPDATE meeting_events SET data = ? WHERE id = ?"},
    {"meeting_events.audience",
	"SELECT id, audience AS text FROM meeting_events WHERE session_id = ?",
	"UPDATE meeting_events SET audience = ? WHERE id = ?"},
    {"audit_logs.before_value of meetings and grants",
	"SELECT t.id, t.before_value AS text FROM " AUDIT_OF_MEETING " WHERE m.session_id = ?",
	"UPDATE audit_logs SET before_value = ? WHERE id = ?"},
    {"audit_logs.after_value of meetings and grants",
	"SELECT t.id, t.after_value AS text FROM " AUDIT_OF_MEETING " WHERE m.session_id = ?",
	"UPDATE audit_logs SET after_value = ? WHERE id = ?"},
    {"audit_logs.before_value of archives",
	"SELECT t.id, t.before_value AS text FROM " AUDIT_OF_ARCHIVE " WHERE m.session_id = ?",
	"UPDATE audit_logs SET before_value = ? WHERE id = ?"},
    {"audit_logs.after_value of archives",
	"SELECT t.id, t.after_value AS text FROM " AUDIT_OF_ARCHIVE " WHERE m.session_id = ?",
	"UPDATE audit_logs SET after_value = ? WHERE id = ?"},
};

enum db_outcome erasure_known(struct db *db, const struct erasure_target *target, bool *known)
{
	static const char sql[] =
	    "SELECT 1 FROM grants WHERE session_id = ? AND attendee = ?"
	    " UNION SELECT 1 FROM attendees WHERE session_id = ? AND attendee = ?"
	    " UNION SELECT 1 FROM connections WHERE session_id = ? AND attendee = ?"
	    " UNION SELECT 1 FROM invite_codes WHERE session_id = ? AND invite = ?"
	    " UNION SELECT 1 FROM erasures WHERE session_id = ? AND pseudonym = ?"
	    " UNION SELECT 1 FROM meetings WHERE session_id = ? AND ? IN"
	    " (created_by, modified_by, COALESCE(deleted_by, ''))"
	    " UNION SELECT 1 FROM " AUDIT_OF_MEETING " WHERE m.session_id = ? AND t.actor = ?";
	const struct db_value session = db_text(target->session_id);
	const struct db_value who = db_text(target->attendee);

	return db_exists(db, sql,
	    DB_VALUES(session, who, session, who, session, who, session, who, session,
		db_text(target->pseudonym), session, who, session, who),
	    known);
}

enum {
	PARTICIPANT_RANDOM = 8, /* characters */
};

/* Appends the first column of all rows as aliases. */
static void aliases_read(struct arena *arena, const struct db_rows *rows, enum alias_kind kind,
    const char *pseudonym, struct alias *aliases, size_t *count)
{
	for (size_t i = 0; i < rows->count; i++) {
		const char *to = pseudonym;
		char suffix[PARTICIPANT_RANDOM + 1];

		if (kind == ALIAS_PARTICIPANT) {
			random_id(suffix, PARTICIPANT_RANDOM);
			to = arena_printf(arena, "%s-%s", pseudonym, suffix);
		}
		aliases[(*count)++] =
		    (struct alias){.kind = kind, .from = db_cell_text(rows, i, 0), .to = to};
	}
}

enum db_outcome erasure_identity(struct db *db, struct arena *arena,
    const struct erasure_target *target, const char *prefix, struct identity *identity)
{
	/* Bytes: tables that were made by different servers may have different collations, and Zoe
	 * and Zoë are two names. */
	static const char names[] = "SELECT CAST(name AS BINARY) FROM grants"
				    " WHERE session_id = ? AND attendee = ? AND name <> ''"
				    " UNION SELECT CAST(name AS BINARY) FROM attendees"
				    " WHERE session_id = ? AND attendee = ? AND name <> ''"
				    " UNION SELECT CAST(name AS BINARY) FROM invite_codes"
				    " WHERE session_id = ? AND invite = ? AND name <> ''";
	static const char participants[] =
	    "SELECT participant FROM connections"
	    " WHERE session_id = ? AND attendee = ? AND participant <> ''"
	    " UNION SELECT end_key FROM connection_ends"
	    " WHERE session_id = ? AND scope = 2 AND LEFT(end_key, LENGTH(?)) = ?";
	const struct db_value session = db_text(target->session_id);
	const struct db_value who = db_text(target->attendee), start = db_text(prefix);
	struct db_rows name_rows, participant_rows;
	struct alias *aliases;
	size_t count = 1;

	DB_TRY(db_select(
	    db, arena, names, DB_VALUES(session, who, session, who, session, who), &name_rows));
	DB_TRY(db_select(db, arena, participants, DB_VALUES(session, who, session, start, start),
	    &participant_rows));
	aliases =
	    arena_alloc(arena, (1 + name_rows.count + participant_rows.count) * sizeof *aliases);
	aliases[0] = (struct alias){
	    .kind = ALIAS_ATTENDEE, .from = target->attendee, .to = target->pseudonym};
	aliases_read(arena, &name_rows, ALIAS_NAME, target->pseudonym, aliases, &count);
	aliases_read(
	    arena, &participant_rows, ALIAS_PARTICIPANT, target->pseudonym, aliases, &count);
	*identity = (struct identity){.aliases = aliases, .count = count};
	return DB_OK;
}

/* Deletes the codes of the person's invite: nobody can use them any more. Invites for others of the
 * same name stay. */
static enum db_outcome invite_erase(struct db *db, const struct erasure_target *target)
{
	static const char sql[] = "DELETE FROM invite_codes WHERE session_id = ? AND invite = ?";

	return db_execute(
	    db, sql, DB_VALUES(db_text(target->session_id), db_text(target->attendee)), NULL);
}

static enum db_outcome columns_erase(
    struct db *db, const struct erasure_target *target, const struct identity *identity)
{
	for (size_t i = 0; i < identity->count; i++) {
		const struct alias *alias = &identity->aliases[i];

		for (size_t j = 0; j < sizeof columns / sizeof columns[0]; j++) {
			if ((columns[j].kinds & alias->kind) != 0)
				DB_TRY(db_execute(db, columns[j].sql,
				    DB_VALUES(db_text(alias->to), db_text(target->session_id),
					db_text(alias->from)),
				    NULL));
		}
	}
	for (size_t i = 0; i < sizeof leftovers / sizeof leftovers[0]; i++)
		DB_TRY(db_execute(db, leftovers[i],
		    DB_VALUES(db_text(target->session_id), db_text(target->attendee)), NULL));
	return DB_OK;
}

struct text_row {
	int64_t id;
	const char *text;
};

static const struct db_column text_columns[] = {
    DB_COLUMN(struct text_row, id),
    DB_COLUMN(struct text_row, text),
};

static enum db_outcome text_erase(struct db *db, struct arena *arena,
    const struct identity *identity, const struct text_row *row, const char *update)
{
	const char *text = row->text == NULL ? NULL : identity_erase(arena, identity, row->text);

	if (text == NULL)
		return DB_OK;
	return db_execute(db, update, DB_VALUES(db_text(text), db_integer(row->id)), NULL);
}

static enum db_outcome texts_erase(
    struct db *db, struct arena *arena, const char *session_id, const struct identity *identity)
{
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct db_rows rows;

		DB_TRY(
		    db_select(db, arena, texts[i].select, DB_VALUES(db_text(session_id)), &rows));
		for (size_t j = 0; j < rows.count; j++) {
			struct text_row row;

			db_row_read(&rows, j, text_columns, DB_COLUMNS(text_columns), &row);
			DB_TRY(text_erase(db, arena, identity, &row, texts[i].update));
		}
	}
	return DB_OK;
}

enum db_outcome erasure_write(struct db *db, struct arena *arena,
    const struct erasure_target *target, const struct identity *identity, int64_t now)
{
	static const char mark[] =
	    "INSERT INTO erasures (session_id, pseudonym, created_on) VALUES (?, ?, ?)";
	bool duplicate; /* an earlier erasure */

	DB_TRY(db_insert(db, mark,
	    DB_VALUES(db_text(target->session_id), db_text(target->pseudonym), db_time(now)),
	    &duplicate));
	DB_TRY(texts_erase(db, arena, target->session_id, identity));
	DB_TRY(invite_erase(db, target));
	return columns_erase(db, target, identity);
}

static const struct db_column meeting_columns[] = {
    DB_COLUMN(struct erasure_meeting, id),
    DB_COLUMN(struct erasure_meeting, meeting_link),
};

enum db_outcome erasure_meetings(struct db *db, struct arena *arena, const char *tenant,
    const char *attendee, int64_t after, size_t limit, struct erasure_meeting **meetings,
    size_t *count)
{
	/* There is no key by the person alone: this looks at every meeting of the tenant, each by
	 * keys. */
	static const char sql[] =
	    "SELECT m.id, m.meeting_link FROM meetings m WHERE m.id > ? AND m.tenant <=> ?"
	    " AND (? IN (m.created_by, m.modified_by, COALESCE(m.deleted_by, ''))"
	    " OR EXISTS (SELECT 1 FROM grants g WHERE g.session_id = m.session_id"
	    " AND g.attendee = ?)"
	    " OR EXISTS (SELECT 1 FROM connections c WHERE c.session_id = m.session_id"
	    " AND c.attendee = ?)"
	    " OR EXISTS (SELECT 1 FROM attendees a WHERE a.session_id = m.session_id"
	    " AND a.attendee = ?)"
	    " OR EXISTS (SELECT 1 FROM invite_codes i WHERE i.session_id = m.session_id"
	    " AND i.invite = ?)"
	    " OR EXISTS (SELECT 1 FROM audit_logs l WHERE l.entity = 'meeting'"
	    " AND l.entity_id = m.meeting_link AND l.actor = ?)"
	    " OR EXISTS (SELECT 1 FROM audit_logs l WHERE l.entity = 'grant'"
	    " AND l.entity_id = m.meeting_link AND l.actor = ?))"
	    " ORDER BY m.id LIMIT ?";
	const struct db_value who = db_text(attendee);
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql,
	    DB_VALUES(db_integer(after), db_text(tenant), who, who, who, who, who, who, who,
		db_integer((int64_t)limit)),
	    &rows));
	*count = rows.count;
	*meetings = arena_alloc(arena, (rows.count + 1) * sizeof **meetings);
	db_rows_read(
	    &rows, meeting_columns, DB_COLUMNS(meeting_columns), *meetings, sizeof **meetings);
	return DB_OK;
}

struct audit_row {
	int64_t id;
	const char *before_value, *after_value;
};

static const struct db_column audit_columns[] = {
    DB_COLUMN(struct audit_row, id),
    DB_COLUMN(struct audit_row, before_value),
    DB_COLUMN(struct audit_row, after_value),
};

static enum db_outcome audit_entry_erase(struct db *db, struct arena *arena,
    const struct identity *identity, const struct audit_row *row)
{
	static const char sql[] =
	    "UPDATE audit_logs SET actor = IF(actor = ?, ?, actor),"
	    " before_value = COALESCE(?, before_value), after_value = COALESCE(?, after_value)"
	    " WHERE id = ?";
	const struct alias *who = &identity->aliases[0];
	const char *before = row->before_value, *after = row->after_value;

	return db_execute(db, sql,
	    DB_VALUES(db_text(who->from), db_text(who->to),
		db_text(before == NULL ? NULL : identity_erase(arena, identity, before)),
		db_text(after == NULL ? NULL : identity_erase(arena, identity, after)),
		db_integer(row->id)),
	    NULL);
}

enum db_outcome erasure_audit(struct db *db, struct arena *arena, const char *tenant,
    const struct identity *identity, struct erasure_batch batch, struct erasure_batch *next)
{
	static const char sql[] =
	    "SELECT l.id, l.before_value, l.after_value FROM audit_logs l"
	    " LEFT JOIN meetings m ON l.entity IN ('meeting', 'grant')"
	    " AND m.meeting_link = l.entity_id"
	    " LEFT JOIN archives a ON l.entity = 'archive' AND a.archive_id = l.entity_id"
	    " WHERE l.id > ? AND l.tenant <=> ? AND m.id IS NULL AND a.id IS NULL"
	    " AND (l.actor = ? OR INSTR(l.before_value, ?) > 0 OR INSTR(l.after_value, ?) > 0)"
	    " ORDER BY l.id LIMIT ?";
	/* The attendee as JSON text, without the quotation marks. */
	struct json_object *string = json_object_new_string(identity->aliases[0].from);
	const char *quoted = arena_strdup(arena, json_text(string));
	const char *inside = arena_strndup(arena, quoted + 1, strlen(quoted) - 2);
	struct db_rows rows;

	json_object_put(string);
	DB_TRY(db_select(db, arena, sql,
	    DB_VALUES(db_integer(batch.after), db_text(tenant), db_text(identity->aliases[0].from),
		db_text(inside), db_text(inside), db_integer((int64_t)batch.limit)),
	    &rows));
	*next = (struct erasure_batch){.limit = rows.count == batch.limit ? batch.limit : 0};
	for (size_t i = 0; i < rows.count; i++) {
		struct audit_row row;

		db_row_read(&rows, i, audit_columns, DB_COLUMNS(audit_columns), &row);
		next->after = row.id;
		DB_TRY(audit_entry_erase(db, arena, identity, &row));
	}
	return DB_OK;
}
