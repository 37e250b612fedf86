/* The table of media servers. */
#ifndef CONFAB_STORE_MEDIA_SERVERS_H
#define CONFAB_STORE_MEDIA_SERVERS_H

#include "meeting/media_server.h"
#include "store/db.h"

/* A server without a heartbeat for so long, and whose control_url did not answer so often one after
 * the other, is lost. */
#define HEARTBEAT_LIMIT (15 * SECOND)
enum {
	FAILURES_LIMIT = 3,
};

/* The name of the first server, in SQL: what has no server is from a time when there was one. */
#define FIRST_SERVER "(SELECT f.name FROM media_servers f ORDER BY f.id LIMIT 1)"

/* The server of this name, or the first one (NULL). `*found`: there is one. */
enum db_outcome media_server_find(struct db *db, struct arena *arena, const char *name,
    struct media_server_row *row, bool *found);

/* All servers of a provider, the first one first. */
enum db_outcome media_servers_find(struct db *db, struct arena *arena, const char *provider,
    struct media_server_row **rows, size_t *count);

/* Up to two random servers that take new meetings: active ones before lost ones. */
enum db_outcome media_servers_candidates(struct db *db, struct arena *arena, const char *provider,
    struct media_server_row candidates[static 2], size_t *count);

/* Adds this server if the provider has none yet; it has the epoch of the only server of earlier
 * versions. */
enum db_outcome media_server_put_first(
    struct db *db, const char *name, const char *provider, int64_t now);

/* Adds the server, or changes the addresses of the one with this name. */
enum db_outcome media_server_put(
    struct db *db, const struct media_server *server, const char *provider, int64_t now);

/* Says whether the server has called itself by its name. */
enum db_outcome media_server_set_named(struct db *db, const char *name, bool named);

/* The server answers its host, which is that busy. */
enum db_outcome media_server_beat(struct db *db, const char *name, int64_t load, int64_t now);

/* Adds to the load until the next heartbeat. */
enum db_outcome media_server_load_add(struct db *db, const char *name, int64_t load);

/* Raises the epoch; it never falls, so that late and repeated events do no harm. */
enum db_outcome media_server_raise_epoch(
    struct db *db, const char *name, int64_t epoch, int64_t now);

/* A call of control_url has failed: an active server without a heartbeat is lost now, if the limits
 * above are reached. */
enum db_outcome media_server_failed(struct db *db, const char *name, int64_t now);

/* A call of control_url has succeeded: a lost server is active again. */
enum db_outcome media_server_answered(struct db *db, const char *name, int64_t now);

#endif
