/* confab-gate: what its parts share. One process, one loop, no threads, no database. */
#ifndef CONFAB_GATE_GATE_H
#define CONFAB_GATE_GATE_H

#include <json-c/linkhash.h>
#include <stdint.h>

#include "auth/key.h"
#include "base/arena.h"
#include "base/config.h"
#include "base/crypto.h"
#include "gate/address.h"
#include "gate/loop.h"

struct client;
struct control;
struct echo_places;
struct events;
struct janus_queue;
struct ledger;
struct outward;
struct pool;
struct session;

/* What GET /connections tells besides the connections. */
struct counts {
	int64_t refused;        /* messages that the table does not allow */
	int64_t turned_away;    /* connections over a limit, or without a name in time */
	int64_t delayed;        /* times that a page over its rate was not read for a while */
	int64_t slow;           /* connections that were too far behind in reading */
	int64_t events_skipped; /* bodies of events that the service cannot take */
	int64_t events_unknown; /* events of sessions that no connection here has */
};

struct gate {
	const struct config *config;
	struct loop *loop;
	struct arena *arena; /* reset after each round of the loop */
	struct key join_key;
	unsigned char ticket_key[SHA256_SIZE];
	struct address janus;
	struct client *clients;
	struct control *controls;
	struct lh_table *rooms;    /* struct room by the meeting's session id */
	struct lh_table *sessions; /* struct session by Janus' id in decimal */
	struct session *echoes;    /* sessions that only test, see echo.h */
	struct echo_places *echo_places;
	struct lh_table *addresses; /* how many nameless connections an address has */
	struct outward *outward;
	struct pool *pool;
	struct ledger *ledger;
	struct events *events;
	struct janus_queue *janus_queue;
	struct counts counts;
	int64_t started_at; /* monotonic */
};

#endif
