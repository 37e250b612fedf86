/* WebSocket framing (RFC 6455); the work is libwslay's. No extension is negotiated.
 *
 * libwslay's contexts have buffers of 4 KiB: a connection has one only while a frame is unfinished,
 * so that thousands of quiet ones cost little. */
#ifndef CONFAB_GATE_WEBSOCKET_H
#define CONFAB_GATE_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wslay/wslay.h>

#include "gate/stream.h"

enum websocket_event {
	WEBSOCKET_MORE,    /* all that was given has been read */
	WEBSOCKET_MESSAGE, /* a whole text message */
	WEBSOCKET_PING,
	WEBSOCKET_PONG,
	WEBSOCKET_CLOSE, /* its number is `code` */
	WEBSOCKET_FAULT, /* the other side breaks the protocol or a limit; close with `code` */
};

enum {
	WEBSOCKET_NORMAL = 1000,
	WEBSOCKET_GOING_AWAY = 1001,
	WEBSOCKET_PROTOCOL = 1002,
	WEBSOCKET_UNSUPPORTED = 1003,
	WEBSOCKET_NO_CODE = 1005, /* a close frame without a number */
	WEBSOCKET_NO_TEXT = 1007,
	WEBSOCKET_TOO_BIG = 1009,
	WEBSOCKET_FAILED = 1011,
	WEBSOCKET_RESTART = 1012,
	WEBSOCKET_CONTROL_MAX = 125, /* bytes of a control frame */
};

struct websocket {
	bool is_server; /* the side that masks nothing */
	bool faulty;
	bool in_message, in_frame;
	uint8_t opcode; /* of the frame that is being read */
	bool final;
	uint8_t control_len;
	char *control; /* WEBSOCKET_CONTROL_MAX bytes while a control frame is read; NULL: none */
	uint16_t code; /* of WEBSOCKET_CLOSE and WEBSOCKET_FAULT */
	wslay_frame_context_ptr in; /* NULL: nothing of a frame has been read */
	const uint8_t *given;       /* borrowed until WEBSOCKET_MORE, or kept */
	size_t given_len;
	uint8_t *kept;      /* owned: what websocket_keep() has copied */
	size_t taken, used; /* bytes that `in` has been given, and has told of */
	uint64_t frame_left;
	char *message; /* what there is of it; NUL behind it when it is whole */
	size_t len, size;
	size_t max; /* bytes of a message */
};

void websocket_start(struct websocket *websocket, bool is_server, size_t max);
void websocket_clear(struct websocket *websocket);

/* Gives it bytes, borrowed until websocket_next() has said WEBSOCKET_MORE or websocket_keep() is
 * called. Not before that has happened to the bytes before. */
void websocket_give(struct websocket *websocket, const char *bytes, size_t len);

/* The next event. For a message, ping or pong *text (NUL behind it) is valid until the next call.
 */
enum websocket_event websocket_next(struct websocket *websocket, char **text, size_t *len);

/* Copies what is left of the bytes given, to go on later. */
void websocket_keep(struct websocket *websocket);

/* Is a message or a frame unfinished? */
static inline bool websocket_is_amid(const struct websocket *websocket)
{
	return websocket->in != NULL || websocket->in_message;
}

/* Writes one frame. */
void websocket_write(
    struct stream *stream, bool is_server, enum wslay_opcode opcode, const void *bytes, size_t len);

/* Writes a close frame with this number and reason. */
void websocket_write_close(
    struct stream *stream, bool is_server, uint16_t code, const char *reason);

#endif
