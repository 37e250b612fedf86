/* A list of servers, as a setting names them. */
#include "base/host_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	PORT_MAX = 65535,
	PORT_DIGITS_MAX = 5,
};

/* Reads the rest after the name: nothing, or a colon and a port. */
static bool port_read(const char *text, size_t len, int64_t *port)
{
	*port = 0;
	if (len == 0)
		return true;
	if (*text != ':' || len < 2 || len - 1 > PORT_DIGITS_MAX ||
	    strspn(text + 1, "0123456789") < len - 1)
		return false;
	*port = strtol(text + 1, NULL, 10);
	return *port >= 1 && *port <= PORT_MAX;
}

/* An address with two colons or more and no brackets is IPv6 without a port. */
static size_t name_len(const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len);

	if (colon == NULL || memchr(colon + 1, ':', len - (size_t)(colon + 1 - text)) != NULL)
		return len;
	return (size_t)(colon - text);
}

static bool host_read(const char *text, size_t len, struct host *host)
{
	const char *name = text;
	size_t name_size, rest;

	if (len > 0 && *text == '[') {
		const char *end = memchr(text, ']', len);

		if (end == NULL)
			return false;
		name++;
		name_size = (size_t)(end - name);
		rest = name_size + 2;
	} else {
		rest = name_size = name_len(text, len);
	}
	if (name_size == 0 || name_size >= sizeof host->name)
		return false;
	memcpy(host->name, name, name_size);
	host->name[name_size] = '\0';
	return strpbrk(host->name, " \t[]/") == NULL &&
	       port_read(text + rest, len - rest, &host->port);
}

bool host_list_read(
    const char *text, const char *setting, struct host *hosts, size_t *count, struct error *error)
{
	*count = 0;
	if (*text == '\0')
		return true;
	for (const char *item = text;; item++) {
		size_t len = strcspn(item, ","), blanks = strspn(item, " \t");
		size_t trimmed = len;

		while (trimmed > blanks && strchr(" \t", item[trimmed - 1]) != NULL)
			trimmed--;
		if (*count == HOSTS_MAX)
			return error_set(
			    error, ERROR_INTERNAL, "%s: more than %d hosts", setting, HOSTS_MAX);
		if (blanks > trimmed || !host_read(item + blanks, trimmed - blanks, &hosts[*count]))
			return error_set(error, ERROR_INTERNAL,
			    "%s: host %zu is not a name or address, with or without :port", setting,
			    *count + 1);
		(*count)++;
		item += len;
		if (*item == '\0')
			return true;
	}
}

const char *host_write(const struct host *host, char *text)
{
	bool brackets = strchr(host->name, ':') != NULL;
	int len = snprintf(
	    text, HOST_TEXT_SIZE, "%s%s%s", brackets ? "[" : "", host->name, brackets ? "]" : "");

	if (host->port != 0)
		snprintf(text + len, HOST_TEXT_SIZE - (size_t)len, ":%u",
		    (unsigned)(uint16_t)host->port);
	return text;
}
