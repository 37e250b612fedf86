/* The cursor of a list of meetings: the beginning of the next page, as opaque text. */
#ifndef CONFAB_API_CURSOR_H
#define CONFAB_API_CURSOR_H

#include <stdbool.h>

#include "base/arena.h"
#include "meeting/listing.h"

/* Writes the place as base64url, into the arena. */
const char *cursor_text(struct arena *arena, const struct meeting_place *place);

/* Reads a cursor. False unless `text` is exactly the cursor_text() of a place. A client may make up
 * a cursor: it tells the place only, and gives no access. */
bool cursor_parse(struct arena *arena, const char *text, struct meeting_place *place);

#endif
