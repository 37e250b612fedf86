/* One connection of a browser. */
#include "gate/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json_writer.h"
#include "gate/http.h"
#include "gate/identity.h"
#include "gate/session.h"

enum {
	HELLO_MAX = 4096, /* bytes of the first message: a join token fits */
	ADDRESS_MAX = 64, /* bytes of a client's address as nginx gives it */
};

#define CLOSE_PATIENCE   (5 * SECOND)
#define MESSAGE_PATIENCE (10 * SECOND) /* for a whole message */
#define CONFIRM_AFTER    SECOND
#define PING_AFTER       (15 * SECOND) /* of silence */
#define SILENCE_MAX      (25 * SECOND)

static void client_pull(struct client *client);

static intptr_t address_count(const struct gate *gate, const char *address)
{
	void *count = NULL;

	lh_table_lookup_ex(gate->addresses, address, &count);
	return (intptr_t)count;
}

static void address_set(struct gate *gate, const char *address, intptr_t count)
{
	struct lh_entry *entry = lh_table_lookup_entry(gate->addresses, address);

	if (entry != NULL && count == 0)
		lh_table_delete_entry(gate->addresses, entry);
	else if (entry != NULL)
		lh_entry_set_val(entry, (void *)count);
	else
		lh_table_insert(gate->addresses, strdup(address), (void *)count);
}

/* It has a name now, or is gone. */
static void address_uncount(struct client *client)
{
	if (client->address == NULL)
		return;
	address_set(
	    client->gate, client->address, address_count(client->gate, client->address) - 1);
	free(client->address);
	client->address = NULL;
}

static void client_free(void *object)
{
	struct client *client = object;

	websocket_clear(&client->websocket);
	free(client->head);
	free(client);
}

/* The socket is closed. */
static void client_gone(struct client *client)
{
	struct session *session = client->session;

	timer_stop(client->gate->loop, &client->timer);
	address_uncount(client);
	client->session = NULL;
	if (session != NULL)
		session_page_lost(session, client->is_clean);
	client->state = CLIENT_CLOSING;
	if (client->previous == NULL)
		client->gate->clients = client->next;
	else
		client->previous->next = client->next;
	if (client->next != NULL)
		client->next->previous = client->previous;
	loop_later(client->gate->loop, client_free, client);
}

static void client_closed(void *owner)
{
	struct client *client = owner;

	if (client->stream.is_behind)
		client->gate->counts.slow++;
	client_gone(client);
}

void client_cut(struct client *client)
{
	stream_close(&client->stream);
	client_gone(client);
}

static void earliest(int64_t *due, int64_t candidate)
{
	if (candidate < *due)
		*due = candidate;
}

static bool confirm_is_due(const struct client *client)
{
	return client->session != NULL && client->session->outbox.first != NULL &&
	       client->pinged_at == 0;
}

static void timer_update(struct client *client)
{
	const struct gate *gate = client->gate;
	int64_t now = loop_now(gate->loop);
	int64_t due = client->heard_at + (client->pinged_at == 0 ? PING_AFTER : SILENCE_MAX);

	if (client->state == CLIENT_CLOSING)
		due = client->since + CLOSE_PATIENCE;
	if (client->state == CLIENT_HEAD || client->state == CLIENT_NAMELESS)
		due = client->since + gate->config->gate_hello;
	if (client->throttled_until != 0)
		earliest(&due, client->throttled_until);
	if (client->amid_since != 0)
		earliest(&due, client->amid_since + MESSAGE_PATIENCE);
	if (confirm_is_due(client))
		earliest(&due, now + CONFIRM_AFTER);
	if (client->timer.place == 0 || client->timer.due > due || client->timer.due <= now)
		timer_set(gate->loop, &client->timer, due);
}

static void ping(struct client *client)
{
	char number[24];
	int len = snprintf(number, sizeof number, "%" PRId64,
	    client->session == NULL ? 0 : client->session->outbox.number);

	client->pinged_at = loop_now(client->gate->loop);
	websocket_write(&client->stream, true, WSLAY_PING, number, (size_t)len);
}

static void client_fire(void *owner)
{
	struct client *client = owner;
	int64_t now = loop_now(client->gate->loop);

	if (client->state == CLIENT_CLOSING) {
		client_cut(client);
		return;
	}
	if (client->state != CLIENT_NAMED &&
	    now >= client->since + client->gate->config->gate_hello) {
		client->gate->counts.turned_away++;
		client_close(client, CLOSE_SILENT, "no name in time");
		return;
	}
	if (client->amid_since != 0 && now >= client->amid_since + MESSAGE_PATIENCE) {
		client_close(client, CLOSE_SILENT, "half a message");
		return;
	}
	if (client->state == CLIENT_NAMED && now >= client->heard_at + SILENCE_MAX &&
	    client->pinged_at != 0) {
		client_cut(client);
		return;
	}
	if (client->state == CLIENT_NAMED &&
	    (confirm_is_due(client) ||
		(now >= client->heard_at + PING_AFTER && client->pinged_at == 0)))
		ping(client);
	if (client->throttled_until != 0 && now >= client->throttled_until) {
		client->throttled_until = 0;
		client_pull(client);
	}
	if (client->state != CLIENT_CLOSING)
		timer_update(client);
}

