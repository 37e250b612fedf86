/* WebSocket framing (RFC 6455); the work is libwslay's. */
#include "gate/websocket.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/text.h"

enum {
	MESSAGE_START = 512, /* bytes that a message has room for at first */
};

static ssize_t bytes_hand(uint8_t *to, size_t len, int flags, void *context)
{
	struct websocket *websocket = context;
	size_t count = len < websocket->given_len ? len : websocket->given_len;

	(void)flags;
	if (count == 0)
		return -1; /* wslay: wants to read */
	memcpy(to, websocket->given, count);
	websocket->given += count;
	websocket->given_len -= count;
	websocket->taken += count;
	return (ssize_t)count;
}

static void context_drop(struct websocket *websocket)
{
	if (websocket->in != NULL)
		wslay_frame_context_free(websocket->in);
	websocket->in = NULL;
	websocket->taken = websocket->used = 0;
}

/* Between frames there is nothing in it. */
static void context_rest(struct websocket *websocket)
{
	if (!websocket->in_frame && websocket->taken == websocket->used)
		context_drop(websocket);
}

void websocket_start(struct websocket *websocket, bool is_server, size_t max)
{
	*websocket = (struct websocket){.is_server = is_server, .max = max};
}

static void message_drop(struct websocket *websocket)
{
	free(websocket->message);
	websocket->message = NULL;
	websocket->len = websocket->size = 0;
}

static void control_drop(struct websocket *websocket)
{
	free(websocket->control);
	websocket->control = NULL;
}

void websocket_clear(struct websocket *websocket)
{
	message_drop(websocket);
	control_drop(websocket);
	context_drop(websocket);
	free(websocket->kept);
	websocket->kept = NULL;
	websocket->given_len = 0;
}

void websocket_give(struct websocket *websocket, const char *bytes, size_t len)
{
	websocket->given = (const uint8_t *)bytes;
	websocket->given_len = len;
}

void websocket_keep(struct websocket *websocket)
{
	uint8_t *copy = NULL;

	if (websocket->given_len > 0) {
		copy = malloc(websocket->given_len);
		if (copy == NULL)
			abort();
		memcpy(copy, websocket->given, websocket->given_len);
	}
	free(websocket->kept);
	websocket->kept = copy;
	websocket->given = copy;
}

static enum websocket_event fault(struct websocket *websocket, uint16_t code)
{
	websocket->faulty = true;
	websocket->code = code;
	return WEBSOCKET_FAULT;
}

static bool frame_is_control(const struct websocket *websocket)
{
	return wslay_is_ctrl_frame(websocket->opcode) != 0;
}

/* What a frame's head says. WEBSOCKET_MORE: it is good. */
static enum websocket_event frame_start(
    struct websocket *websocket, const struct wslay_frame_iocb *frame)
{
	size_t extra = frame->payload_length > UINT16_MAX ? 8 : frame->payload_length > 125 ? 2 : 0;

	websocket->in_frame = true;
	websocket->used += 2 + extra + (frame->mask ? 4 : 0);
	websocket->opcode = frame->opcode;
	websocket->final = frame->fin != 0;
	websocket->frame_left = frame->payload_length;
	if (frame->rsv != 0 || (frame->mask != 0) != websocket->is_server)
		return fault(websocket, WEBSOCKET_PROTOCOL);
	switch (frame->opcode) {
	case WSLAY_TEXT_FRAME:
		if (websocket->in_message)
			return fault(websocket, WEBSOCKET_PROTOCOL);
		websocket->in_message = true;
		break;
	case WSLAY_CONTINUATION_FRAME:
		if (!websocket->in_message)
			return fault(websocket, WEBSOCKET_PROTOCOL);
		break;
	case WSLAY_BINARY_FRAME:
		return fault(websocket, WEBSOCKET_UNSUPPORTED);
	case WSLAY_PING:
	case WSLAY_PONG:
	case WSLAY_CONNECTION_CLOSE:
		websocket->control_len = 0;
		websocket->control = malloc(WEBSOCKET_CONTROL_MAX);
		if (websocket->control == NULL)
			abort();
		return WEBSOCKET_MORE;
	default:
		return fault(websocket, WEBSOCKET_PROTOCOL);
	}
	if (frame->payload_length > websocket->max - websocket->len)
		return fault(websocket, WEBSOCKET_TOO_BIG);
	return WEBSOCKET_MORE;
}

static void message_add(struct websocket *websocket, const uint8_t *bytes, size_t len)
{
	if (websocket->len + len + 1 > websocket->size) {
		websocket->size = (websocket->len + len + 1) * 2;
		if (websocket->size < MESSAGE_START)
			websocket->size = MESSAGE_START;
		websocket->message = realloc(websocket->message, websocket->size);
		if (websocket->message == NULL)
			abort();
	}
	if (len > 0)
		memcpy(websocket->message + websocket->len, bytes, len);
	websocket->len += len;
	websocket->message[websocket->len] = '\0';
}

static void frame_add(struct websocket *websocket, const struct wslay_frame_iocb *frame)
{
	websocket->used += frame->data_length;
	websocket->frame_left -= frame->data_length;
	if (!frame_is_control(websocket)) {
		message_add(websocket, frame->data, frame->data_length);
	} else if (frame->data_length > 0) {
		/* libwslay lets no control frame have more than there is room for. */
		memcpy(
		    websocket->control + websocket->control_len, frame->data, frame->data_length);
		websocket->control_len = (uint8_t)(websocket->control_len + frame->data_length);
	}
}

