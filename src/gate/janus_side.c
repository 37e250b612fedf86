/* One WebSocket to Janus. */
#include "gate/janus_side.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "gate/http.h"
#include "gate/session.h"

enum {
	OPENING_MAX = 16,               /* at once */
	TRIES_MAX = 8,                  /* of opening one */
	BACKLOG_MAX = 4 * 1024 * 1024,  /* bytes that Janus may be behind */
	MESSAGE_MAX = 16 * 1024 * 1024, /* bytes of one message of Janus' */
	KEY_SIZE = 16,                  /* bytes of Sec-WebSocket-Key */
};

#define OPEN_LIMIT (5 * SECOND)
#define PAUSE      (250 * MILLISECOND)

struct janus_queue {
	struct janus_side *first, *last;
	int opening;
};

struct janus_queue *janus_queue_new(void)
{
	struct janus_queue *queue = calloc(1, sizeof *queue);

	if (queue == NULL)
		abort();
	return queue;
}

void janus_queue_free(struct janus_queue *queue)
{
	free(queue);
}

static void queue_run(void *object);

static void queue_add(struct janus_side *side)
{
	struct janus_queue *queue = side->gate->janus_queue;

	side->state = JANUS_QUEUED;
	side->next = NULL;
	if (queue->first == NULL)
		queue->first = side;
	else
		queue->last->next = side;
	queue->last = side;
	loop_later(side->gate->loop, queue_run, side->gate);
}

static void queue_remove(struct janus_queue *queue, struct janus_side *side)
{
	struct janus_side *before = NULL;

	for (struct janus_side *one = queue->first; one != side; one = one->next)
		before = one;
	if (before == NULL)
		queue->first = side->next;
	else
		before->next = side->next;
	if (queue->last == side)
		queue->last = before;
}

/* No longer one of those that are being opened: the next one's turn. */
static void opening_over(struct janus_side *side)
{
	side->gate->janus_queue->opening--;
	loop_later(side->gate->loop, queue_run, side->gate);
}

/* It is over with this connection; the session may hear of it. */
static void side_drop(struct janus_side *side)
{
	if (side->state == JANUS_QUEUED)
		queue_remove(side->gate->janus_queue, side);
	if (side->state == JANUS_OPENING)
		opening_over(side);
	if (side->state != JANUS_CLOSED)
		timer_stop(side->gate->loop, &side->timer);
	side->state = JANUS_CLOSED;
	free(side->head);
	side->head = NULL;
	side->head_len = 0;
	websocket_clear(&side->websocket);
}

static void opening_failed(struct janus_side *side)
{
	stream_close(&side->stream);
	side_drop(side);
	if (++side->tries >= TRIES_MAX) {
		session_janus_lost(side->session);
		return;
	}
	side->state = JANUS_PAUSES;
	timer_set(side->gate->loop, &side->timer, loop_now(side->gate->loop) + PAUSE);
}

static void side_fire(void *owner)
{
	struct janus_side *side = owner;

	if (side->state == JANUS_PAUSES)
		queue_add(side);
	else if (side->state == JANUS_OPENING)
		opening_failed(side);
}

static void side_opened(void *owner)
{
	struct janus_side *side = owner;
	unsigned char key[KEY_SIZE];
	const char *request;

	random_bytes(key, sizeof key);
	request = arena_printf(side->gate->arena,
	    "GET / HTTP/1.1\r\nHost: janus\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n"
	    "Sec-WebSocket-Protocol: janus-protocol\r\n\r\n",
	    base64_encode(side->gate->arena, key, sizeof key));
	stream_write(&side->stream, request, strlen(request));
}