void client_confirm_soon(struct client *client)
{
	if (client->state == CLIENT_NAMED)
		timer_update(client);
}

void client_send(struct client *client, const char *text, size_t len)
{
	if (client->state == CLIENT_NAMELESS || client->state == CLIENT_NAMED)
		websocket_write(&client->stream, true, WSLAY_TEXT_FRAME, text, len);
}

void client_refuse(struct client *client, const char *transaction, const struct refusal *refusal)
{
	struct json_writer writer = json_writer_new(client->gate->arena, REFUSAL_MAX + 200);

	client->gate->counts.refused++;
	json_write_object(&writer, NULL);
	json_write_text(&writer, "janus", "error");
	json_write_text(&writer, "transaction", transaction);
	json_write_object(&writer, "error");
	json_write_integer(&writer, "code", refusal->code);
	json_write_text(&writer, "reason", refusal->reason);
	json_close_object(&writer);
	json_close_object(&writer);
	client_send(client, writer.buffer.text, writer.buffer.len);
}

void client_close(struct client *client, uint16_t code, const char *reason)
{
	struct session *session = client->session;
	bool is_websocket = client->state == CLIENT_NAMELESS || client->state == CLIENT_NAMED;

	if (client->state == CLIENT_CLOSING)
		return;
	if (is_websocket)
		websocket_write_close(&client->stream, true, code, reason);
	client->state = CLIENT_CLOSING;
	client->since = loop_now(client->gate->loop);
	client->throttled_until = client->amid_since = 0;
	address_uncount(client);
	client->session = NULL;
	if (session != NULL)
		session_page_lost(session, client->is_clean);
	stream_end(&client->stream);
	timer_stop(client->gate->loop, &client->timer);
	timer_update(client);
}

void client_hold(struct client *client)
{
	client->held = true;
	stream_hold(&client->stream, true);
}

static void release_later(void *object)
{
	struct client *client = object;

	if (!client->held && client->state == CLIENT_NAMED)
		client_pull(client);
}

void client_release(struct client *client)
{
	if (!client->held)
		return;
	client->held = false;
	loop_later(client->gate->loop, release_later, client);
}

/* Whose is it? The first message says. */
static void hello_take(struct client *client, const struct message *message)
{
	struct identity identity = {0};
	struct refusal refusal;

	if (message->verb != VERB_CONFAB && message->verb != VERB_CREATE &&
	    message->verb != VERB_CLAIM)
		refuse(&refusal, REFUSED_IDENTITY, "Say whose connection this is first.");
	else if (message->token == NULL)
		refuse(&refusal, REFUSED_IDENTITY, "The join token is missing.");
	else if (identity_read(client->gate, message->token, &identity, &refusal)) {
		client->state = CLIENT_NAMED;
		address_uncount(client);
		client->websocket.max = (size_t)client->gate->config->gate_jsep_max;
		if (session_hello(client->gate, client, message, &identity, &refusal))
			return;
	}
	identity_clear(&identity);
	client_refuse(client, message->transaction, &refusal);
	client_close(
	    client, refusal.code == REFUSED_LIMIT ? CLOSE_LIMIT : CLOSE_TOKEN, refusal.reason);
}

/* Over the rate it is not refused: nothing is read until there is room. */
static void rate_apply(struct client *client, bool trickles)
{
	const struct config *config = client->gate->config;
	int64_t burst = trickles ? config->gate_trickle_burst : config->gate_burst;
	int64_t until = bucket_take(trickles ? &client->trickles : &client->messages,
	    config->gate_rate, burst, loop_now(client->gate->loop));

	if (until != 0) {
		client->gate->counts.delayed++;
		client->throttled_until = until;
	}
}

static void message_take(struct client *client, const char *text, size_t len)
{
	struct message message;
	struct refusal refusal;
	bool good = message_read(client->gate->arena, text, len, &message, &refusal);

	rate_apply(client, good && message.verb == VERB_TRICKLE);
	if (!good) {
		client_refuse(client, message.transaction, &refusal);
		if (client->state == CLIENT_NAMELESS)
			client_close(client, CLOSE_TOKEN, "no join token");
	} else if (client->state == CLIENT_NAMELESS) {
		hello_take(client, &message);
	} else {
		session_page_heard(client->session, &message);
	}
}

