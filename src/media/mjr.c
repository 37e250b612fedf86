/* Track files of Janus. Layout, all numbers big endian: "MJR00002", the length of the header (2
 * bytes), the header (JSON), then for each packet "MEET", its arrival (4 bytes), its length (2
 * bytes), and the RTP packet. A reader that trusts the lengths loses half a call to one wrong byte.
 */
#include "media/mjr.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"

enum {
	MAGIC_SIZE = 8,
	PREFIX_SIZE = MAGIC_SIZE + 2, /* before the header */
	MARK_SIZE = 4,
	FRAME_SIZE = 10,             /* before each packet: mark, arrival, length */
	FRAME_MAX = 10 + UINT16_MAX, /* with the longest packet */
	BUFFER_SIZE = 4 * FRAME_MAX,
	PACKET_MIN = 12,        /* an RTP header */
	STEP_MAX = 1000,        /* ms between the last two packets */
	GAP_MAX = 24 * 3600000, /* ms */
	EXTENSION_ID_MAX = 255,
};

static const char magic[] = "MJR00002";
static const char mark[] = "MEET";

struct mjr_cursor {
	const struct mjr_file *file;
	int64_t at;      /* of the next packet */
	int64_t arrival; /* of the last packet */
	int64_t skipped, cut;
	int failed;
	int64_t buffer_at; /* the place in the file of buffer[0] */
	size_t buffer_len;
	uint8_t buffer[BUFFER_SIZE];
};

const char *codec_name(enum media_codec codec)
{
	static const char *const names[] = {
	    [CODEC_OPUS] = "opus", [CODEC_VP8] = "vp8", [CODEC_VP9] = "vp9", [CODEC_H264] = "h264"};

	return names[codec];
}

/* ---- the header ---- */

static unsigned number16(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

static int64_t number32(const uint8_t *bytes)
{
	return (int64_t)number16(bytes) << 16 | number16(bytes + 2);
}

static enum mjr_outcome unreadable(struct error *error, const char *why)
{
	error_set(error, ERROR_MALFORMED, "%s", why);
	return MJR_UNREADABLE;
}

static bool codec_read(const char *name, enum media_kind kind, enum media_codec *codec)
{
	static const enum media_codec codecs[] = {CODEC_OPUS, CODEC_VP8, CODEC_VP9, CODEC_H264};

	for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
		*codec = codecs[i];
		if (strcmp(name, codec_name(*codec)) == 0)
			return (*codec == CODEC_OPUS) == (kind == MEDIA_AUDIO);
	}
	return false;
}

/* {"13": "urn:3gpp:video-orientation", …}: the number of that extension, or 0. */
static int orientation_id(struct json_object *extensions)
{
	if (extensions == NULL)
		return 0;
	json_object_object_foreach(extensions, key, value)
	{
		const char *name = json_object_get_string(value);
		long id = strtol(key, NULL, 10);

		if (name != NULL && strcmp(name, "urn:3gpp:video-orientation") == 0 && id > 0 &&
		    id <= EXTENSION_ID_MAX)
			return (int)id;
	}
	return 0;
}

static bool time_good(int64_t time)
{
	return time > 0 && time <= TIME_MAX;
}

static enum mjr_outcome header_members(
    struct json_object *object, struct mjr_header *header, struct error *error)
{
	const char *kind = json_text_member(object, "t");
	const char *codec = json_text_member(object, "c");

	if (kind == NULL || (strcmp(kind, "a") != 0 && strcmp(kind, "v") != 0))
		return unreadable(error, "It is neither sound nor a picture.");
	header->kind = *kind == 'a' ? MEDIA_AUDIO : MEDIA_VIDEO;
	if (codec == NULL || !codec_read(codec, header->kind, &header->codec))
		return unreadable(error, "Its codec is not known.");
	if (json_object_get_boolean(json_member(object, "e", json_type_boolean)))
		return unreadable(error, "It is end-to-end encrypted.");
	if (!json_integer_member(object, "s", &header->created) ||
	    !json_integer_member(object, "u", &header->first) || !time_good(header->created) ||
	    !time_good(header->first))
		return unreadable(error, "Its header has no times.");
	header->orientation_id = orientation_id(json_member(object, "x", json_type_object));
	return MJR_OPEN;
}

static enum mjr_outcome header_parse(
    const char *text, size_t len, struct mjr_header *header, struct error *error)
{
	struct arena *arena = arena_new();
	struct json_object *object;
	enum mjr_outcome outcome;

	*header = (struct mjr_header){0};
	if (json_parse(arena, text, len, &object, error))
		outcome = header_members(object, header, error);
	else
		outcome = unreadable(error, "Its header is damaged.");
	arena_free(arena);
	return outcome;
}

