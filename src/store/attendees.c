/* The table of attendees: one row for each person in a session, computed from the facts. */
#include "store/attendees.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "store/db_row.h"
#include "store/meetings.h"

/* The latest event about a person, as a fixed list of fields: no text from the client itself, no
 * token, no address. Also not its session and handle in Janus: anybody with a join token can
 * command them (measured with 1.1.2). */
static const char *event_payload(
    struct arena *arena, const char *session_id, const struct attendance *attendance)
{
	const struct connection *connection = attendance->event_connection;
	struct json_object *payload = json_object_new_object();

	json_add_text(payload, "event", attendance->event);
	json_add_time(payload, "timestamp", attendance->event_at);
	json_add_text(payload, "sessionId", session_id);
	if (*connection->participant != '\0')
		json_add_text(payload, "participantId", connection->participant);
	json_add_text(payload, "attendee", connection->attendee);
	json_add_text(payload, "role", role_name(connection->role));
	return json_text_take(arena, payload);
}

enum db_outcome attendee_put(struct db *db, struct arena *arena, const char *session_id,
    const char *attendee, const struct grant *grant, const struct attendance *attendance,
    int64_t now)
{
	static const char sql[] =
	    "INSERT INTO attendees (session_id, attendee, name, verified, role, joined_on, left_on,"
	    " is_active, open_since, closed_us, devices, event_payload, created_on, modified_on)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	    " ON DUPLICATE KEY UPDATE version = version + 1, name = VALUES(name),"
	    " verified = VALUES(verified),"
	    " role = VALUES(role), joined_on = VALUES(joined_on), left_on = VALUES(left_on),"
	    " is_active = VALUES(is_active), open_since = VALUES(open_since),"
	    " closed_us = VALUES(closed_us), devices = VALUES(devices),"
	    " event_payload = VALUES(event_payload), modified_on = VALUES(modified_on)";

	return db_execute(db, sql,
	    DB_VALUES(db_text(session_id), db_text(attendee), db_text(grant->name),
		db_integer(grant->verified), db_integer((int64_t)attendance->role),
		db_time(attendance->joined_on), db_time(attendance->left_on),
		db_integer(attendance->open_since != TIME_NONE), db_time(attendance->open_since),
		db_integer(attendance->closed_time), db_integer(attendance->devices),
		db_text(event_payload(arena, session_id, attendance)), db_time(now), db_time(now)),
	    NULL);
}

enum db_outcome attendee_known(
    struct db *db, struct arena *arena, const char *session_id, const char *attendee, bool *known)
{
	static const char sql[] =
	    "SELECT 1 FROM grants WHERE session_id = ? AND attendee = ?"
	    " UNION SELECT 1 FROM attendees WHERE session_id = ? AND attendee = ?";
	const struct db_value session = db_text(session_id), who = db_text(attendee);
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql, DB_VALUES(session, who, session, who), &rows));
	*known = rows.count > 0;
	return DB_OK;
}

static const struct db_column columns[] = {
    DB_COLUMN(struct attendee, id),
    DB_COLUMN(struct attendee, session_id),
    DB_COLUMN(struct attendee, attendee),
    DB_COLUMN(struct attendee, name),
    DB_COLUMN(struct attendee, verified),
    DB_COLUMN(struct attendee, role),
    DB_TIME_COLUMN(struct attendee, joined_on),
    DB_TIME_COLUMN(struct attendee, left_on),
    DB_COLUMN(struct attendee, is_active),
    DB_TIME_COLUMN(struct attendee, open_since),
    DB_COLUMN(struct attendee, closed_us),
    DB_COLUMN(struct attendee, devices),
    DB_COLUMN(struct attendee, event_payload),
    DB_TIME_COLUMN(struct attendee, created_on),
    DB_TIME_COLUMN(struct attendee, modified_on),
    DB_TIME_COLUMN(struct attendee, waiting_since),
};

/* The columns of the meeting, in each row. */
static const struct db_column meeting_columns[] = {
    DB_COLUMN(struct attendee_list, is_recording),
};

struct attendee_count {
	int64_t total, meetings;
	bool is_recording;
};

static const struct db_column count_columns[] = {
    DB_COLUMN(struct attendee_count, total),
    DB_COLUMN(struct attendee_count, meetings),
    DB_COLUMN(struct attendee_count, is_recording),
};

