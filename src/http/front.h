/* The two front ends of a request: FastCGI (libfcgi) and plain CGI (environment and standard
 * streams). libfcgi's own accept does not do CGI: it fails at once when there is no listening
 * socket. */
#ifndef CONFAB_HTTP_FRONT_H
#define CONFAB_HTTP_FRONT_H

#include <fcgiapp.h>

#include "http/request.h"

/* The front of an accepted FastCGI request. */
struct front front_fcgi(FCGX_Request *fcgi);

/* The front of this process' only request, as a CGI program. Reads at most CONTENT_LENGTH bytes. */
struct front front_cgi(void);

#endif