/* Reads `len` bytes at `at`; false when there are fewer. */
static bool bytes_read(int fd, void *bytes, size_t len, int64_t at)
{
	ssize_t got;

	do
		got = pread(fd, bytes, len, at);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)len;
}

static enum mjr_outcome header_read(struct mjr_file *file, struct error *error)
{
	uint8_t prefix[PREFIX_SIZE];
	char text[UINT16_MAX];
	size_t len;

	/* Of a file that has only begun, nothing or a part of the header is on the disk. */
	if (file->size == 0)
		return MJR_EMPTY;
	if (file->size < MAGIC_SIZE || !bytes_read(file->fd, prefix, MAGIC_SIZE, 0) ||
	    memcmp(prefix, magic, MAGIC_SIZE) != 0)
		return unreadable(error, "It is not a track file.");
	if (file->size == MAGIC_SIZE)
		return MJR_EMPTY;
	if (!bytes_read(file->fd, prefix, PREFIX_SIZE, 0))
		return unreadable(error, "Its header is cut.");
	len = number16(prefix + MAGIC_SIZE);
	file->packets_at = PREFIX_SIZE + (int64_t)len;
	if (!bytes_read(file->fd, text, len, PREFIX_SIZE))
		return unreadable(error, "Its header is cut.");
	return header_parse(text, len, &file->header, error);
}

enum mjr_outcome mjr_open(int folder, const char *name, struct mjr_file *file, struct error *error)
{
	enum mjr_outcome outcome;
	struct stat status;

	*file = (struct mjr_file){0};
	/* O_NONBLOCK: opening a pipe must not wait. */
	file->fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (file->fd < 0 || fstat(file->fd, &status) != 0) {
		error_set(error, ERROR_UNAVAILABLE, "It cannot be read: %s.", strerror(errno));
		mjr_close(file);
		return MJR_UNREADABLE;
	}
	file->size = status.st_size;
	outcome = S_ISREG(status.st_mode) ? header_read(file, error)
					  : unreadable(error, "It is not a regular file.");
	if (outcome != MJR_OPEN)
		mjr_close(file);
	return outcome;
}