/* It repeats the number of the last message before the ping. */
static void pong_take(struct client *client, const char *text)
{
	if (client->pinged_at == 0)
		rate_apply(client, false); /* nobody has asked for it */
	client->pinged_at = 0;
	if (client->session != NULL)
		outbox_confirm(&client->session->outbox, strtoll(text, NULL, 10));
}

/* One event; false: this connection reads nothing more. */
static bool event_take(
    struct client *client, enum websocket_event event, const char *text, size_t len)
{
	switch (event) {
	case WEBSOCKET_MORE:
		return true;
	case WEBSOCKET_MESSAGE:
		message_take(client, text, len);
		break;
	case WEBSOCKET_PING:
		websocket_write(&client->stream, true, WSLAY_PONG, text, len);
		rate_apply(client, false);
		break;
	case WEBSOCKET_PONG:
		pong_take(client, arena_strndup(client->gate->arena, text, len));
		break;
	case WEBSOCKET_CLOSE:
		client->is_clean = client->websocket.code == WEBSOCKET_GOING_AWAY;
		client_close(client,
		    client->websocket.code == WEBSOCKET_NO_CODE ? WEBSOCKET_NORMAL
								: client->websocket.code,
		    "");
		return false;
	case WEBSOCKET_FAULT:
		client_close(client, client->websocket.code, "not allowed");
		return false;
	}
	return client->state == CLIENT_NAMELESS || client->state == CLIENT_NAMED;
}

/* Deals with what was read, until the connection is held, throttled or has nothing more. */
static void client_pull(struct client *client)
{
	while (!client->held && client->throttled_until == 0) {
		char *text = NULL;
		size_t len = 0;
		enum websocket_event event = websocket_next(&client->websocket, &text, &len);

		if (!event_take(client, event, text, len))
			return;
		if (event == WEBSOCKET_MORE) {
			if (!websocket_is_amid(&client->websocket))
				client->amid_since = 0;
			else if (client->amid_since == 0)
				client->amid_since = loop_now(client->gate->loop);
			stream_hold(&client->stream, false);
			timer_update(client);
			return;
		}
	}
	websocket_keep(&client->websocket);
	client->amid_since = 0;
	stream_hold(&client->stream, true);
	timer_update(client);
}

static void http_refuse(struct client *client, const char *status)
{
	const char *answer = arena_printf(client->gate->arena,
	    "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status);

	stream_write(&client->stream, answer, strlen(answer));
	client_close(client, 0, "");
}

static void upgrade(struct client *client, const struct http_head *head)
{
	struct gate *gate = client->gate;
	const char *address = http_header(head, "X-Real-IP");
	const char *key = http_header(head, "Sec-WebSocket-Key");
	bool janus = http_header_has(head, "Sec-WebSocket-Protocol", "janus-protocol");
	const char *answer;

	address = arena_strndup(gate->arena, address == NULL ? "-" : address,
	    address == NULL ? 1 : strnlen(address, ADDRESS_MAX));
	if (address_count(gate, address) >= gate->config->gate_nameless_max) {
		gate->counts.turned_away++;
		http_refuse(client, "429 Too Many Requests");
		return;
	}
	client->address = strdup(address);
	address_set(gate, address, address_count(gate, address) + 1);
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

static void head_take(struct client *client, const char *bytes, size_t len)
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
	if (client->state == CLIENT_NAMELESS) {
		websocket_give(&client->websocket, text + used, client->head_len - used);
		client_pull(client);
	}
	free(client->head);
	client->head = NULL;
	client->head_len = 0;
}

static void client_got(void *owner, char *bytes, size_t len)
{
	struct client *client = owner;

	client->heard_at = loop_now(client->gate->loop);
	if (client->state == CLIENT_HEAD) {
		head_take(client, bytes, len);
	} else if (client->state != CLIENT_CLOSING) {
		websocket_give(&client->websocket, bytes, len);
		client_pull(client);
	}
}

void client_accept(struct gate *gate, int fd)
{
	static const struct stream_calls calls = {.got = client_got, .closed = client_closed};
	struct client *client = calloc(1, sizeof *client);
	const struct config *config = gate->config;
	int64_t now = loop_now(gate->loop);

	if (client == NULL)
		abort();
	client->gate = gate;
	client->next = gate->clients;
	if (client->next != NULL)
		client->next->previous = client;
	gate->clients = client;
	client->since = client->heard_at = now;
	client->messages = bucket_new(config->gate_rate, config->gate_burst, now);
	client->trickles = bucket_new(config->gate_rate, config->gate_trickle_burst, now);
	client->timer = (struct timer){.fire = client_fire, .owner = client};
	stream_start(&client->stream, gate->loop, fd, false, &calls, client,
	    (size_t)config->gate_backlog_max);
	timer_update(client);
}
