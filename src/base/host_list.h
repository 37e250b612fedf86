/* A list of servers as a setting names them: "a:3306, b, [::1]:3307". */
#ifndef CONFAB_BASE_HOST_LIST_H
#define CONFAB_BASE_HOST_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
	HOSTS_MAX = 8,        /* of one list: each has its share of a request's time */
	HOST_NAME_SIZE = 256, /* bytes of a DNS name, NUL included */
	HOST_TEXT_SIZE = HOST_NAME_SIZE + 9, /* the same with brackets and a port */
};

struct host {
	char name[HOST_NAME_SIZE]; /* a name or an address, without brackets */
	int64_t port;              /* 0: none was written */
};

/* Reads hosts separated by commas, with blanks around them or without: a name, an IPv4 address, or
 * an IPv6 address (in brackets where a port follows). "" is a list without hosts. `hosts` has room
 * for HOSTS_MAX. The error names `setting`. */
bool host_list_read(
    const char *text, const char *setting, struct host *hosts, size_t *count, struct error *error);

/* Writes "name:port", or "[address]:port" for IPv6, without the port when it is 0; gives `text`,
 * which has HOST_TEXT_SIZE bytes. */
const char *host_write(const struct host *host, char *text);

#endif
