/* A file as the answer, or a range of it. */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "http/range.h"
#include "http/response.h"

/* "Sun, 22 Nov 2026 12:00:00 GMT" */
static const char *http_date(struct arena *arena, time_t time)
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {
	    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct tm tm = {0};

	gmtime_r(&time, &tm);
	return arena_printf(arena, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday],
	    tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Does the range count? With If-Range only while the client's earlier piece is of the same file.
 * (A date there must be exactly the one that it was told.) */
static bool range_counts(const struct request *request, const char *etag, const char *modified)
{
	const char *given = request_param(request, "HTTP_IF_RANGE");

	return given == NULL || strcmp(given, *given == '"' ? etag : modified) == 0;
}

bool response_file(struct response *response, const struct request *request,
    const char *content_type, int fd, struct error *error)
{
	struct response_file *file = arena_alloc(response->arena, sizeof *file);
	struct range range = {.kind = RANGE_WHOLE};
	const char *etag, *modified;
	struct stat status;

	*file = (struct response_file){.fd = fd};
	response->file = file;
	if (fstat(fd, &status) != 0)
		return error_set(error, ERROR_INTERNAL, "The file cannot be read.");
	/* As nginx makes it: a client may have a piece of the file from there. */
	etag = arena_printf(
	    response->arena, "\"%jx-%jx\"", (intmax_t)status.st_mtime, (intmax_t)status.st_size);
	modified = http_date(response->arena, status.st_mtime);
	if (range_counts(request, etag, modified))
		range = range_read(request_param(request, "HTTP_RANGE"), status.st_size);
	if (range.kind == RANGE_NONE) {
		response_header(response, "Content-Range",
		    arena_printf(response->arena, "bytes */%jd", (intmax_t)status.st_size));
		return error_set(error, ERROR_RANGE, "The file has no such range.");
	}
	file->from = range.from;
	file->size = range.kind == RANGE_PIECE ? range.size : status.st_size;
	response->status = range.kind == RANGE_PIECE ? 206 : 200;
	response->content_type = content_type;
	response_header(response, "Accept-Ranges", "bytes");
	response_header(response, "ETag", etag);
	response_header(response, "Last-Modified", modified);
	if (range.kind == RANGE_PIECE)
		response_header(response, "Content-Range",
		    arena_printf(response->arena, "bytes %" PRId64 "-%" PRId64 "/%jd", range.from,
			range.from + range.size - 1, (intmax_t)status.st_size));
	return true;
}