static enum websocket_event close_read(struct websocket *websocket)
{
	const uint8_t *bytes = (const uint8_t *)websocket->control;
	unsigned code;

	if (websocket->control_len == 0) {
		websocket->code = WEBSOCKET_NO_CODE;
		return WEBSOCKET_CLOSE;
	}
	code = websocket->control_len < 2 ? 0 : (unsigned)bytes[0] << 8 | bytes[1];
	if (code < 1000 || code > 4999 || (code >= 1004 && code <= 1006))
		return fault(websocket, WEBSOCKET_PROTOCOL);
	websocket->code = (uint16_t)code;
	return WEBSOCKET_CLOSE;
}

/* A frame is whole. WEBSOCKET_MORE: it is a part of a message. */
static enum websocket_event frame_end(struct websocket *websocket, char **text, size_t *len)
{
	websocket->in_frame = false;
	context_rest(websocket);
	*text = websocket->control;
	*len = websocket->control_len;
	if (websocket->opcode == WSLAY_PING)
		return WEBSOCKET_PING;
	if (websocket->opcode == WSLAY_PONG)
		return WEBSOCKET_PONG;
	if (websocket->opcode == WSLAY_CONNECTION_CLOSE)
		return close_read(websocket);
	if (!websocket->final)
		return WEBSOCKET_MORE;
	websocket->in_message = false;
	*text = websocket->message;
	*len = websocket->len;
	if (!utf8_valid(*text, *len))
		return fault(websocket, WEBSOCKET_NO_TEXT);
	return WEBSOCKET_MESSAGE;
}

static enum websocket_event given_end(struct websocket *websocket)
{
	context_rest(websocket);
	free(websocket->kept);
	websocket->kept = NULL;
	return WEBSOCKET_MORE;
}

static void context_need(struct websocket *websocket)
{
	static const struct wslay_frame_callbacks calls = {.recv_callback = bytes_hand};

	if (websocket->in == NULL &&
	    wslay_frame_context_init(&websocket->in, &calls, websocket) != 0)
		abort();
}

enum websocket_event websocket_next(struct websocket *websocket, char **text, size_t *len)
{
	if (websocket->faulty)
		return WEBSOCKET_FAULT;
	if (!websocket->in_frame)
		control_drop(websocket);
	if (!websocket->in_message && !websocket->in_frame)
		message_drop(websocket);
	for (;;) {
		struct wslay_frame_iocb frame = {0};
		enum websocket_event event;
		ssize_t got;

		if (websocket->in == NULL && websocket->given_len == 0)
			return given_end(websocket);
		context_need(websocket);
		got = wslay_frame_recv(websocket->in, &frame);
		if (got == WSLAY_ERR_WANT_READ)
			return given_end(websocket);
		if (got < 0)
			return fault(websocket, WEBSOCKET_PROTOCOL);
		event = websocket->in_frame ? WEBSOCKET_MORE : frame_start(websocket, &frame);
		if (event != WEBSOCKET_MORE)
			return event;
		frame_add(websocket, &frame);
		if (websocket->frame_left > 0)
			continue;
		event = frame_end(websocket, text, len);
		if (event != WEBSOCKET_MORE)
			return event;
	}
}

/* Frames are put together here, and sent as one piece. */
static struct {
	uint8_t *bytes;
	size_t len, size;
} out;

static ssize_t out_add(const uint8_t *bytes, size_t len, int flags, void *context)
{
	(void)flags;
	(void)context;
	if (out.len + len > out.size) {
		out.size = (out.len + len) * 2;
		out.bytes = realloc(out.bytes, out.size);
		if (out.bytes == NULL)
			abort();
	}
	memcpy(out.bytes + out.len, bytes, len);
	out.len += len;
	return (ssize_t)len;
}

static int mask_make(uint8_t *mask, size_t len, void *context)
{
	(void)context;
	random_bytes(mask, len);
	return 0;
}

void websocket_write(
    struct stream *stream, bool is_server, enum wslay_opcode opcode, const void *bytes, size_t len)
{
	static const struct wslay_frame_callbacks calls = {
	    .send_callback = out_add, .genmask_callback = mask_make};
	/* One for each side: libwslay goes on masking once it has. */
	static wslay_frame_context_ptr contexts[2];
	wslay_frame_context_ptr *context = &contexts[is_server];
	struct wslay_frame_iocb frame = {.fin = 1,
	    .opcode = (uint8_t)opcode,
	    .payload_length = len,
	    .mask = !is_server,
	    .data = bytes,
	    .data_length = len};

	if (*context == NULL && wslay_frame_context_init(context, &calls, NULL) != 0)
		abort();
	out.len = 0;
	if (wslay_frame_send(*context, &frame) != (ssize_t)len)
		abort(); /* out_add() takes everything */
	stream_write(stream, out.bytes, out.len);
}

void websocket_write_close(struct stream *stream, bool is_server, uint16_t code, const char *reason)
{
	char payload[WEBSOCKET_CONTROL_MAX];
	size_t len = strnlen(reason, sizeof payload - 2);

	payload[0] = (char)(code >> 8);
	payload[1] = (char)(code & 0xFF);
	memcpy(payload + 2, reason, len);
	websocket_write(stream, is_server, WSLAY_CONNECTION_CLOSE, payload, len + 2);
}
