/* A page's request to the video room. */
#ifndef CONFAB_GATE_ROOM_REQUEST_H
#define CONFAB_GATE_ROOM_REQUEST_H

#include "base/arena.h"
#include "gate/fields.h"

/* Writes the body of a message, and its session description if it has one: room, token, id and name
 * are the speaker's, whatever the page says. False with a refusal. */
bool room_request_write(struct rewriter *rewriter, struct arena *arena, struct json_object *json);

/* The same for the echo test, to which only the gate says something: a page's body is empty. */
bool echo_request_write(struct rewriter *rewriter, struct json_object *json);

#endif
