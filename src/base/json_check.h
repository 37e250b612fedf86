/* A strict check of JSON text (RFC 8259). */
#ifndef CONFAB_BASE_JSON_CHECK_H
#define CONFAB_BASE_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Is `text` exactly one JSON value (RFC 8259)? It must be valid UTF-8 (RFC 3629). Strings must not
 * hold control characters or lone surrogates, and keys no \u0000. At most `depth_max` arrays and
 * objects are nested. Only blanks may follow the value. Otherwise ERROR_MALFORMED with line and
 * column. */
bool json_check(const char *text, size_t len, unsigned depth_max, struct error *error);

#endif
