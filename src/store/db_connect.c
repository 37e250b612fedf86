/* Opens a connection: chooses the host and sets the variables of the database session. */
#include "store/db_connect.h"

#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/db_failure.h"

enum {
	CONNECT_MIN_S = 1, /* the client library takes whole seconds */
	CONNECT_MAX_S = 2,
	LOCK_WAIT_MAX_S = 50, /* the default of both servers */
	/* A transaction may be idle so much longer than the deadline of a request. */
	IDLE_SPARE_S = 3,
	/* The service closes an idle connection so long before the server does. */
	IDLE_CLOSE_S = 2,
	SQL_SIZE = 200,
};

void db_servers_init(struct db_servers *servers, const struct config *config)
{
	struct error error = {0};

	*servers = (struct db_servers){.config = config, .statement_limit = config->db_deadline};
	/* config_load() has read this list before, so it is good. */
	if (!host_list_read(config->db_host, "DB_HOST", servers->hosts, &servers->count, &error))
		error_clear(&error);
	if (servers->count == 0)
		servers->count = 1;
}

void db_servers_advance(struct db_servers *servers)
{
	servers->current = (servers->current + 1) % servers->count;
}

const char *db_server_name(const struct db_servers *servers, size_t i, char *text)
{
	struct host host = servers->hosts[i];

	if (*host.name == '\0') {
		snprintf(text, HOST_TEXT_SIZE, "%.*s", HOST_TEXT_SIZE - 1,
		    *servers->config->db_socket == '\0' ? "localhost" : servers->config->db_socket);
		return text;
	}
	if (host.port == 0)
		host.port = servers->config->db_port;
	return host_write(&host, text);
}

static unsigned seconds_of(int64_t time)
{
	return (unsigned)((time + SECOND - 1) / SECOND);
}

/* The server must stop waiting for a lock when this client does. Otherwise it would run the
 * statement after the client has given up. */
static void session_set(MYSQL *mysql, const struct db_servers *servers)
{
	unsigned lock_wait = seconds_of(servers->statement_limit);
	char sql[SQL_SIZE];

	snprintf(sql, sizeof sql,
	    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',"
	    " time_zone = '+00:00', innodb_lock_wait_timeout = %u",
	    lock_wait < LOCK_WAIT_MAX_S ? lock_wait : LOCK_WAIT_MAX_S);
	mysql_options(mysql, MYSQL_INIT_COMMAND, sql);
	mysql_options(
	    mysql, MYSQL_INIT_COMMAND, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
}

static MYSQL *handle_new(
    const struct db_servers *servers, const struct host *host, unsigned connect_timeout)
{
	const struct config *config = servers->config;
	MYSQL *mysql = mysql_init(NULL);
	unsigned io_timeout = seconds_of(servers->statement_limit);

	if (mysql == NULL)
		abort();
#ifdef MARIADB_BASE_VERSION
	/* Both clients have it off by default. New MySQL clients warn about any use of this option.
	 * */
	mysql_options(mysql, MYSQL_OPT_RECONNECT, &(my_bool){0});
#endif
	mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
	mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &io_timeout);
	mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &io_timeout);
	mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	/* Otherwise the client library connects "localhost" by its own socket, with any port. */
	if (host->port != 0 || servers->count > 1)
		mysql_options(
		    mysql, MYSQL_OPT_PROTOCOL, &(enum mysql_protocol_type){MYSQL_PROTOCOL_TCP});
	session_set(mysql, servers);
	if (*config->db_tls_ca != '\0') {
		mysql_options(mysql, MYSQL_OPT_SSL_CA, config->db_tls_ca);
#ifdef MARIADB_BASE_VERSION
		mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &(my_bool){1});
#else
		mysql_options(
		    mysql, MYSQL_OPT_SSL_MODE, &(enum mysql_ssl_mode){SSL_MODE_VERIFY_IDENTITY});
#endif
	}
	return mysql;
}

