/* New ids, from the kernel's random source. */
#ifndef CONFAB_SERVICE_IDS_H
#define CONFAB_SERVICE_IDS_H

#include "base/arena.h"

/* A new meeting link, 10 characters of [A-Za-z0-9_-]. */
const char *meeting_link_new(struct arena *arena);

/* A new archive id, 22 such characters. */
const char *archive_id_new(struct arena *arena);

/* A new invite's id, "invite-" and 16 such characters. The holder of an invite with a name becomes
 * this attendee. */
const char *invite_id_new(struct arena *arena);

/* A new code of a short link, 80 random bits as 16 characters (meeting/invite_code.h). */
const char *invite_code_new(struct arena *arena);

#endif
