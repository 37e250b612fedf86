/* The table of media servers. */
#ifndef CONFAB_STORE_MEDIA_SERVERS_H
#define CONFAB_STORE_MEDIA_SERVERS_H

#include "meeting/media_server.h"
#include "store/db.h"

/* A server is lost after this time without a heartbeat and this number of failed calls in sequence.
 */
#define HEARTBEAT_LIMIT (15 * SECOND)
enum {
	FAILURES_LIMIT = 3,
};

/* The name of the first server, in SQL. Rows without a server are from a time with one server. */
#define FIRST_SERVER "(SELECT f.name FROM media_servers f ORDER BY f.id LIMIT 1)"

/* Finds the server of this name, or the first one (NULL). `*found` is false if there is none. */
enum db_outcome media_server_find(struct db *db, struct arena *arena, const char *name,
    struct media_server_row *row, bool *found);

/* Finds all servers of a provider, the first one first. */
enum db_outcome media_servers_find(struct db *db, struct arena *arena, const char *provider,
    struct media_server_row **rows, size_t *count);

/* Finds up to two random servers that take new meetings. Active ones come before lost ones. */
enum db_outcome media_servers_candidates(struct db *db, struct arena *arena, const char *provider,
    struct media_server_row candidates[static 2], size_t *count);

/* Adds this server if the provider has none yet. Its epoch is that of the only server of earlier
 * versions. */
enum db_outcome media_server_put_first(
    struct db *db, const char *name, const char *provider, int64_t now);

/* Adds the server, or changes the addresses of the one with this name. */
enum db_outcome media_server_put(
    struct db *db, const struct media_server *server, const char *provider, int64_t now);

/* Sets whether an event has had the server's own name. */
enum db_outcome media_server_set_named(struct db *db, const char *name, bool named);

/* Writes the heartbeat and the load: the server answers its host. */
enum db_outcome media_server_beat(struct db *db, const char *name, int64_t load, int64_t now);

/* Adds to the load until the next heartbeat. */
enum db_outcome media_server_load_add(struct db *db, const char *name, int64_t load);

/* Raises the epoch. It never falls: late and repeated events change nothing. */
enum db_outcome media_server_raise_epoch(
    struct db *db, const char *name, int64_t epoch, int64_t now);

/* A call of control_url has failed: counts it. If the limits above are reached, the state of an
 * active server becomes lost. */
enum db_outcome media_server_failed(struct db *db, const char *name, int64_t now);

/* A call of control_url has succeeded: a lost server becomes active again. */
enum db_outcome media_server_answered(struct db *db, const char *name, int64_t now);

#endif
