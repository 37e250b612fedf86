/* The OpenAPI document, src/api/openapi.json, compiled in. */
#ifndef CONFAB_API_OPENAPI_H
#define CONFAB_API_OPENAPI_H

#include <stddef.h>

/* The lines of the document (a C compiler need not accept one long literal). */
extern const char *const openapi_lines[];
extern const size_t openapi_line_count;

#endif
