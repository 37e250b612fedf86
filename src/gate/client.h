/* One connection of a browser: the WebSocket, its limits, and whose it is. */
#ifndef CONFAB_GATE_CLIENT_H
#define CONFAB_GATE_CLIENT_H

#include "gate/gate.h"
#include "gate/limits.h"
#include "gate/stream.h"
#include "gate/verbs.h"
#include "gate/websocket.h"

struct session;

/* Numbers of close frames, from the range that is free for applications. */
enum {
	CLOSE_TOKEN = 4401,    /* the join token is none, or has expired */
	CLOSE_REMOVED = 4403,  /* a moderator has removed the person, or refused them */
	CLOSE_SILENT = 4408,   /* nothing, or half a message, in time */
	CLOSE_REPLACED = 4409, /* by a newer connection of the same page */
	CLOSE_ENDED = 4410,    /* the meeting is over */
	CLOSE_LIMIT = 4429,    /* too many connections */
};

struct client {
	struct gate *gate;
	struct client *next, *previous; /* of the gate's */
	struct session *session;        /* NULL: nobody's yet */
	enum {
		CLIENT_HEAD,     /* the request has not come */
		CLIENT_NAMELESS, /* a WebSocket that has not said whose it is */
		CLIENT_NAMED,
		CLIENT_CLOSING,
	} state;
	struct stream stream;
	struct websocket websocket;
	struct timer timer;
	char *head; /* the request as far as it has come; NULL: none */
	size_t head_len;
	char *address;           /* counted in gate->addresses; NULL: not counted */
	bool held;               /* by its session */
	bool is_clean;           /* the page said that it leaves */
	int64_t throttled_until; /* 0: not throttled */
	int64_t since, heard_at;
	int64_t amid_since; /* when an unfinished message began; 0: none is */
	int64_t pinged_at;  /* when a ping without an answer was sent; 0: none */
	struct bucket messages, trickles;
};

/* Takes a connection over. */
void client_accept(struct gate *gate, int fd);

/* Takes bytes of the WebSocket. */
void client_hear(struct client *client, const char *bytes, size_t len);

/* Sends a message. */
void client_send(struct client *client, const char *text, size_t len);

/* Refuses a message, without a session. */
void client_refuse(struct client *client, const char *transaction, const struct refusal *refusal);

/* Reads no messages, and goes on. */
void client_hold(struct client *client);
void client_release(struct client *client);

/* Takes it from its session and closes it. */
void client_close(struct client *client, uint16_t code, const char *reason);

/* Closes it without waiting for anything. */
void client_cut(struct client *client);

/* Has a message to be confirmed soon: the page's browser answers a ping behind it. */
void client_confirm_soon(struct client *client);

#endif
