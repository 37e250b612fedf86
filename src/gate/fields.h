/* Which fields the parts of a message may have, by the request that it makes. A field that the
 * table names is copied when it has the right type and size; any other one is refused by its name.
 */
#ifndef CONFAB_GATE_FIELDS_H
#define CONFAB_GATE_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json_writer.h"
#include "gate/refusal.h"

struct json_object;
struct speaker;

/* The requests to the video room, one bit each. Both ways of joining are one each. */
enum {
	JOIN_PUBLISHER = 1 << 0,
	JOIN_SUBSCRIBER = 1 << 1,
	PUBLISH = 1 << 2,
	UNPUBLISH = 1 << 3,
	CONFIGURE = 1 << 4,
	SUBSCRIBE = 1 << 5,
	UNSUBSCRIBE = 1 << 6,
	UPDATE = 1 << 7,
	START = 1 << 8,
	PAUSE = 1 << 9,
	SWITCH = 1 << 10,
	LEAVE = 1 << 11,
	LISTPARTICIPANTS = 1 << 12,
	JOIN = JOIN_PUBLISHER | JOIN_SUBSCRIBER,
	ANY_REQUEST = (1 << 13) - 1,
	WITH_JSEP = PUBLISH | CONFIGURE | START,
	FOR_SENDERS = JOIN_PUBLISHER | PUBLISH,
};

/* A message that is being written anew. */
struct rewriter {
	const struct speaker *speaker;
	struct json_writer out;
	struct refusal *refusal;
	unsigned request; /* ANY_REQUEST outside of a body */
};

enum part { PART_BODY, PART_STREAM, PART_CANDIDATE, PART_JSEP };

/* Copies the fields of a part of a message into the object that is open in the writer. Null is the
 * same as absent: browsers write it into candidates. Fields that are the gate's own to write are
 * passed over. False with a refusal. */
bool fields_copy(struct rewriter *rewriter, struct json_object *object, enum part part);

/* Text of 1 to `max` bytes, or NULL. Belongs to the value. */
const char *field_text(struct json_object *value, int64_t max);

#endif
