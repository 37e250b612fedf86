/* The two ways a request comes in: FastCGI (libfcgi) and plain CGI (environment and standard
 * streams). The CGI part is our own: libfcgi's accept fails when there is no listening socket. */
#ifndef CONFAB_HTTP_FRONT_H
#define CONFAB_HTTP_FRONT_H

#include <fcgiapp.h>

#include "http/request.h"

/* The front end of an accepted FastCGI request. */
struct front front_fcgi(FCGX_Request *fcgi);

/* The front end of a CGI program, which has one request. It reads at most CONTENT_LENGTH bytes. */
struct front front_cgi(void);

#endif
