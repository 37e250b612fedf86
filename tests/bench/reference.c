/* The program that scripts/bench compares Confab with: the same database and Janus work, and
 * nothing else.
 *
 * A FastCGI worker. The path names the work and its values:
 *
 *   /answer                              answers
 *   /query/SIZE/LINK                     the attendee list's queries; answers SIZE bytes
 *   /token-query/SIZE/LINK/ATTENDEE      the token's query; answers SIZE bytes
 *   /janus/SIZE/LINK/ATTENDEE/ROOM       the token's query, and adds a token to a room's list
 *   /admit/SIZE/LINK/ATTENDEE/ROOM       the same, and one row of grants
 *   /insert                              one row of meetings
 *   /transaction/SESSION/ATTENDEE        the statements of one "joined" event, in a transaction,
 *                                        and the queries for removed people and for what is to be
 *                                        pushed
 *
 * CONFAB_CONF names the settings. Everything is prepared and kept: statements, connections,
 * answers. The SQL is Confab's (src/store/), and so are the options of the connection. */
#include <curl/curl.h>
#include <errno.h>
#include <fcgiapp.h>
#include <mysql.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	PARTS_MAX = 6, /* of a path */
	PATH_SIZE = 512,
	VALUES_MAX = 24, /* of one statement */
	COLUMNS_MAX = 48,
	COLUMN_SIZE = 1024, /* bytes of a text column's buffer */
	SETTING_SIZE = 512,
	ANSWER_MAX = 65536, /* bytes */
	JANUS_SIZE = 4096,
};

/* my_bool with MariaDB's client, bool with MySQL's. */
typedef __typeof__(*((MYSQL_BIND *)NULL)->is_null) db_flag;

/* A statement and its result's buffers, prepared once. */
struct statement {
	const char *sql;
	MYSQL_STMT *stmt;
	unsigned column_count;
	unsigned long long row_count; /* of the last result */
	MYSQL_BIND binds[COLUMNS_MAX];
	char *cells[COLUMNS_MAX];
	unsigned long lengths[COLUMNS_MAX];
	db_flag nulls[COLUMNS_MAX];
	db_flag errors[COLUMNS_MAX];
};

struct value {
	enum { VALUE_TEXT, VALUE_INTEGER, VALUE_NOW, VALUE_NULL } type;
	const char *text;
	long long integer;
};

#define TEXT(given)    ((struct value){.type = VALUE_TEXT, .text = (given)})
#define INTEGER(given) ((struct value){.type = VALUE_INTEGER, .integer = (given)})
#define NOW            ((struct value){.type = VALUE_NOW})
#define NOTHING        ((struct value){.type = VALUE_NULL})
#define VALUES(...)                                                                                \
	(const struct value[]){__VA_ARGS__},                                                       \
	    sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value)

#define MEETING_COLUMNS                                                                             \
	" m.id, m.version, m.meeting_link, m.session_id, m.provider, m.is_scheduled,"               \
	" m.schedule_time, m.is_archived, m.end_to_end_encryption, m.archive_id,"                   \
	" m.recording_id, m.upload_target, m.start_time, m.end_time, m.ended_by_request, m.ext_id," \
	" m.ext_metadata, m.deleted, m.deleted_on, m.deleted_by, m.created_on,"                     \
	" m.modified_on, m.created_by, m.modified_by, m.token_until, m.tenant, m.server, m.access"

#define MEETING_IN_SCOPE "(? IS NULL OR m.tenant IS NULL OR m.tenant = ?)"

static struct statement waiting = {
    .sql = "SELECT MIN(g.id) AS id, MIN(g.session_id) AS session_id, g.attendee, MAX(g.role) AS "
	   "role, MAX(g.name) AS name, MAX(g.verified) AS verified, MIN(g.waiting_since) AS"
	   " waiting_since, MIN(g.created_on) AS created_on, MAX(g.modified_on) AS modified_on"
	   " FROM meetings m"
	   " JOIN grants g ON g.session_id = m.session_id AND g.waiting_since IS NOT NULL"
	   " WHERE m.meeting_link = ? AND m.end_time IS NULL AND m.deleted = FALSE"
	   " AND " MEETING_IN_SCOPE " GROUP BY g.attendee ORDER BY waiting_since, id"};

