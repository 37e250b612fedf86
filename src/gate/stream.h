/* One socket in the loop: what comes in is handed on at once, what goes out is sent or queued. */
#ifndef CONFAB_GATE_STREAM_H
#define CONFAB_GATE_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "gate/loop.h"

struct stream_calls {
	/* Connected; NULL for sockets that were accepted. */
	void (*opened)(void *owner);
	/* `bytes` are borrowed for the time of the call. */
	void (*got)(void *owner, char *bytes, size_t len);
	/* The other side ended it, it failed, or it is too far behind. Never called by a function
	 * of this file that the owner calls. */
	void (*closed)(void *owner);
};

/* Lives in its owner, which frees itself with loop_later() only. */
struct stream {
	struct watch watch;
	struct loop *loop;
	const struct stream_calls *calls;
	void *owner;
	char *out;
	size_t out_at, out_len; /* what is queued: out_len bytes from out + out_at on */
	size_t out_max;
	bool connecting, held, ending, broken;
	bool is_behind; /* it broke because of out_max */
};

/* Takes `fd` over. `out_max`: bytes that may be queued. */
void stream_start(struct stream *stream, struct loop *loop, int fd, bool connecting,
    const struct stream_calls *calls, void *owner, size_t out_max);

/* Sends, or queues. More than `out_max` breaks the stream. */
void stream_write(struct stream *stream, const void *bytes, size_t len);

/* Stops reading, and goes on. */
void stream_hold(struct stream *stream, bool held);

/* Reads no more, and closes when all that is queued has been sent; `closed` tells. */
void stream_end(struct stream *stream);

/* Closes now; nothing is called any more. */
void stream_close(struct stream *stream);

static inline bool stream_is_open(const struct stream *stream)
{
	return stream->watch.fd >= 0;
}

#endif
