/* One socket in the loop. */
#include "gate/stream.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_MAX = 32 * 1024, /* bytes of one read: the others have their turn too */
};

static void interest_set(struct stream *stream)
{
	uint32_t events = 0;

	if (!stream->held && !stream->ending && !stream->connecting)
		events |= EPOLLIN;
	if (stream->out_len > 0 || stream->connecting)
		events |= EPOLLOUT;
	loop_change(stream->loop, &stream->watch, events);
}

static void stream_over(void *object)
{
	struct stream *stream = object;

	if (!stream_is_open(stream))
		return;
	stream_close(stream);
	stream->calls->closed(stream->owner);
}

/* The owner may be in the middle of something that goes on with this stream. */
static void stream_break(struct stream *stream)
{
	if (stream->broken)
		return;
	stream->broken = true;
	loop_later(stream->loop, stream_over, stream);
}

static void out_send(struct stream *stream)
{
	while (stream->out_len > 0) {
		ssize_t sent = send(
		    stream->watch.fd, stream->out + stream->out_at, stream->out_len, MSG_NOSIGNAL);

		if (sent < 0) {
			if (errno != EAGAIN && errno != EINTR)
				stream_break(stream);
			return;
		}
		stream->out_at += (size_t)sent;
		stream->out_len -= (size_t)sent;
	}
	free(stream->out);
	stream->out = NULL;
	stream->out_at = 0;
	if (stream->ending)
		stream_break(stream);
}

static void in_read(struct stream *stream)
{
	static char bytes[READ_MAX];
	ssize_t len = recv(stream->watch.fd, bytes, sizeof bytes, 0);

	if (len > 0)
		stream->calls->got(stream->owner, bytes, (size_t)len);
	else if (len == 0 || (errno != EAGAIN && errno != EINTR))
		stream_break(stream);
}

static void connected(struct stream *stream)
{
	int failure = 0;
	socklen_t len = sizeof failure;

	getsockopt(stream->watch.fd, SOL_SOCKET, SO_ERROR, &failure, &len);
	stream->connecting = false;
	if (failure != 0) {
		stream_break(stream);
		return;
	}
	out_send(stream);
	interest_set(stream);
	stream->calls->opened(stream->owner);
}

static void stream_ready(void *owner, uint32_t events)
{
	struct stream *stream = owner;

	if (stream->broken)
		return;
	if (stream->connecting) {
		connected(stream);
		return;
	}
	if (events & EPOLLOUT) {
		out_send(stream);
		if (stream_is_open(stream) && stream->out_len == 0)
			interest_set(stream);
	}
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) && !stream->broken) {
		if (!stream->held && !stream->ending)
			in_read(stream);
		else if (events & (EPOLLHUP | EPOLLERR))
			stream_break(stream); /* it would be told for ever */
	}
}

void stream_start(struct stream *stream, struct loop *loop, int fd, bool connecting,
    const struct stream_calls *calls, void *owner, size_t out_max)
{
	*stream = (struct stream){.watch = {.fd = fd, .ready = stream_ready, .owner = stream},
	    .loop = loop,
	    .calls = calls,
	    .owner = owner,
	    .out_max = out_max,
	    .connecting = connecting};
	if (!loop_watch(loop, &stream->watch, connecting ? EPOLLOUT : EPOLLIN))
		stream_break(stream);
}

/* What could not be sent at once. */
static void out_queue(struct stream *stream, const char *bytes, size_t len)
{
	bool first = stream->out_len == 0;

	if (stream->out_len + len > stream->out_max) {
		stream->is_behind = true;
		stream_break(stream);
		return;
	}
	if (stream->out_at > 0) {
		memmove(stream->out, stream->out + stream->out_at, stream->out_len);
		stream->out_at = 0;
	}
	stream->out = realloc(stream->out, stream->out_len + len);
	if (stream->out == NULL)
		abort();
	memcpy(stream->out + stream->out_len, bytes, len);
	stream->out_len += len;
	if (first)
		interest_set(stream);
}

void stream_write(struct stream *stream, const void *bytes, size_t len)
{
	ssize_t sent = 0;

	if (!stream_is_open(stream) || stream->broken || stream->ending)
		return;
	if (stream->out_len == 0 && !stream->connecting) {
		sent = send(stream->watch.fd, bytes, len, MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != EINTR) {
			stream_break(stream);
			return;
		}
		if (sent < 0)
			sent = 0;
	}
	if ((size_t)sent < len)
		out_queue(stream, (const char *)bytes + sent, len - (size_t)sent);
}

void stream_hold(struct stream *stream, bool held)
{
	if (!stream_is_open(stream) || stream->held == held)
		return;
	stream->held = held;
	interest_set(stream);
}

void stream_end(struct stream *stream)
{
	if (!stream_is_open(stream) || stream->ending)
		return;
	stream->ending = true;
	interest_set(stream);
	if (stream->out_len == 0)
		stream_break(stream);
}

void stream_close(struct stream *stream)
{
	int fd = stream->watch.fd;

	if (fd < 0)
		return;
	loop_unwatch(stream->loop, &stream->watch);
	close(fd);
	free(stream->out);
	stream->out = NULL;
	stream->out_len = 0;
}
