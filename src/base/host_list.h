/* A list of servers, as a setting names them: "a:3306, b, [::1]:3307". */
#ifndef CONFAB_BASE_HOST_LIST_H
#define CONFAB_BASE_HOST_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
	HOSTS_MAX = 8,                       /* in one list: they share the time of a request */
	HOST_NAME_SIZE = 256,                /* bytes of a DNS name, NUL included */
	HOST_TEXT_SIZE = HOST_NAME_SIZE + 9, /* the same with brackets and port */
};

struct host {
	char name[HOST_NAME_SIZE]; /* a name or an address, without brackets */
	int64_t port;              /* 0: the setting names none */
};

/* Reads hosts separated by commas; blanks around them are ignored. A host is a name, an IPv4
 * address, or an IPv6 address (in brackets when a port follows). "" is a list without hosts.
 * `hosts` has room for HOSTS_MAX. The error names `setting`. */
bool host_list_read(
    const char *text, const char *setting, struct host *hosts, size_t *count, struct error *error);

/* Writes "name:port", or "[address]:port" for IPv6; without the port when it is 0. Returns `text`,
 * which has HOST_TEXT_SIZE bytes. */
const char *host_write(const struct host *host, char *text);

#endif