static struct statement attendees = {
    .sql = "SELECT m.session_id, a.id, a.attendee, a.name, a.role, a.joined_on, a.left_on,"
	   " a.is_active, a.open_since, a.closed_us, a.devices, a.event_payload,"
	   " a.created_on, a.modified_on, a.verified, NULL AS waiting_since,"
	   " (m.recording_id IS NOT NULL AND m.end_time IS NULL) AS is_recording FROM meetings m"
	   " LEFT JOIN attendees a ON a.session_id = m.session_id AND (? = 0 OR a.is_active)"
	   " WHERE m.meeting_link = ? AND m.deleted = FALSE AND " MEETING_IN_SCOPE};

static struct statement grant_view = {
    .sql = "SELECT" MEETING_COLUMNS ", g.id AS grant_id, g.name, g.room_epoch, g.verified,"
	   " (SELECT MAX(b.banned_on) FROM grants b"
	   " WHERE b.session_id = m.session_id AND b.attendee = ?) AS banned_on,"
	   " (SELECT MAX(w.waiting_since) FROM grants w"
	   " WHERE w.session_id = m.session_id AND w.attendee = ?) AS waiting_since,"
	   " EXISTS (SELECT 1 FROM grants k"
	   " WHERE k.session_id = m.session_id AND k.attendee = ?) AS is_known,"
	   " EXISTS (SELECT 1 FROM grants h WHERE h.session_id = m.session_id"
	   " AND h.banned_on IS NOT NULL AND h.invite = ?) AS is_suspect, s.name AS server_name,"
	   " s.control_url, s.public_url, s.epoch, FALSE AS name_taken"
	   " FROM meetings m"
	   " LEFT JOIN grants g ON g.session_id = m.session_id AND g.attendee = ? AND g.role = ?"
	   " LEFT JOIN media_servers s ON s.name = m.server"
	   " WHERE m.meeting_link = ? AND " MEETING_IN_SCOPE};

static struct statement meeting_insert = {
    .sql = "INSERT INTO meetings (meeting_link, session_id, provider, is_scheduled,"
	   " schedule_time, is_archived, end_to_end_encryption, archive_id,"
	   " recording_id, ext_id, ext_metadata, created_on, modified_on, created_by,"
	   " modified_by, tenant, access) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
	   " ?)"};

static struct statement grant_put = {
    .sql = "INSERT INTO grants (session_id, attendee, role, name, verified, name_shape,"
	   " name_folded, room_epoch, invite, waiting_since, created_on, modified_on)"
	   " SELECT m.session_id, ?, ?, IF(? AND EXISTS (SELECT v.id FROM grants v"
	   " WHERE v.session_id = m.session_id AND v.verified = TRUE AND v.attendee <> ?"
	   " AND (v.name_shape = ? OR v.name_folded = ?) LOCK IN SHARE MODE), ?, ?),"
	   " ?, ?, ?, ?, ?, ?, ?, ? FROM meetings m"
	   " WHERE m.id = ? AND m.end_time IS NULL AND m.deleted = FALSE"
	   " AND NOT EXISTS (SELECT 1 FROM grants b WHERE b.session_id = m.session_id"
	   " AND b.attendee = ? AND b.banned_on IS NOT NULL) LOCK IN SHARE MODE"
	   " ON DUPLICATE KEY UPDATE version = grants.version + 1,"
	   " verified = IF(VALUES(name) IS NULL, grants.verified, VALUES(verified)),"
	   " name_shape = COALESCE(VALUES(name_shape), grants.name_shape),"
	   " name_folded = COALESCE(VALUES(name_folded), grants.name_folded),"
	   " name = COALESCE(VALUES(name), grants.name),"
	   " invite = COALESCE(VALUES(invite), grants.invite),"
	   " room_epoch = VALUES(room_epoch), modified_on = VALUES(modified_on)"};

