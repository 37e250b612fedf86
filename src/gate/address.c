/* Addresses of sockets as settings name them. */
#include "gate/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static bool unix_read(const char *path, size_t len, struct address *address)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	if (len == 0 || len >= sizeof name.sun_path)
		return false;
	memcpy(name.sun_path, path, len);
	memcpy(&address->socket, &name, sizeof name);
	address->len = sizeof name;
	return true;
}

static bool port_read(const char *text, size_t len, in_port_t *port)
{
	unsigned number = 0;

	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		number = number * 10 + (unsigned)(text[i] - '0');
	}
	*port = htons((in_port_t)number);
	return number > 0 && number <= 65535;
}

/* "127.0.0.1:8188" or "[::1]:8188". */
static bool tcp_read(const char *text, size_t len, struct address *address)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const char *colon = memrchr(text, ':', len);
	char name[INET6_ADDRSTRLEN + 2] = "";
	size_t name_len;
	in_port_t port;

	if (colon == NULL || !port_read(colon + 1, len - (size_t)(colon - text) - 1, &port))
		return false;
	name_len = (size_t)(colon - text);
	if (name_len >= sizeof name)
		return false;
	memcpy(name, text, name_len);
	v4.sin_port = v6.sin6_port = port;
	if (inet_pton(AF_INET, name, &v4.sin_addr) == 1) {
		memcpy(&address->socket, &v4, sizeof v4);
		address->len = sizeof v4;
		return true;
	}
	if (name[0] != '[' || name[name_len - 1] != ']')
		return false;
	name[name_len - 1] = '\0';
	if (inet_pton(AF_INET6, name + 1, &v6.sin6_addr) != 1)
		return false;
	memcpy(&address->socket, &v6, sizeof v6);
	address->len = sizeof v6;
	return true;
}

bool addresses_read(const char *text, const char *setting, struct address *addresses, size_t *count,
    struct error *error)
{
	static const char prefix[] = "unix:";

	*count = 0;
	while (*text != '\0') {
		size_t len = strcspn(text, ",");
		size_t skipped = strspn(text, " ");
		const char *one = text + skipped;
		size_t one_len = len - (skipped < len ? skipped : len);
		struct address *address = &addresses[*count];
		bool good;

		if (*count == ADDRESSES_MAX)
			return error_set(error, ERROR_INTERNAL, "%s: more than %d addresses",
			    setting, ADDRESSES_MAX);
		*address = (struct address){0};
		good =
		    strncmp(one, prefix, sizeof prefix - 1) == 0 && one_len >= sizeof prefix - 1
			? unix_read(one + sizeof prefix - 1, one_len - sizeof prefix + 1, address)
			: tcp_read(one, one_len, address);
		if (!good)
			return error_set(error, ERROR_INTERNAL,
			    "%s: must be unix:/path, address:port or [address]:port", setting);
		(*count)++;
		text += len + (text[len] == ',');
	}
	return *count > 0 || error_set(error, ERROR_INTERNAL, "%s: is missing", setting);
}

static int socket_new(const struct address *address)
{
	const int on = 1;
	int fd = socket(address->socket.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && address->socket.ss_family != AF_UNIX) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	}
	return fd;
}

int address_listen(const struct address *address)
{
	const struct sockaddr_un *name = (const struct sockaddr_un *)&address->socket;
	int fd = socket_new(address), saved;

	if (fd < 0)
		return -1;
	if (address->socket.ss_family == AF_UNIX)
		unlink(name->sun_path);
	if (bind(fd, (const struct sockaddr *)&address->socket, address->len) == 0 &&
	    listen(fd, SOMAXCONN) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int address_connect(const struct address *address)
{
	int fd = socket_new(address), saved;

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&address->socket, address->len) == 0 ||
	    errno == EINPROGRESS)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}
