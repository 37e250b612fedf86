/* Taking a person's identity out of text. */
#ifndef CONFAB_MEETING_IDENTITY_H
#define CONFAB_MEETING_IDENTITY_H

#include <stddef.h>

#include "base/arena.h"

enum alias_kind {
	ALIAS_ATTENDEE = 1,    /* who the person is */
	ALIAS_NAME = 2,        /* what the person was called; others may have the same name */
	ALIAS_PARTICIPANT = 4, /* an id of theirs at the provider */
};

/* Text that tells who the person is, and what stands for it. */
struct alias {
	enum alias_kind kind;
	const char *from, *to;
};

/* The person: the first alias is the only one of ALIAS_ATTENDEE. */
struct identity {
	const struct alias *aliases;
	size_t count;
};

/* The JSON text with every string, and every member's name, that is an alias replaced. A name is
 * kept in an object whose member "attendee" is somebody else, and in what is inside of it. NULL:
 * nothing is replaced, or `text` is no JSON. The result lies in the arena. */
const char *identity_erase(struct arena *arena, const struct identity *identity, const char *text);

#endif
