/* What several operations on meetings share: extMetadata, new ids, and the form for audit logs. */
#ifndef CONFAB_API_METADATA_H
#define CONFAB_API_METADATA_H

#include "api/body.h"
#include "base/arena.h"
#include "meeting/meeting.h"

/* Reads extMetadata (an object of bounded size and depth) as the JSON text to store. Gives whether
 * it is there. */
bool metadata_read(struct body *body, struct arena *arena, const char **text);

/* A new meeting link, 10 characters of [A-Za-z0-9_-] from the kernel's random source. */
const char *meeting_link_new(struct arena *arena);

/* A new archive id, 22 such characters. */
const char *archive_id_new(struct arena *arena);

/* A new invite's id, "invite-" and 16 such characters: who comes with it, if it is for somebody by
 * name. */
const char *invite_id_new(struct arena *arena);

/* The meeting's fields as JSON text. */
const char *meeting_audit_text(struct arena *arena, const struct meeting *meeting);

#endif
