/* Heads of HTTP/1.1 requests and answers. */
#include "gate/http.h"

#include <string.h>
#include <strings.h>

#include "base/crypto.h"

/* Cuts the line that starts at *at, and sets *at behind it. */
static char *line_cut(char **at)
{
	char *line = *at;
	char *end = strstr(line, "\r\n");

	*end = '\0';
	*at = end + 2;
	return line;
}

static bool header_read(char *line, struct http_head *head)
{
	char *colon = strchr(line, ':');
	char *value;
	size_t len;

	if (colon == NULL || colon == line || strcspn(line, " \t") < (size_t)(colon - line) ||
	    head->count == HTTP_HEADERS_MAX)
		return false;
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	len = strlen(value);
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		value[--len] = '\0';
	head->headers[head->count].name = line;
	head->headers[head->count++].value = value;
	return true;
}

static bool request_line_read(char *line, struct http_head *head)
{
	char *path = strchr(line, ' ');
	char *version = path == NULL ? NULL : strchr(path + 1, ' ');

	if (version == NULL || strcmp(version + 1, "HTTP/1.1") != 0 || path[1] != '/')
		return false;
	*path = *version = '\0';
	head->method = line;
	head->path = path + 1;
	path[1 + strcspn(path + 1, "?")] = '\0';
	return true;
}

static bool status_line_read(char *line, struct http_head *head)
{
	static const char version[] = "HTTP/1.1 ";
	const char *digits = line + sizeof version - 1;

	if (strncmp(line, version, sizeof version - 1) != 0 || strspn(digits, "0123456789") != 3)
		return false;
	head->status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + digits[2] - '0';
	return true;
}

static enum http_outcome head_read(char *text, size_t len, struct http_head *head, size_t *used,
    bool (*first)(char *, struct http_head *))
{
	static const char end[] = "\r\n\r\n";
	char *last = memmem(text, len, end, sizeof end - 1);
	char *at = text;

	*head = (struct http_head){0};
	if (last == NULL)
		return len >= HTTP_HEAD_MAX ? HTTP_MALFORMED : HTTP_MORE;
	*used = (size_t)(last - text) + sizeof end - 1;
	if (*used > HTTP_HEAD_MAX || memchr(text, '\0', *used) != NULL)
		return HTTP_MALFORMED;
	if (!first(line_cut(&at), head))
		return HTTP_MALFORMED;
	while (at < last + 2) {
		if (!header_read(line_cut(&at), head))
			return HTTP_MALFORMED;
	}
	return HTTP_DONE;
}

enum http_outcome http_request_read(char *text, size_t len, struct http_head *head, size_t *used)
{
	return head_read(text, len, head, used, request_line_read);
}

enum http_outcome http_answer_read(char *text, size_t len, struct http_head *head, size_t *used)
{
	return head_read(text, len, head, used, status_line_read);
}

const char *http_header(const struct http_head *head, const char *name)
{
	for (size_t i = 0; i < head->count; i++) {
		if (strcasecmp(head->headers[i].name, name) == 0)
			return head->headers[i].value;
	}
	return NULL;
}

bool http_header_has(const struct http_head *head, const char *name, const char *word)
{
	size_t word_len = strlen(word);

	for (size_t i = 0; i < head->count; i++) {
		const char *at = head->headers[i].value;

		if (strcasecmp(head->headers[i].name, name) != 0)
			continue;
		for (at += strspn(at, ", \t"); *at != '\0'; at += strspn(at, ", \t")) {
			size_t len = strcspn(at, ", \t");

			if (len == word_len && strncasecmp(at, word, len) == 0)
				return true;
			at += len;
		}
	}
	return false;
}

const char *http_websocket_accept(struct arena *arena, const char *key)
{
	const char *text = arena_printf(arena, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	unsigned char digest[SHA1_SIZE];

	sha1(text, strlen(text), digest);
	return base64_encode(arena, digest, sizeof digest);
}
