/* Cross-origin calls from browsers: off unless CORS_ORIGINS lists the origin. */
#ifndef CONFAB_API_CORS_H
#define CONFAB_API_CORS_H

#include "api/request_context.h"

/* Is this OPTIONS with Origin and Access-Control-Request-Method, and CORS on? Then it is answered
 * here, before credentials: true, with an error if the path is none. */
bool cors_preflight(struct request_context *context, struct error *error);

/* Adds Vary and, for a listed origin, its exact echo to the answer. */
void cors_headers(struct request_context *context);

#endif
