/* Looks for bytes that make the WebSocket reader stumble, or that it reads differently when they
 * come in other pieces. Input: a byte that says how to cut, then what a browser sends. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/text.h"
#include "gate/websocket.h"

#define MESSAGE_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What came out, as text. False: it is over with this connection. */
static bool events_note(struct websocket *websocket, struct buffer *log)
{
	for (;;) {
		char *text = NULL;
		size_t len = 0;
		enum websocket_event event = websocket_next(websocket, &text, &len);
		char kind = (char)('0' + event);

		if (event == WEBSOCKET_MORE)
			return true;
		buffer_put(log, &kind, 1);
		if (event == WEBSOCKET_FAULT || event == WEBSOCKET_CLOSE) {
			buffer_put(log, (const char *)&websocket->code, sizeof websocket->code);
			return false;
		}
		if (len > (event == WEBSOCKET_MESSAGE ? MESSAGE_MAX : WEBSOCKET_CONTROL_MAX) ||
		    (event == WEBSOCKET_MESSAGE && (text[len] != '\0' || !utf8_valid(text, len))))
			abort();
		buffer_put(log, (const char *)&len, sizeof len);
		buffer_put(log, text, len);
		/* As when its connection is held. */
		websocket_keep(websocket);
	}
}

static struct buffer pieces_read(
    struct arena *arena, const uint8_t *data, size_t size, size_t piece)
{
	struct buffer log = buffer_new(arena, size);
	struct websocket websocket;
	bool goes_on = true;

	websocket_start(&websocket, true, MESSAGE_MAX);
	for (size_t at = 0; at < size && goes_on; at += piece) {
		size_t len = size - at < piece ? size - at : piece;

		websocket_give(&websocket, (const char *)data + at, len);
		goes_on = events_note(&websocket, &log);
	}
	websocket_clear(&websocket);
	return log;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct buffer whole, cut;

	if (size > 1) {
		whole = pieces_read(arena, data + 1, size - 1, size);
		cut = pieces_read(arena, data + 1, size - 1, (size_t)data[0] % 17 + 1);
		if (whole.len != cut.len || memcmp(whole.text, cut.text, cut.len) != 0)
			abort();
	}
	arena_free(arena);
	return 0;
}