__attribute__((format(printf, 2, 3))) static bool try_set(MYSQL *mysql, const char *format, ...)
{
	char sql[SQL_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(sql, sizeof sql, format, args);
	va_end(args);
	return mysql_real_query(mysql, sql, strlen(sql)) == 0;
}

/* Sets variables that not every server knows; an error is ignored.
 *
 * wsrep_sync_wait: after a commit on one node of a Galera cluster, another node may not have the
 * change yet. With this setting a read waits until it sees all earlier commits (measured: 0.12 ms
 * on an idle cluster).
 *
 * idle_transaction_timeout (MariaDB): when a client disappears in a transaction, the server must
 * free its row locks. Without a limit it does so when TCP gives up, hours later. MySQL has only
 * wait_timeout, which also closes idle connections.
 *
 * Returns how long a connection may be idle; 0: no limit. */
static int64_t session_try(const struct db_servers *servers, MYSQL *mysql)
{
	unsigned idle = seconds_of(servers->config->db_deadline) + IDLE_SPARE_S;

	if (try_set(mysql, "SET SESSION wsrep_sync_wait = 1, idle_transaction_timeout = %u", idle))
		return 0;
	try_set(mysql, "SET SESSION wsrep_sync_wait = 1");
	if (try_set(mysql, "SET SESSION idle_transaction_timeout = %u", idle))
		return 0;
	return try_set(mysql, "SET SESSION wait_timeout = %u", idle)
		   ? (int64_t)(idle - IDLE_CLOSE_S) * SECOND
		   : 0;
}

/* Returns 0 or the error number. New servers answer with a word, old ones with a number. */
static unsigned read_only_ask(MYSQL *mysql, bool *read_only)
{
	static const char sql[] = "SELECT @@GLOBAL.read_only";
	MYSQL_RES *result;
	MYSQL_ROW row;

	if (mysql_real_query(mysql, sql, sizeof sql - 1) != 0 ||
	    (result = mysql_store_result(mysql)) == NULL)
		return mysql_errno(mysql);
	row = mysql_fetch_row(result);
	*read_only = row != NULL && row[0] != NULL && strcmp(row[0], "0") != 0 &&
		     strcasecmp(row[0], "OFF") != 0;
	mysql_free_result(result);
	return 0;
}

/* Connects to host `i`. Also asks whether it is read-only, unless `read_only` is NULL. */
static MYSQL *host_connect(const struct db_servers *servers, size_t i, unsigned timeout,
    bool *read_only, struct db_connect_failure *failure)
{
	const struct config *config = servers->config;
	const struct host *host = &servers->hosts[i];
	const char *name = *host->name == '\0' ? NULL : host->name;
	const char *socket = name != NULL || *config->db_socket == '\0' ? NULL : config->db_socket;
	MYSQL *mysql = handle_new(servers, host, timeout);

	failure->number = 0;
	if (mysql_real_connect(mysql, name, config->db_user, config->db_password,
		config->db_database, (unsigned)(host->port != 0 ? host->port : config->db_port),
		socket, 0) == NULL)
		failure->number = mysql_errno(mysql);
	else if (read_only != NULL)
		failure->number = read_only_ask(mysql, read_only);
	if (failure->number == 0)
		return mysql;
	snprintf(failure->message, sizeof failure->message, "%u %.300s", failure->number,
	    mysql_error(mysql));
	mysql_close(mysql);
	return NULL;
}

bool db_server_probe(
    const struct db_servers *servers, size_t i, bool *read_only, struct db_connect_failure *failure)
{
	MYSQL *mysql = host_connect(servers, i, CONNECT_MAX_S, read_only, failure);

	if (mysql == NULL)
		return false;
	mysql_close(mysql);
	return true;
}

/* The seconds for one connect, when `hosts` hosts share the time until `deadline`. */
static unsigned share_of(int64_t deadline, size_t hosts)
{
	int64_t share = (deadline - clock_monotonic()) / (int64_t)hosts / SECOND;

	if (share < CONNECT_MIN_S)
		return CONNECT_MIN_S;
	return share > CONNECT_MAX_S ? CONNECT_MAX_S : (unsigned)share;
}

/* Connects to host `i`. Refuses a read-only host when DB_HOST names several. */
static MYSQL *writable_connect(const struct db_servers *servers, size_t i, unsigned timeout,
    struct db_connect_failure *failure)
{
	bool read_only = false;
	MYSQL *mysql =
	    host_connect(servers, i, timeout, servers->count > 1 ? &read_only : NULL, failure);

	if (!read_only || mysql == NULL)
		return mysql;
	mysql_close(mysql);
	failure->number = ER_OPTION_PREVENTS_STATEMENT;
	snprintf(failure->message, sizeof failure->message, "read-only");
	return NULL;
}

/* How soon a host with this failure may serve again: 0 is soonest. */
static int wait_rank(unsigned number)
{
	switch (db_failure_of(number)) {
	case DB_FAILURE_LOST:
	case DB_FAILURE_CONFLICT:
	case DB_FAILURE_AWAY:
		return 0;
	case DB_FAILURE_REFUSED:
		return 1;
	case DB_FAILURE_OUT_OF_SERVICE:
	case DB_FAILURE_OURS:
		break;
	}
	return 2;
}

static void failure_add(const struct db_servers *servers, size_t i,
    struct db_connect_failure *failure, const struct db_connect_failure *more)
{
	size_t len = strlen(failure->message);
	char name[HOST_TEXT_SIZE];

	snprintf(failure->message + len, sizeof failure->message - len, "%s%s: %.200s",
	    len == 0 ? "" : "; ", db_server_name(servers, i, name), more->message);
	if (failure->number == 0 || wait_rank(more->number) < wait_rank(failure->number))
		failure->number = more->number;
}

MYSQL *db_connect(struct db_servers *servers, int64_t deadline, struct db_connect_failure *failure)
{
	*failure = (struct db_connect_failure){0};
	for (size_t tried = 0; tried < servers->count; tried++) {
		struct db_connect_failure one;
		MYSQL *mysql;

		if (tried > 0 && clock_monotonic() >= deadline)
			break;
		mysql = writable_connect(
		    servers, servers->current, share_of(deadline, servers->count - tried), &one);
		if (mysql != NULL) {
			servers->idle_limit = session_try(servers, mysql);
			return mysql;
		}
		failure_add(servers, servers->current, failure, &one);
		db_servers_advance(servers);
	}
	return NULL;
}
