/* Cross-origin calls from browsers: off unless CORS_ORIGINS lists the origin. */
#ifndef CONFAB_API_CORS_H
#define CONFAB_API_CORS_H

#include "api/request_context.h"

/* Answers OPTIONS with Origin and Access-Control-Request-Method, if CORS is on. This comes before
 * credentials. True if it was such a request; the error is set if the path does not exist. */
bool cors_preflight(struct request_context *context, struct error *error);

/* Adds Vary to the answer, and for a listed origin its exact echo. */
void cors_headers(struct request_context *context);

#endif
