/* The gate's control socket. */
#include "gate/control_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "gate/outward.h"

enum {
	ANSWER_MAX =
	    256 * 1024 * 1024, /* bytes that may be queued: a list of connections is long */
};

#define IDLE_LIMIT (75 * SECOND) /* of a connection between two requests, and within one */

static void control_free(void *object)
{
	struct control *control = object;

	free(control->in);
	free(control);
}

static void control_closed(void *owner)
{
	struct control *control = owner;

	outward_forget(control->exchange);
	timer_stop(control->gate->loop, &control->timer);
	if (control->previous == NULL)
		control->gate->controls = control->next;
	else
		control->previous->next = control->next;
	if (control->next != NULL)
		control->next->previous = control->previous;
	loop_later(control->gate->loop, control_free, control);
}

void control_cut(void *owner)
{
	struct control *control = owner;

	if (!stream_is_open(&control->stream))
		return;
	stream_close(&control->stream);
	control_closed(control);
}

void control_respond(struct control *control, int status, const char *body, size_t len)
{
	const char *head = arena_printf(control->gate->arena,
	    "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
	    status, status < 300 ? "OK" : "Error", len);

	stream_write(&control->stream, head, strlen(head));
	stream_write(&control->stream, body, len);
}

void control_respond_error(struct control *control, int status, const char *message)
{
	struct json_writer writer = json_writer_new(control->gate->arena, JSON_START);

	json_write_object(&writer, NULL);
	json_write_text(&writer, "error", message);
	json_close_object(&writer);
	control_respond(control, status, writer.buffer.text, writer.buffer.len);
}

/* The rest of what was sent is not read. */
static void refuse_and_end(struct control *control, int status, const char *message)
{
	control_respond_error(control, status, message);
	stream_end(&control->stream);
}

static bool is_allowed(
    struct control *control, const struct route *route, const struct http_head *head)
{
	const struct config *config = control->gate->config;
	struct arena *arena = control->gate->arena;
	const char *given = http_header(head, "Authorization");
	const char *expected = arena_printf(arena, "Bearer %s", config->gate_secret);

	if (route->from_janus) {
		const char *pair = arena_printf(
		    arena, "%s:%s", config->janus_event_user, config->janus_event_password);

		expected =
		    arena_printf(arena, "Basic %s", base64_encode(arena, pair, strlen(pair)));
	}
	return given != NULL && secret_equal(given, strlen(given), expected, strlen(expected));
}

static bool length_read(const struct http_head *head, size_t *len)
{
	const char *text = http_header(head, "Content-Length");

	*len = 0;
	if (text == NULL)
		return http_header(head, "Transfer-Encoding") == NULL;
	if (*text == '\0' || strlen(text) > 12 || strspn(text, "0123456789") != strlen(text))
		return false;
	*len = strtoull(text, NULL, 10);
	return true;
}

/* A request's head: takes what is needed of it. False: the connection ends. */
static bool head_take(struct control *control, const struct http_head *head)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	const struct route *route = control_route(head);

	if (route == NULL || strlen(head->path) >= sizeof control->path)
		refuse_and_end(control, 404, "no such path");
	else if (!is_allowed(control, route, head))
		refuse_and_end(control, 401, "the secret is wrong");
	else if (!length_read(head, &control->body_len))
		refuse_and_end(control, 411, "Content-Length is missing");
	else if (control->body_len > route->body_max)
		refuse_and_end(control, 413, "the body is too large");
	else {
		memcpy(control->path, head->path, strlen(head->path) + 1);
		control->route = route;
		if (http_header(head, "Expect") != NULL)
			stream_write(&control->stream, go_on, sizeof go_on - 1);
		return true;
	}
	return false;
}

static void in_drop(struct control *control, size_t used)
{
	memmove(control->in, control->in + used, control->len - used);
	control->len -= used;
}

/* Deals with one request if it is whole. False: there is nothing more to do now. */
static bool request_take(struct control *control)
{
	struct http_head head;
	enum http_outcome outcome;
	size_t used;
	char *body;

	if (control->exchange != NULL || control->len == 0)
		return false;
	if (control->route == NULL) {
		outcome = http_request_read(control->in, control->len, &head, &used);
		if (outcome == HTTP_MORE)
			return false;
		if (outcome == HTTP_MALFORMED) {
			refuse_and_end(control, 400, "malformed request");
			return false;
		}
		if (!head_take(control, &head))
			return false;
		in_drop(control, used);
	}
	if (control->len < control->body_len)
		return false;
	body = malloc(control->body_len + 1);
	if (body == NULL)
		abort();
	memcpy(body, control->in, control->body_len);
	body[control->body_len] = '\0';
	in_drop(control, control->body_len);
	control->route->serve(control, body, control->body_len);
	control->route = NULL;
	free(body);
	return true;
}

static void control_got(void *owner, char *bytes, size_t len)
{
	struct control *control = owner;

	control->in = realloc(control->in, control->len + len);
	if (control->in == NULL)
		abort();
	memcpy(control->in + control->len, bytes, len);
	control->len += len;
	timer_set(control->gate->loop, &control->timer, loop_now(control->gate->loop) + IDLE_LIMIT);
	while (request_take(control))
		continue;
}

void control_accept(struct gate *gate, int fd)
{
	static const struct stream_calls calls = {.got = control_got, .closed = control_closed};
	struct control *control = calloc(1, sizeof *control);

	if (control == NULL)
		abort();
	control->gate = gate;
	control->next = gate->controls;
	if (control->next != NULL)
		control->next->previous = control;
	gate->controls = control;
	control->timer = (struct timer){.fire = control_cut, .owner = control};
	stream_start(&control->stream, gate->loop, fd, false, &calls, control, ANSWER_MAX);
	timer_set(gate->loop, &control->timer, loop_now(gate->loop) + IDLE_LIMIT);
}

void controls_end(struct gate *gate)
{
	struct control *next;

	for (struct control *control = gate->controls; control != NULL; control = next) {
		next = control->next;
		control_cut(control);
	}
}
