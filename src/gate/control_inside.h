/* What the files of the control socket share: control.c (connections and HTTP), control_routes.c
 * (what is asked for). */
#ifndef CONFAB_GATE_CONTROL_INSIDE_H
#define CONFAB_GATE_CONTROL_INSIDE_H

#include "gate/control.h"
#include "gate/http.h"
#include "gate/stream.h"

struct control;

/* A kind of request. */
struct route {
	const char *method, *path;
	bool is_prefix; /* of paths */
	bool from_janus;
	size_t body_max;
	/* Answers, now or later. */
	void (*serve)(struct control *control, char *body, size_t len);
};

struct control {
	struct gate *gate;
	struct control *next, *previous; /* of the gate's */
	struct stream stream;
	struct timer timer;
	char *in; /* what has been read; owned */
	size_t len;
	const struct route *route; /* of a request whose body is still to come; NULL: none */
	size_t body_len;
	char path[64];
	struct exchange *exchange; /* with Janus' Admin API; NULL: none */
};

/* The route of a request; NULL: there is none. */
const struct route *control_route(const struct http_head *head);

/* Answers a request; the body is JSON. */
void control_respond(struct control *control, int status, const char *body, size_t len);
void control_respond_error(struct control *control, int status, const char *message);

/* Closes the connection without an answer. Takes a struct control, for loop_later(). */
void control_cut(void *owner);

#endif