static struct statement banned = {
    .sql = "SELECT COALESCE(m.end_time, IF(m.deleted, m.deleted_on, NULL)), g.attendee"
	   " FROM meetings m LEFT JOIN grants g ON g.session_id = m.session_id"
	   " AND g.banned_on IS NOT NULL WHERE m.session_id = ?"};

static struct statement meeting_touch = {.sql = "UPDATE meetings SET version = version + 1"
						" WHERE session_id = ? AND deleted = FALSE"};

static struct statement grant_highest = {
    .sql = "SELECT g.attendee, g.role, IF(g.verified = FALSE AND g.name_shape IS NOT NULL"
	   " AND g.name NOT LIKE '% (guest)' AND EXISTS (SELECT v.id FROM grants v"
	   " WHERE v.session_id = g.session_id AND v.verified = TRUE AND v.attendee <> g.attendee"
	   " AND (v.name_shape = g.name_shape OR v.name_folded = g.name_folded)),"
	   " CONCAT(LEFT(g.name, 247), ' (guest)'), g.name) AS name, g.verified, g.room_epoch,"
	   " g.banned_on FROM grants g WHERE g.session_id = ? AND g.attendee = ?"
	   " ORDER BY g.role DESC LIMIT 1 LOCK IN SHARE MODE"};

static struct statement opening_put = {
    .sql = "INSERT INTO connections (session_id, connection_id, device, participant, attendee,"
	   " server, role, event, joined_at, stamped_at, created_on, modified_on)"
	   " SELECT session_id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM meetings"
	   " WHERE session_id = ? AND (end_time IS NULL OR end_time >= ?)"
	   " AND NOT EXISTS (SELECT e.id FROM erasures e"
	   " WHERE e.session_id = meetings.session_id AND e.pseudonym = ?)"};

static struct statement openings = {
    .sql = "SELECT c.id, COALESCE(c.server, (SELECT f.name FROM media_servers f"
	   " ORDER BY f.id LIMIT 1), '') AS server, c.connection_id, c.device, c.participant,"
	   " c.attendee, c.role, c.event, c.joined_at, c.stamped_at, c.left_at, c.left_event"
	   " FROM connections c WHERE c.session_id = ? AND c.attendee = ?"
	   " ORDER BY c.joined_at, c.connection_id"};

#define ENDINGS_OF_ALL "SELECT scope, end_key, event, ended_at, stamped_at FROM connection_ends"

static struct statement endings = {
    .sql = "SELECT e.scope, e.end_key, e.event, e.ended_at, e.stamped_at FROM connections c"
	   " JOIN connection_ends e ON e.session_id = c.session_id AND e.scope IN (1, 5)"
	   " AND e.end_key IN (c.connection_id, c.device) WHERE c.session_id = ?"
	   " AND c.attendee = ?"
	   " UNION "
	   "SELECT e.scope, e.end_key, e.event, e.ended_at, e.stamped_at FROM connections c"
	   " JOIN connection_ends e ON e.session_id = c.session_id AND e.scope = 2"
	   " AND e.end_key = c.participant WHERE c.session_id = ? AND c.attendee = ?"
	   " AND c.participant <> ''"
	   " UNION " ENDINGS_OF_ALL " WHERE session_id = ? AND scope = 3 AND ended_at >= ?"
	   " UNION " ENDINGS_OF_ALL " WHERE session_id = ? AND scope = 3 AND stamped_at >= ?"
	   " UNION " ENDINGS_OF_ALL
	   " WHERE session_id = '' AND scope = 4 AND end_key IN ('', ?) AND ended_at >= ?"
	   " UNION " ENDINGS_OF_ALL
	   " WHERE session_id = '' AND scope = 4 AND end_key IN ('', ?) AND stamped_at >= ?"};

