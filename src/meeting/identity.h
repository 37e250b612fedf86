/* Removes a person's identity from JSON text. */
#ifndef CONFAB_MEETING_IDENTITY_H
#define CONFAB_MEETING_IDENTITY_H

#include <stddef.h>

#include "base/arena.h"

enum alias_kind {
	ALIAS_ATTENDEE = 1,    /* the attendee */
	ALIAS_NAME = 2,        /* a name of the person; others may have the same name */
	ALIAS_PARTICIPANT = 4, /* an id of the person at the provider */
};

/* A text that identifies the person, and its replacement. */
struct alias {
	enum alias_kind kind;
	const char *from, *to;
};

/* One person. The first alias is ALIAS_ATTENDEE; no other one is. */
struct identity {
	const struct alias *aliases;
	size_t count;
};

/* Replaces all aliases among the strings and member names of the JSON text. An object whose member
 * "attendee" is another person keeps the names, also further inside. Returns the new text, in the
 * arena; NULL: there is nothing to replace, or `text` is no JSON. */
const char *identity_erase(struct arena *arena, const struct identity *identity, const char *text);

#endif