static void frames_read(struct janus_side *side, const char *bytes, size_t len)
{
	char *text;
	size_t text_len;

	websocket_give(&side->websocket, bytes, len);
	for (;;) {
		enum websocket_event event = websocket_next(&side->websocket, &text, &text_len);

		switch (event) {
		case WEBSOCKET_MORE:
			return;
		case WEBSOCKET_MESSAGE:
			session_janus_heard(side->session, text);
			break;
		case WEBSOCKET_PING:
			websocket_write(&side->stream, false, WSLAY_PONG, text, text_len);
			break;
		case WEBSOCKET_PONG:
			break;
		case WEBSOCKET_CLOSE:
		case WEBSOCKET_FAULT:
			stream_close(&side->stream);
			side_drop(side);
			session_janus_lost(side->session);
			return;
		}
		if (side->state != JANUS_OPEN)
			return;
	}
}

static void head_read(struct janus_side *side, const char *bytes, size_t len)
{
	struct http_head head;
	enum http_outcome outcome;
	size_t used = 0;
	char *text = realloc(side->head, side->head_len + len);

	if (text == NULL)
		abort();
	memcpy(text + side->head_len, bytes, len);
	side->head = text;
	side->head_len += len;
	outcome = http_answer_read(text, side->head_len, &head, &used);
	if (outcome == HTTP_MORE)
		return;
	if (outcome == HTTP_MALFORMED || head.status != 101) {
		opening_failed(side);
		return;
	}
	timer_stop(side->gate->loop, &side->timer);
	side->state = JANUS_OPEN;
	side->tries = 0;
	opening_over(side);
	websocket_start(&side->websocket, false, MESSAGE_MAX);
	session_janus_opened(side->session);
	/* Janus says nothing before it is spoken to. */
	if (side->state == JANUS_OPEN && side->head_len > used)
		frames_read(side, text + used, side->head_len - used);
	free(side->head);
	side->head = NULL;
	side->head_len = 0;
}

static void side_got(void *owner, char *bytes, size_t len)
{
	struct janus_side *side = owner;

	if (side->state == JANUS_OPEN)
		frames_read(side, bytes, len);
	else if (side->state == JANUS_OPENING)
		head_read(side, bytes, len);
}

static void side_closed(void *owner)
{
	struct janus_side *side = owner;
	bool was_open = side->state == JANUS_OPEN;

	if (side->state == JANUS_OPENING) {
		opening_failed(side);
		return;
	}
	side_drop(side);
	if (was_open)
		session_janus_lost(side->session);
}

static void side_connect(struct janus_side *side)
{
	static const struct stream_calls calls = {
	    .opened = side_opened, .got = side_got, .closed = side_closed};
	struct gate *gate = side->gate;
	int fd = address_connect(&gate->janus);

	side->state = JANUS_OPENING;
	gate->janus_queue->opening++;
	timer_set(gate->loop, &side->timer, loop_now(gate->loop) + OPEN_LIMIT);
	if (fd < 0)
		opening_failed(side); /* Janus' queue is full, or there is no Janus */
	else
		stream_start(&side->stream, gate->loop, fd, true, &calls, side, BACKLOG_MAX);
}

static void queue_run(void *object)
{
	struct gate *gate = object;
	struct janus_queue *queue = gate->janus_queue;

	while (queue->first != NULL && queue->opening < OPENING_MAX) {
		struct janus_side *side = queue->first;

		queue_remove(queue, side);
		side_connect(side);
	}
}

void janus_side_open(struct janus_side *side, struct gate *gate, struct session *session)
{
	*side = (struct janus_side){.gate = gate,
	    .session = session,
	    .stream = {.watch = {.fd = -1}},
	    .timer = {.fire = side_fire, .owner = side}};
	queue_add(side);
}

void janus_side_send(struct janus_side *side, const char *text)
{
	if (side->state == JANUS_OPEN)
		websocket_write(&side->stream, false, WSLAY_TEXT_FRAME, text, strlen(text));
}

void janus_side_close(struct janus_side *side)
{
	if (side->state == JANUS_CLOSED)
		return;
	/* Janus reads what was sent before it sees the end. */
	if (side->stream.watch.fd >= 0)
		stream_close(&side->stream);
	side_drop(side);
}