static struct statement attendee_put = {
    .sql = "INSERT INTO attendees (session_id, attendee, name, verified, role, joined_on, left_on,"
	   " is_active, open_since, closed_us, devices, event_payload, created_on, modified_on)"
	   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	   " ON DUPLICATE KEY UPDATE version = version + 1, name = VALUES(name),"
	   " verified = VALUES(verified), role = VALUES(role), joined_on = VALUES(joined_on),"
	   " left_on = VALUES(left_on), is_active = VALUES(is_active),"
	   " open_since = VALUES(open_since), closed_us = VALUES(closed_us),"
	   " devices = VALUES(devices), event_payload = VALUES(event_payload),"
	   " modified_on = VALUES(modified_on)"};

static struct statement event_put = {
    .sql = "INSERT INTO meeting_events (session_id, seq, cause, type, audience, data, at)"
	   " SELECT m.session_id, (SELECT COALESCE(MAX(e.seq), 0) + 1 FROM meeting_events e"
	   " WHERE e.session_id = m.session_id), ?, ?, ?, ?, ? FROM meetings m"
	   " WHERE m.session_id = ? AND m.deleted = FALSE"
	   " AND NOT EXISTS (SELECT 1 FROM meeting_events c"
	   " WHERE c.session_id = m.session_id AND c.cause = ?)"};

static struct statement events_to_push = {
    .sql = "SELECT e.session_id, CAST(e.seq AS SIGNED) AS seq, e.type, e.audience, e.data, e.at,"
	   " s.name, s.control_url, s.public_url FROM meeting_events e"
	   " JOIN meetings m ON m.session_id = e.session_id"
	   " JOIN media_servers s ON s.name = m.server WHERE e.id BETWEEN ? AND ?"
	   " ORDER BY s.id, e.session_id, e.seq LIMIT 1000"};

static struct statement first_server = {
    .sql = "SELECT name FROM media_servers ORDER BY id LIMIT 1"};

static struct {
	MYSQL *mysql;
	CURL *curl;
	struct curl_slist *headers;
	char janus_url[SETTING_SIZE];
	char janus_secret[SETTING_SIZE];
	char server[65]; /* the media server's name */
	char filler[ANSWER_MAX];
	unsigned long number; /* of this request, for what must be unique */
} worker;

/* ---- settings ---- */

static void setting_read(const char *name, char value[static SETTING_SIZE])
{
	const char *path = getenv("CONFAB_CONF");
	FILE *file = path == NULL ? NULL : fopen(path, "r");
	char line[SETTING_SIZE];
	size_t len = strlen(name);

	*value = '\0';
	if (file == NULL)
		return;
	while (fgets(line, sizeof line, file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, name, len) == 0 && line[len] == '=')
			snprintf(value, SETTING_SIZE, "%s", line + len + 1);
	}
	fclose(file);
}

/* ---- database ---- */