void mjr_close(struct mjr_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

/* ---- the packets ---- */

struct mjr_cursor *mjr_cursor_new(const struct mjr_file *file)
{
	struct mjr_cursor *cursor = malloc(sizeof *cursor);

	if (cursor == NULL)
		abort();
	cursor->file = file;
	cursor->at = file->packets_at;
	cursor->arrival = 0;
	cursor->skipped = cursor->cut = 0;
	cursor->failed = 0;
	cursor->buffer_at = 0;
	cursor->buffer_len = 0;
	return cursor;
}

void mjr_cursor_free(struct mjr_cursor *cursor)
{
	free(cursor);
}

int mjr_failed(const struct mjr_cursor *cursor)
{
	return cursor->failed;
}

int64_t mjr_at(const struct mjr_cursor *cursor)
{
	return cursor->at;
}

int64_t mjr_skipped(const struct mjr_cursor *cursor)
{
	return cursor->skipped;
}

int64_t mjr_cut(const struct mjr_cursor *cursor)
{
	return cursor->cut;
}

/* Fills the buffer from `at` on. */
static void buffer_fill(struct mjr_cursor *cursor, int64_t at)
{
	int64_t rest = cursor->file->size - at;
	size_t wanted = rest < BUFFER_SIZE ? (size_t)rest : BUFFER_SIZE;

	cursor->buffer_at = at;
	cursor->buffer_len = 0;
	while (cursor->buffer_len < wanted) {
		ssize_t got = pread(cursor->file->fd, cursor->buffer + cursor->buffer_len,
		    wanted - cursor->buffer_len, at + (int64_t)cursor->buffer_len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			cursor->failed = errno;
		if (got <= 0)
			return; /* the file has become shorter since */
		cursor->buffer_len += (size_t)got;
	}
}

/* The `len` bytes at `at`; NULL when the file ends before. `len` is at most FRAME_MAX. */
static const uint8_t *bytes_at(struct mjr_cursor *cursor, int64_t at, size_t len)
{
	int64_t end = at + (int64_t)len;

	if (end > cursor->file->size)
		return NULL;
	if (at < cursor->buffer_at || end > cursor->buffer_at + (int64_t)cursor->buffer_len)
		buffer_fill(cursor, at);
	if (end > cursor->buffer_at + (int64_t)cursor->buffer_len)
		return NULL;
	return cursor->buffer + (at - cursor->buffer_at);
}

/* Is there the mark of a packet at `at`, or what the end of the file leaves of one? The end itself
 * counts. */
static bool mark_at(struct mjr_cursor *cursor, int64_t at)
{
	int64_t rest = cursor->file->size - at;
	size_t len = rest < MARK_SIZE ? (size_t)rest : MARK_SIZE;
	const uint8_t *bytes;

	if (rest < 0)
		return false;
	bytes = bytes_at(cursor, at, len);
	return bytes != NULL && memcmp(bytes, mark, len) == 0;
}

/* Where the frame at `at` ends according to its length; -1: the file ends before. */
static int64_t frame_end(struct mjr_cursor *cursor, int64_t at)
{
	const uint8_t *frame = bytes_at(cursor, at, FRAME_SIZE);
	int64_t end;

	if (frame == NULL)
		return -1;
	end = at + FRAME_SIZE + number16(frame + 8);
	return end <= cursor->file->size ? end : -1;
}

/* Can the length of the frame at `at` be trusted? The next frame must begin where this one ends. If
 * only the mark there is damaged, the one after it tells. */
static bool frame_good(struct mjr_cursor *cursor, int64_t at, int64_t *end)
{
	int64_t next;

	*end = frame_end(cursor, at);
	if (*end < 0)
		return false;
	if (mark_at(cursor, *end))
		return true;
	next = frame_end(cursor, *end);
	return next >= 0 && mark_at(cursor, next);
}

/* A mark was found at `at`, perhaps in the middle of a packet. Does a packet begin there? */
static bool frame_likely(struct mjr_cursor *cursor, int64_t at)
{
	int64_t end = frame_end(cursor, at);

	return end >= at + FRAME_SIZE + PACKET_MIN && mark_at(cursor, end);
}

/* Finds the next frame from `from` on; -1: there is none. */
static int64_t frame_find(struct mjr_cursor *cursor, int64_t from)
{
	while (from + FRAME_SIZE <= cursor->file->size) {
		size_t searched;

		buffer_fill(cursor, from);
		if (cursor->buffer_len < FRAME_SIZE)
			return -1;
		/* A frame that begins in the searched part ends in the buffer, so that looking
		 * for its end does not fill the buffer again. */
		searched = from + BUFFER_SIZE < cursor->file->size
			       ? BUFFER_SIZE - FRAME_MAX - MARK_SIZE
			       : cursor->buffer_len;
		for (size_t i = 0; i < searched;) {
			const uint8_t *found =
			    memmem(cursor->buffer + i, searched - i, mark, MARK_SIZE);

			if (found == NULL)
				break;
			i = (size_t)(found - cursor->buffer);
			if (frame_likely(cursor, from + (int64_t)i))
				return from + (int64_t)i;
			i++;
		}
		from += (int64_t)searched - (MARK_SIZE - 1);
		if (searched == cursor->buffer_len)
			return -1;
	}
	return -1;
}

/* Goes on at the next frame after a damaged place. */
static void resync(struct mjr_cursor *cursor, int64_t from, bool cut)
{
	int64_t found = frame_find(cursor, from);

	if (found >= 0) {
		cursor->skipped += found - cursor->at;
		cursor->at = found;
		return;
	}
	*(cut ? &cursor->cut : &cursor->skipped) += cursor->file->size - cursor->at;
	cursor->at = cursor->file->size;
}

/* Is `arrival` possible for a packet, if the next one begins at `next`? Arrivals only rise. */
static bool arrival_good(struct mjr_cursor *cursor, int64_t arrival, int64_t next)
{
	const uint8_t *frame;

	if (arrival < cursor->arrival || arrival > cursor->arrival + GAP_MAX)
		return false;
	frame = mark_at(cursor, next) && next + FRAME_SIZE <= cursor->file->size
		    ? bytes_at(cursor, next, FRAME_SIZE)
		    : NULL;
	if (frame == NULL) /* nothing can confirm a long step */
		return arrival <= cursor->arrival + STEP_MAX;
	return number32(frame + MARK_SIZE) >= arrival;
}

bool mjr_next(struct mjr_cursor *cursor, struct mjr_packet *packet)
{
	const uint8_t *frame;
	int64_t end, arrival;

	while (cursor->at < cursor->file->size && cursor->failed == 0) {
		int64_t at = cursor->at;

		if (!mark_at(cursor, at)) {
			resync(cursor, at + 1, false);
			continue;
		}
		if (!frame_good(cursor, at, &end)) {
			resync(cursor, at + MARK_SIZE, true);
			continue;
		}
		frame = bytes_at(cursor, at, FRAME_SIZE);
		if (frame == NULL)
			return false;
		cursor->at = end;
		arrival = number32(frame + MARK_SIZE);
		packet->sure = arrival_good(cursor, arrival, end);
		if (packet->sure)
			cursor->arrival = arrival;
		packet->arrival = cursor->arrival;
		/* Looking at the next frame may have moved the buffer. */
		packet->len = (size_t)(end - at) - FRAME_SIZE;
		packet->data = bytes_at(cursor, at + FRAME_SIZE, packet->len);
		return packet->data != NULL;
	}
	return false;
}
