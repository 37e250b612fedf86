/* One stay of a person in a meeting: an identity, the session with Janus behind it, and the page's
 * connection, which may be lost and come back. */
#ifndef CONFAB_GATE_SESSION_H
#define CONFAB_GATE_SESSION_H

#include <json-c/json.h>

#include "gate/client.h"
#include "gate/gate.h"
#include "gate/handles.h"
#include "gate/identity.h"
#include "gate/janus_side.h"
#include "gate/outbox.h"
#include "gate/verbs.h"

enum {
	SESSION_HANDLES_MAX = 64, /* the greatest GATE_HANDLES */
};

enum session_state {
	SESSION_ASKING,   /* the service has not said whether they may come in */
	SESSION_WAITING,  /* for a moderator */
	SESSION_OPENING,  /* the connection to Janus */
	SESSION_CLAIMING, /* a session that Janus keeps since the gate's death */
	SESSION_IN,
	SESSION_OVER, /* out of the room; freed when Janus has ended its session */
};

struct session {
	struct gate *gate;
	struct identity identity;
	enum session_state state;
	bool numbered;         /* the page knows numbers and tickets: it said `confab` */
	bool confirmed;        /* the service has answered for it */
	bool was_lost;         /* and the service was told */
	bool claimed;          /* from Janus, after the gate's death: its handles are not known */
	bool leaving;          /* the page has sent `destroy` */
	bool destroyed;        /* Janus' session is gone, or is not to be ended */
	bool claim_ends;       /* Janus' session is claimed only to end it: the person must wait */
	bool create_wanted;    /* the hello was `create`: it is sent on when they are in */
	char *hello;           /* transaction of the hello that has no answer yet; NULL: none */
	struct client *client; /* NULL: lost */
	struct janus_side janus;
	int64_t janus_id;  /* 0: Janus has made none yet */
	int64_t claim;     /* the session to claim; 0: none */
	uint32_t creating; /* hash of the transaction of a `create` under way; 0: none */
	struct handles handles;
	struct outbox outbox;
	int64_t event_seq; /* of the last meeting event that the page was sent; -1: not known */
	struct room *room; /* NULL: an echo session, which is in none */
	struct echo_place *place;        /* of an echo session that may test; NULL: none */
	struct session *next, *previous; /* in the room, or among the echo sessions */
	struct timer timer;
	int64_t since;     /* wall clock */
	int64_t begun_at;  /* the same, monotonic */
	int64_t lost_at;   /* monotonic; 0: not lost */
	int64_t lost_wall; /* the same, wall clock */
	int64_t hangup_at; /* when a PeerConnection of a lost session hung up; 0: none */
	int64_t kept_at;   /* when Janus was last told for it that the session lives */
	/* For pool.c. */
	struct session *ask_next, *ask_previous;
	bool is_asked;
	size_t flight_place; /* in the request under way, from 1 on; 0: not in it */
	int64_t asked_at;
};

/* A connection has said whose it is: comes back to a session, or makes one. Takes the identity
 * over. False with a refusal. */
bool session_hello(struct gate *gate, struct client *client, const struct message *message,
    struct identity *identity, struct refusal *refusal);

/* A message of the page's. */
void session_page_heard(struct session *session, const struct message *message);

/* The page is gone: `clean` when it said so itself. */
void session_page_lost(struct session *session, bool clean);

/* What janus_side.c tells. */
void session_janus_opened(struct session *session);
void session_janus_heard(struct session *session, const char *text);
void session_janus_lost(struct session *session);

/* What the service says of an identity. */
enum verdict { VERDICT_ADMITTED, VERDICT_WAITING, VERDICT_REMOVED, VERDICT_ENDED };

/* `seq`: of the meeting's last event; -1: not said. */
void session_verdict(struct session *session, enum verdict verdict, enum role role, int64_t seq);

/* The service cannot answer: decides by what the gate itself knows. */
void session_unanswered(struct session *session);

/* Ends it, with Janus' session and the page's connection; the latter gets the code and reason. */
void session_end(struct session *session, uint16_t code, const char *reason);

/* Ends it here, while Janus' session goes on: the gate itself ends. */
void session_abandon(struct session *session);

/* The same, after a message to the page with the state ("removed", "ended", …). */
void session_tell_end(struct session *session, const char *state, uint16_t code);

/* Sends a message, which is numbered and kept when the page knows numbers. Takes it over. */
void session_deliver(struct session *session, struct json_object *message);

/* "asking", "waiting", "in" or "lost". */
const char *session_state_name(const struct session *session);

#endif