static bool connect_now(void)
{
	char socket[SETTING_SIZE], user[SETTING_SIZE], password[SETTING_SIZE], name[SETTING_SIZE];
	unsigned seconds = 8;

	setting_read("DB_SOCKET", socket);
	setting_read("DB_USER", user);
	setting_read("DB_PASSWORD", password);
	setting_read("DB_DATABASE", name);
	worker.mysql = mysql_init(NULL);
	mysql_options(worker.mysql, MYSQL_OPT_READ_TIMEOUT, &seconds);
	mysql_options(worker.mysql, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
	mysql_options(worker.mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options(worker.mysql, MYSQL_INIT_COMMAND,
	    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',"
	    " time_zone = '+00:00'");
	mysql_options(worker.mysql, MYSQL_INIT_COMMAND,
	    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
	if (mysql_real_connect(worker.mysql, NULL, user, password, name, 0, socket, 0) != NULL)
		return true;
	fprintf(stderr, "bench-reference: %s\n", mysql_error(worker.mysql));
	return false;
}

static void column_bind(struct statement *statement, unsigned i, enum enum_field_types type)
{
	MYSQL_BIND *bind = &statement->binds[i];

	statement->cells[i] = malloc(COLUMN_SIZE);
	if (statement->cells[i] == NULL)
		abort();
	bind->buffer = statement->cells[i];
	bind->buffer_length = COLUMN_SIZE;
	bind->length = &statement->lengths[i];
	bind->is_null = &statement->nulls[i];
	bind->error = &statement->errors[i];
	switch (type) {
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_LONGLONG:
		bind->buffer_type = MYSQL_TYPE_LONGLONG;
		break;
	case MYSQL_TYPE_DATETIME:
	case MYSQL_TYPE_TIMESTAMP:
		bind->buffer_type = MYSQL_TYPE_DATETIME;
		break;
	default:
		bind->buffer_type = MYSQL_TYPE_BLOB;
		break;
	}
}

static bool prepare(struct statement *statement)
{
	MYSQL_RES *result;

	statement->stmt = mysql_stmt_init(worker.mysql);
	if (statement->stmt == NULL ||
	    mysql_stmt_prepare(statement->stmt, statement->sql, strlen(statement->sql)) != 0) {
		fprintf(stderr, "bench-reference: %s\n", mysql_error(worker.mysql));
		return false;
	}
	result = mysql_stmt_result_metadata(statement->stmt);
	if (result == NULL)
		return true;
	statement->column_count = mysql_num_fields(result);
	for (unsigned i = 0; i < statement->column_count && i < COLUMNS_MAX; i++)
		column_bind(statement, i, mysql_fetch_fields(result)[i].type);
	mysql_free_result(result);
	return true;
}

static MYSQL_TIME time_now(void)
{
	struct timespec now;
	struct tm date;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &date);
	return (MYSQL_TIME){.year = (unsigned)date.tm_year + 1900,
	    .month = (unsigned)date.tm_mon + 1,
	    .day = (unsigned)date.tm_mday,
	    .hour = (unsigned)date.tm_hour,
	    .minute = (unsigned)date.tm_min,
	    .second = (unsigned)date.tm_sec,
	    .second_part = (unsigned long)now.tv_nsec / 1000,
	    .time_type = MYSQL_TIMESTAMP_DATETIME};
}

static void value_bind(const struct value *value, MYSQL_BIND *bind, MYSQL_TIME *now)
{
	switch (value->type) {
	case VALUE_TEXT:
		bind->buffer_type = MYSQL_TYPE_STRING;
		bind->buffer = (void *)value->text;
		bind->buffer_length = strlen(value->text);
		break;
	case VALUE_INTEGER:
		bind->buffer_type = MYSQL_TYPE_LONGLONG;
		bind->buffer = (void *)&value->integer;
		break;
	case VALUE_NOW:
		bind->buffer_type = MYSQL_TYPE_DATETIME;
		bind->buffer = now;
		break;
	case VALUE_NULL:
		bind->buffer_type = MYSQL_TYPE_NULL;
		break;
	}
}

static bool rows_fetch(struct statement *statement)
{
	MYSQL_STMT *stmt = statement->stmt;
	int status;

	if (mysql_stmt_bind_result(stmt, statement->binds) || mysql_stmt_store_result(stmt) != 0)
		return false;
	statement->row_count = mysql_stmt_num_rows(stmt);
	do {
		status = mysql_stmt_fetch(stmt);
	} while (status == 0 || status == MYSQL_DATA_TRUNCATED);
	mysql_stmt_free_result(stmt);
	return status == MYSQL_NO_DATA;
}

/* Executes, and fetches all rows of a SELECT. */
static bool run(struct statement *statement, const struct value *values, size_t count)
{
	MYSQL_BIND binds[VALUES_MAX] = {0};
	MYSQL_TIME now = time_now();

	for (size_t i = 0; i < count && i < VALUES_MAX; i++)
		value_bind(&values[i], &binds[i], &now);
	if (mysql_stmt_bind_param(statement->stmt, binds) ||
	    mysql_stmt_execute(statement->stmt) != 0)
		return false;
	return statement->column_count == 0 || rows_fetch(statement);
}

static bool query(const char *sql)
{
	return mysql_real_query(worker.mysql, sql, strlen(sql)) == 0;
}

/* ---- the work ---- */

/* A key that no other request has. */
static void unique(char *text, size_t size)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(text, size, "%x%lx%lx", (unsigned)getpid(), worker.number, now.tv_nsec);
}

static bool meeting_make(void)
{
	char link[32], session[40];

	unique(link, sizeof link);
	snprintf(session, sizeof session, "r-%s", link);
	return run(
	    &meeting_insert, VALUES(TEXT(link), TEXT(session), TEXT("janus"), INTEGER(0), NOTHING,
				 INTEGER(0), INTEGER(0), NOTHING, NOTHING, NOTHING, NOTHING, NOW,
				 NOW, TEXT("bench"), TEXT("bench"), NOTHING, TEXT("open")));
}

/* The first device of a person brings an event. */
static bool event_write(const char *session, unsigned long long *event)
{
	static const char data[] = "{\"attendee\":\"attendee-1\",\"role\":\"publisher\"}";

	*event = 0;
	if (openings.row_count > 1)
		return true;
	if (!run(&event_put, VALUES(NOTHING, TEXT("attendee.joined"), TEXT("everybody"), TEXT(data),
				 NOW, TEXT(session), NOTHING)))
		return false;
	*event = mysql_stmt_insert_id(event_put.stmt);
	return true;
}

static bool joined_write(const char *session, const char *attendee, unsigned long long *event)
{
	static const char payload[] =
	    "{\"event\":\"joined\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"sessionId\":"
	    "\"0123456789012345678901\","
	    "\"participantId\":\"0123456789012345-01234567\",\"attendee\":\"attendee-1\","
	    "\"role\":\"publisher\"}";
	char connection[64], device[40];

	unique(device, sizeof device);
	snprintf(connection, sizeof connection, "%s/%s", device, "1234567890");
	return run(&meeting_touch, VALUES(TEXT(session))) &&
	       run(&grant_highest, VALUES(TEXT(session), TEXT(attendee))) &&
	       run(&opening_put,
		   VALUES(TEXT(connection), TEXT(device), TEXT(attendee), TEXT(attendee),
		       TEXT(worker.server), INTEGER(2), TEXT("joined"), NOW, NOW, NOW, NOW,
		       TEXT(session), NOW, TEXT("erased-0123456789abcdef"))) &&
	       run(&openings, VALUES(TEXT(session), TEXT(attendee))) &&
	       run(&endings, VALUES(TEXT(session), TEXT(attendee), TEXT(session), TEXT(attendee),
				 TEXT(session), NOW, TEXT(session), NOW, TEXT(worker.server), NOW,
				 TEXT(worker.server), NOW)) &&
	       run(&grant_highest, VALUES(TEXT(session), TEXT(attendee))) &&
	       run(&attendee_put, VALUES(TEXT(session), TEXT(attendee), NOTHING, INTEGER(0),
				      INTEGER(2), NOW, NOTHING, INTEGER(1), NOW, INTEGER(0),
				      INTEGER(1), TEXT(payload), NOW, NOW)) &&
	       event_write(session, event);
}

static bool pushed_find(unsigned long long event)
{
	const struct value id = INTEGER((long long)event);

	return event == 0 || run(&events_to_push, VALUES(id, id));
}

static bool transaction(const char *session, const char *attendee)
{
	unsigned long long event;

	if (query("BEGIN") && joined_write(session, attendee, &event) && query("COMMIT"))
		return run(&banned, VALUES(TEXT(session))) && pushed_find(event);
	mysql_rollback(worker.mysql);
	return false;
}

struct janus_answer {
	char text[JANUS_SIZE];
	size_t len;
};

/* Keeps the beginning of the answer, which says whether the request succeeded. */
static size_t answer_take(char *bytes, size_t one, size_t len, void *context)
{
	struct janus_answer *answer = context;
	size_t room = sizeof answer->text - 1 - answer->len;
	size_t taken = len < room ? len : room;

	(void)one;
	memcpy(answer->text + answer->len, bytes, taken);
	answer->len += taken;
	answer->text[answer->len] = '\0';
	return len;
}

/* Adds a token as long as a real one to the list of the room, whose secret is "bench". */
static bool janus_allow(const char *room, const char *attendee)
{
	struct janus_answer answer = {.len = 0};
	char message[JANUS_SIZE];
	int len = snprintf(message, sizeof message,
	    "{\"janus\":\"message_plugin\",\"transaction\":\"bench\",\"admin_secret\":\"%s\","
	    "\"plugin\":\"janus.plugin.videoroom\",\"request\":{\"request\":\"allowed\","
	    "\"room\":\"%s\",\"secret\":\"bench\",\"action\":\"add\",\"allowed\":"
	    "[\"1900000000,janus.plugin.videoroom,room=%s,uid=%s,role=publisher:"
	    "abcdefghijklmnopqrstuvwxyz0=\"]}}",
	    worker.janus_secret, room, room, attendee);

	curl_easy_setopt(worker.curl, CURLOPT_POSTFIELDSIZE, (long)len);
	curl_easy_setopt(worker.curl, CURLOPT_POSTFIELDS, message);
	curl_easy_setopt(worker.curl, CURLOPT_WRITEDATA, &answer);
	return curl_easy_perform(worker.curl) == CURLE_OK &&
	       strstr(answer.text, "\"success\"") != NULL && strstr(answer.text, "\"error") == NULL;
}

static bool token_query(const char *link, const char *attendee)
{
	return run(&grant_view, VALUES(TEXT(attendee), TEXT(attendee), TEXT(attendee), NOTHING,
				    TEXT(attendee), INTEGER(2), TEXT(link), NOTHING, NOTHING));
}

/* Call token_query() before: it finds the meeting's id. */
static bool grant_write(const char *attendee)
{
	long long id;

	memcpy(&id, grant_view.cells[0], sizeof id);
	return run(
	    &grant_put, VALUES(TEXT(attendee), INTEGER(2), INTEGER(0), TEXT(attendee), NOTHING,
			    NOTHING, NOTHING, NOTHING, INTEGER(0), NOTHING, NOTHING, INTEGER(0),
			    NOTHING, NOTHING, NOW, NOW, INTEGER(id), TEXT(attendee)));
}

static bool attendees_list(const char *link)
{
	return run(&waiting, VALUES(TEXT(link), NOTHING, NOTHING)) &&
	       run(&attendees, VALUES(INTEGER(0), TEXT(link), NOTHING, NOTHING));
}

/* ---- requests ---- */

struct path {
	char text[PATH_SIZE];
	const char *parts[PARTS_MAX];
	size_t count;
};

static void path_split(struct path *path, const char *uri)
{
	char *rest = path->text, *part;

	snprintf(path->text, sizeof path->text, "%s", uri);
	path->count = 0;
	while (path->count < PARTS_MAX && (part = strsep(&rest, "/")) != NULL) {
		if (*part != '\0')
			path->parts[path->count++] = part;
	}
}

static bool path_is(const struct path *path, const char *name, size_t count)
{
	return path->count == count && strcmp(path->parts[0], name) == 0;
}

/* Does the work that the path names; false if it failed. `*size`: bytes of the answer. */
static bool work(const struct path *path, size_t *size)
{
	const char *const *parts = path->parts;

	*size = 36;
	if (path_is(path, "answer", 1))
		return true;
	if (path_is(path, "insert", 1))
		return meeting_make();
	if (path_is(path, "transaction", 3))
		return transaction(parts[1], parts[2]);
	if (path->count < 2)
		return false;
	*size = strtoul(parts[1], NULL, 10);
	if (path_is(path, "query", 3))
		return attendees_list(parts[2]);
	if (path_is(path, "token-query", 4))
		return token_query(parts[2], parts[3]);
	if (path_is(path, "janus", 5))
		return token_query(parts[2], parts[3]) && janus_allow(parts[4], parts[3]);
	return path_is(path, "admit", 5) && token_query(parts[2], parts[3]) &&
	       janus_allow(parts[4], parts[3]) && grant_write(parts[3]);
}

static void answer(FCGX_Request *fcgi)
{
	const char *uri = FCGX_GetParam("REQUEST_URI", fcgi->envp);
	struct path path;
	size_t size;

	worker.number++;
	path_split(&path, uri == NULL ? "" : uri);
	if (path.count == 0 || !work(&path, &size) || size > sizeof worker.filler) {
		fprintf(stderr, "bench-reference: %s: %s\n", path.count == 0 ? "" : path.parts[0],
		    mysql_error(worker.mysql));
		FCGX_PutS("Status: 500 Internal Server Error\r\n\r\n", fcgi->out);
		return;
	}
	FCGX_FPrintF(fcgi->out,
	    "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
	    (int)size);
	FCGX_PutStr(worker.filler, (int)size, fcgi->out);
}

static void stop(int signal)
{
	(void)signal;
	_exit(0);
}

static bool janus_prepare(void)
{
	setting_read("JANUS_ADMIN_URL", worker.janus_url);
	setting_read("JANUS_ADMIN_SECRET", worker.janus_secret);
	worker.curl = curl_easy_init();
	worker.headers = curl_slist_append(NULL, "Content-Type: application/json");
	worker.headers = curl_slist_append(worker.headers, "Expect:");
	if (worker.curl == NULL || worker.headers == NULL)
		return false;
	curl_easy_setopt(worker.curl, CURLOPT_URL, worker.janus_url);
	curl_easy_setopt(worker.curl, CURLOPT_PROXY, "");
	curl_easy_setopt(worker.curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(worker.curl, CURLOPT_TIMEOUT_MS, 8000L);
	curl_easy_setopt(worker.curl, CURLOPT_HTTPHEADER, worker.headers);
	curl_easy_setopt(worker.curl, CURLOPT_WRITEFUNCTION, answer_take);
	return true;
}

int main(void)
{
	struct statement *all[] = {&attendees, &grant_view, &meeting_insert, &grant_put, &banned,
	    &meeting_touch, &grant_highest, &opening_put, &openings, &endings, &attendee_put,
	    &waiting, &event_put, &events_to_push, &first_server};
	FCGX_Request fcgi;

	if (!connect_now() || !janus_prepare())
		return 1;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		if (!prepare(all[i]))
			return 1;
	}
	if (!run(&first_server, NULL, 0) || first_server.row_count == 0)
		return 1;
	snprintf(worker.server, sizeof worker.server, "%.*s", (int)first_server.lengths[0],
	    first_server.cells[0]);
	memset(worker.filler, ' ', sizeof worker.filler);
	signal(SIGTERM, stop);
	signal(SIGPIPE, SIG_IGN);
	FCGX_Init();
	FCGX_InitRequest(&fcgi, 0, 0);
	while (FCGX_Accept_r(&fcgi) == 0) {
		answer(&fcgi);
		FCGX_Finish_r(&fcgi);
	}
	return 0;
}
