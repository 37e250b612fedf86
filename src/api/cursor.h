/* Where the next page of a list of meetings begins, as text that callers hand back as it is. */
#ifndef CONFAB_API_CURSOR_H
#define CONFAB_API_CURSOR_H

#include <stdbool.h>

#include "base/arena.h"
#include "meeting/listing.h"

/* base64url of the place, into the arena. */
const char *cursor_text(struct arena *arena, const struct meeting_place *place);

/* False unless `text` is, letter for letter, what cursor_text() gives for some place. A place that
 * nobody was given is as good as any: it says where to read on, never what may be read. */
bool cursor_parse(struct arena *arena, const char *text, struct meeting_place *place);

#endif
