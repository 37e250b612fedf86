/* Addresses of sockets as settings name them: "unix:/path" or "127.0.0.1:8188". */
#ifndef CONFAB_GATE_ADDRESS_H
#define CONFAB_GATE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/error.h"

enum {
	ADDRESSES_MAX = 4, /* of one setting */
};

struct address {
	struct sockaddr_storage socket;
	socklen_t len;
};

/* Reads one or more, separated by commas. The error names `setting`. */
bool addresses_read(const char *text, const char *setting, struct address *addresses, size_t *count,
    struct error *error);

/* A listening socket that does not block; -1 with the reason in errno. A Unix socket that is there
 * already is taken over. */
int address_listen(const struct address *address);

/* A socket that connects without blocking; -1 and errno. */
int address_connect(const struct address *address);

#endif