static enum db_outcome attendees_count(struct db *db, struct arena *arena, struct target target,
    const struct attendee_query *query, struct attendee_list *list)
{
	static const char sql[] =
	    "SELECT COUNT(a.id) AS total, COUNT(*) AS meetings, MAX(" MEETING_IS_RECORDING
	    ") AS is_recording FROM meetings m"
	    " LEFT JOIN attendees a ON a.session_id = m.session_id AND (? = 0 OR a.is_active)"
	    " WHERE m.meeting_link = ? AND m.deleted = FALSE AND " MEETING_IN_SCOPE;
	struct attendee_count count;
	struct db_rows rows;

	DB_TRY(db_select(db, arena, sql,
	    DB_VALUES(
		db_integer(query->active_only), db_text(target.name), SCOPE_VALUES(target.scope)),
	    &rows));
	db_row_read(&rows, 0, count_columns, DB_COLUMNS(count_columns), &count);
	list->total = count.total;
	list->meeting_found = count.meetings > 0;
	list->is_recording = count.is_recording;
	return DB_OK;
}

/* The database sorts only pages. The rows have text columns, so sorting needs a temporary table on
 * disk (measured: a fifth of the requests). */
#define ATTENDEES_SELECT                                                                           \
	"SELECT m.session_id, a.id, a.attendee, a.name, a.role, a.joined_on, a.left_on,"           \
	" a.is_active, a.open_since, a.closed_us, a.devices, a.event_payload,"                     \
	" a.created_on, a.modified_on, a.verified, NULL AS waiting_since, " MEETING_IS_RECORDING   \
	" AS is_recording FROM meetings m"                                                         \
	" LEFT JOIN attendees a ON a.session_id = m.session_id AND (? = 0 OR a.is_active)"         \
	" WHERE m.meeting_link = ? AND m.deleted = FALSE AND " MEETING_IN_SCOPE

static int attendee_compare(const void *a, const void *b)
{
	const struct attendee *one = a, *other = b;

	if (one->joined_on != other->joined_on)
		return one->joined_on < other->joined_on ? -1 : 1;
	return strcmp(one->attendee, other->attendee);
}

static enum db_outcome attendees_select(struct db *db, struct arena *arena, struct target target,
    const struct attendee_query *query, struct db_rows *rows)
{
	static const char all[] = ATTENDEES_SELECT;
	static const char page[] =
	    ATTENDEES_SELECT " ORDER BY a.joined_on, a.attendee LIMIT ? OFFSET ?";
	const struct db_value active_only = db_integer(query->active_only);
	const struct db_value link = db_text(target.name);

	if (query->limit == 0)
		return db_select(
		    db, arena, all, DB_VALUES(active_only, link, SCOPE_VALUES(target.scope)), rows);
	return db_select(db, arena, page,
	    DB_VALUES(active_only, link, SCOPE_VALUES(target.scope), db_integer(query->limit),
		db_integer(query->offset)),
	    rows);
}

enum db_outcome attendees_find(struct db *db, struct arena *arena, struct target target,
    const struct attendee_query *query, struct attendee_list *list)
{
	struct db_rows rows;

	/* One query gives the attendees, and shows that the meeting exists: without attendees the
	 * outer join gives one row of NULLs. */
	*list = (struct attendee_list){0};
	DB_TRY(attendees_select(db, arena, target, query, &rows));
	list->meeting_found = rows.count > 0;
	list->attendees = arena_alloc(arena, (rows.count + 1) * sizeof *list->attendees);
	db_rows_read(&rows, columns, DB_COLUMNS(columns), list->attendees, sizeof *list->attendees);
	if (rows.count > 0)
		db_row_read(&rows, 0, meeting_columns, DB_COLUMNS(meeting_columns), list);
	list->count = rows.count == 1 && list->attendees[0].id == 0 ? 0 : rows.count;
	if (query->limit == 0 && list->count > 1)
		qsort(list->attendees, list->count, sizeof *list->attendees, attendee_compare);
	/* A page behind the last attendee has no rows; the count still finds the meeting. */
	return query->with_total ? attendees_count(db, arena, target, query, list) : DB_OK;
}
