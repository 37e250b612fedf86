/* The header Content-Disposition: the name under which a browser saves an answer (RFC 6266). */
#ifndef CONFAB_HTTP_DISPOSITION_H
#define CONFAB_HTTP_DISPOSITION_H

#include <stdbool.h>

#include "base/arena.h"

/* Makes the header's value for a file of this name, which is any UTF-8: characters that some system
 * forbids in names become "_". `attachment`: the browser saves the file and does not show it. The
 * result lies in the arena. */
const char *disposition(struct arena *arena, bool attachment, const char *name);

#endif
