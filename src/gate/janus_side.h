/* One WebSocket to Janus: each session has its own, because Janus sends events to the connection
 * that created or last claimed a session. */
#ifndef CONFAB_GATE_JANUS_SIDE_H
#define CONFAB_GATE_JANUS_SIDE_H

#include "gate/gate.h"
#include "gate/stream.h"
#include "gate/websocket.h"

struct session;

struct janus_side {
	struct gate *gate;
	struct session *session;
	enum {
		JANUS_CLOSED,
		JANUS_QUEUED,  /* others are being opened */
		JANUS_PAUSES,  /* after a failure */
		JANUS_OPENING, /* connecting, and asking for a WebSocket */
		JANUS_OPEN,
	} state;
	int tries;
	struct stream stream;
	struct websocket websocket;
	struct timer timer;
	char *head; /* Janus' answer as far as it has come; NULL: none */
	size_t head_len;
	struct janus_side *next; /* in the queue */
};

/* The queue of those that are to be opened: Janus takes few at a time. */
struct janus_queue *janus_queue_new(void);
void janus_queue_free(struct janus_queue *queue);

/* Opens it. Tells the session: session_janus_opened(), or session_janus_lost() at last. */
void janus_side_open(struct janus_side *side, struct gate *gate, struct session *session);

/* Sends a message; only when it is open. */
void janus_side_send(struct janus_side *side, const char *text);

/* Closes it when what was sent last is on its way. The session hears nothing more. */
void janus_side_close(struct janus_side *side);

#endif
