/* One connection of a browser. */
#include "gate/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "gate/identity.h"
#include "gate/nameless.h"
#include "gate/session.h"
#include "gate/upgrade.h"

#define CLOSE_PATIENCE   (5 * SECOND)
#define MESSAGE_PATIENCE (10 * SECOND) /* for a whole message */
#define CONFIRM_AFTER    SECOND
#define PING_AFTER       (15 * SECOND) /* of silence */
#define SILENCE_MAX      (25 * SECOND)

static void client_pull(struct client *client);

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
	nameless_uncount(client);
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
	nameless_uncount(client);
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
		nameless_uncount(client);
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

void client_hear(struct client *client, const char *bytes, size_t len)
{
	websocket_give(&client->websocket, bytes, len);
	client_pull(client);
}

static void client_got(void *owner, char *bytes, size_t len)
{
	struct client *client = owner;

	client->heard_at = loop_now(client->gate->loop);
	if (client->state == CLIENT_HEAD)
		upgrade_take(client, bytes, len);
	else if (client->state != CLIENT_CLOSING)
		client_hear(client, bytes, len);
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
