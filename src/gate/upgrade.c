/* The HTTP request by which a page asks for a WebSocket. */
#include "gate/upgrade.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "auth/join_token.h"
#include "gate/http.h"
#include "gate/nameless.h"

enum {
	HELLO_MAX = JOIN_TOKEN_MAX + 512, /* bytes of the first message, with token and ticket */
	PREFIX_SIZE = 8,                  /* bytes of an IPv6 address that belong to the network */
};

static void http_refuse(struct client *client, const char *status)
{
	const char *answer = arena_printf(client->gate->arena,
	    "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status);

	stream_write(&client->stream, answer, strlen(answer));
	client_close(client, 0, "");
}

/* What counts as one address: with IPv6 a network, as one person has all of its addresses. `given`
 * is X-Real-IP, NULL: without nginx. */
static const char *address_of(struct arena *arena, const char *given)
{
	struct in6_addr address;
	char text[INET6_ADDRSTRLEN];

	if (given == NULL)
		return "-";
	if (inet_pton(AF_INET6, given, &address) != 1 || IN6_IS_ADDR_V4MAPPED(&address))
		return arena_strndup(arena, given, strnlen(given, sizeof text));
	memset(address.s6_addr + PREFIX_SIZE, 0, sizeof address.s6_addr - PREFIX_SIZE);
	return arena_strdup(arena, inet_ntop(AF_INET6, &address, text, sizeof text));
}

static void upgrade(struct client *client, const struct http_head *head)
{
	struct gate *gate = client->gate;
	const char *address = address_of(gate->arena, http_header(head, "X-Real-IP"));
	const char *key = http_header(head, "Sec-WebSocket-Key");
	bool janus = http_header_has(head, "Sec-WebSocket-Protocol", "janus-protocol");
	const char *answer;

	if (!nameless_count(client, address)) {
		gate->counts.turned_away++;
		http_refuse(client, "429 Too Many Requests");
		return;
	}
	answer = arena_printf(gate->arena,
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: %s\r\n%s\r\n",
	    http_websocket_accept(gate->arena, key),
	    janus ? "Sec-WebSocket-Protocol: janus-protocol\r\n" : "");
	stream_write(&client->stream, answer, strlen(answer));
	client->state = CLIENT_NAMELESS;
	websocket_start(&client->websocket, true, HELLO_MAX);
}

static bool is_websocket(const struct http_head *head)
{
	const char *version = http_header(head, "Sec-WebSocket-Version");

	return strcmp(head->method, "GET") == 0 && http_header_has(head, "Upgrade", "websocket") &&
	       http_header_has(head, "Connection", "upgrade") && version != NULL &&
	       strcmp(version, "13") == 0 && http_header(head, "Sec-WebSocket-Key") != NULL;
}

void upgrade_take(struct client *client, const char *bytes, size_t len)
{
	struct http_head head;
	size_t used = 0;
	enum http_outcome outcome;
	char *text = realloc(client->head, client->head_len + len);

	if (text == NULL)
		abort();
	memcpy(text + client->head_len, bytes, len);
	client->head = text;
	client->head_len += len;
	outcome = http_request_read(text, client->head_len, &head, &used);
	if (outcome == HTTP_MORE)
		return;
	if (outcome == HTTP_MALFORMED || !is_websocket(&head))
		http_refuse(
		    client, outcome == HTTP_MALFORMED ? "400 Bad Request" : "426 Upgrade Required");
	else
		upgrade(client, &head);
	if (client->state == CLIENT_NAMELESS)
		client_hear(client, text + used, client->head_len - used);
	free(client->head);
	client->head = NULL;
	client->head_len = 0;
}
