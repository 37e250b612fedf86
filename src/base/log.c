/* The log: one JSON object per line on standard error. One write() writes a line, so that the lines
 * of several workers do not mix in one file. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	LINE_MAX_SIZE = 4096, /* a pipe takes so many bytes in one piece */
};

struct line {
	char text[LINE_MAX_SIZE];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void line_add(
    struct line *line, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line->text + line->len, sizeof line->text - line->len, format, args);
	va_end(args);
	if (len > 0)
		line->len += (size_t)len;
	if (line->len > sizeof line->text - 3)
		line->len = sizeof line->text - 3;
}

/* Adds ,"key":"text". Escapes `text`, and cuts it when it is long. */
static void line_add_text(struct line *line, const char *key, const char *text)
{
	enum { TEXT_MAX = 1000 };
	size_t len;

	if (text == NULL)
		return;
	line_add(line, ",\"%s\":\"", key);
	len = strnlen(text, TEXT_MAX);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			line_add(line, "\\%c", c);
		else if (c < 0x20 || c == 0x7F)
			line_add(line, "\\u%04x", c);
		else if (line->len < sizeof line->text - 3)
			line->text[line->len++] = (char)c;
	}
	line_add(line, "\"");
}

static void line_start(struct line *line, const char *level)
{
	char date[DATE_TEXT_MAX];

	line->len = 0;
	line_add(line, "{\"time\":\"%s\",\"level\":\"%s\",\"pid\":%d",
	    date_format(clock_now(), date), level, (int)getpid());
}

static void line_end(struct line *line)
{
	ssize_t written;

	line->text[line->len++] = '}';
	line->text[line->len++] = '\n';
	written = write(STDERR_FILENO, line->text, line->len);
	(void)written; /* the service goes on when the log cannot be written */
}

void log_event(const char *level, const char *format, ...)
{
	char message[1000];
	struct line line;
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	line_start(&line, level);
	line_add_text(&line, "message", message);
	line_end(&line);
}

void log_request(const struct log_request *request)
{
	struct line line;

	line_start(&line, request->status >= 500 ? "error" : "info");
	line_add_text(&line, "requestId", request->request_id);
	line_add_text(&line, "method", request->method);
	line_add_text(&line, "route", request->route);
	line_add(&line, ",\"status\":%d,\"durationMs\":%lld.%03lld", request->status,
	    (long long)(request->duration / 1000), (long long)(request->duration % 1000));
	line_add_text(&line, "actor", request->actor);
	line_add_text(&line, "error", request->error);
	line_end(&line);
}
