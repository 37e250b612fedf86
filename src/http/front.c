/* The two ways a request comes in: FastCGI (libfcgi) and plain CGI (environment and standard
 * streams). */
#include "http/front.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static const char *fcgi_param(void *context, const char *name)
{
	const FCGX_Request *fcgi = context;

	return FCGX_GetParam(name, fcgi->envp);
}

static size_t fcgi_read(void *context, char *bytes, size_t len)
{
	const FCGX_Request *fcgi = context;
	int got = FCGX_GetStr(bytes, len > INT_MAX ? INT_MAX : (int)len, fcgi->in);

	return got > 0 ? (size_t)got : 0;
}

static bool fcgi_write(void *context, const char *bytes, size_t len)
{
	const FCGX_Request *fcgi = context;

	while (len > 0) {
		int piece = len > INT_MAX ? INT_MAX : (int)len;

		if (FCGX_PutStr(bytes, piece, fcgi->out) != piece)
			return false;
		bytes += piece;
		len -= (size_t)piece;
	}
	return true;
}

struct front front_fcgi(FCGX_Request *fcgi)
{
	return (struct front){
	    .context = fcgi, .param = fcgi_param, .read = fcgi_read, .write = fcgi_write};
}

static const char *cgi_param(void *context, const char *name)
{
	(void)context;
	return getenv(name);
}

static size_t cgi_read(void *context, char *bytes, size_t len)
{
	ssize_t got;

	(void)context;
	do
		got = read(STDIN_FILENO, bytes, len);
	while (got < 0 && errno == EINTR);
	return got > 0 ? (size_t)got : 0;
}

static bool cgi_write(void *context, const char *bytes, size_t len)
{
	(void)context;
	while (len > 0) {
		ssize_t put = write(STDOUT_FILENO, bytes, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		bytes += put;
		len -= (size_t)put;
	}
	return true;
}

struct front front_cgi(void)
{
	return (struct front){
	    .param = cgi_param, .read = cgi_read, .write = cgi_write, .location_redirects = true};
}
