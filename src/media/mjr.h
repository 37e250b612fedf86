/* Track files of Janus (.mjr): the header, then packets in the order of their arrival. Everything
 * in such a file but the arrival times comes from a participant, or from a disk that may be
 * damaged. */
#ifndef CONFAB_MEDIA_MJR_H
#define CONFAB_MEDIA_MJR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum media_kind { MEDIA_AUDIO, MEDIA_VIDEO };

enum media_codec { CODEC_OPUS, CODEC_VP8, CODEC_VP9, CODEC_H264 };

/* "opus", "vp8", "vp9" or "h264". */
const char *codec_name(enum media_codec codec);

struct mjr_header {
	enum media_kind kind;
	enum media_codec codec;
	int64_t created;    /* when Janus made the file, as a time */
	int64_t first;      /* when the first packet arrived */
	int orientation_id; /* of the RTP extension with the camera's orientation; 0: there is none
			     */
};

/* An open file. */
struct mjr_file {
	int fd;
	int64_t size;       /* bytes, when it was opened: Janus may still be writing */
	int64_t packets_at; /* where the first packet begins */
	struct mjr_header header;
};

enum mjr_outcome {
	MJR_OPEN,
	MJR_EMPTY,     /* no packet came: Janus writes the header with the first one */
	MJR_UNREADABLE /* the error says why */
};

/* Opens the file `name` in `folder` (a descriptor, or AT_FDCWD). It must be a regular file, no
 * link. The caller closes it with mjr_close() when the outcome is MJR_OPEN. */
enum mjr_outcome mjr_open(int folder, const char *name, struct mjr_file *file, struct error *error);

void mjr_close(struct mjr_file *file);

/* One packet. `data` is good until the next call with the same cursor. */
struct mjr_packet {
	int64_t arrival; /* milliseconds since the first packet; never less than the one before */
	bool sure;       /* false: the packets around it contradict the arrival in the file, and
			    `arrival` is that of the packet before */
	const uint8_t *data;
	size_t len;
};

/* A place in a file. A file may have several cursors. */
struct mjr_cursor;

/* `file` must outlive the cursor. mjr_cursor_free() frees it. */
struct mjr_cursor *mjr_cursor_new(const struct mjr_file *file);
void mjr_cursor_free(struct mjr_cursor *cursor);

/* Reads the next packet. A damaged place costs the packets that it is in. False at the end of the
 * file, and when the disk fails (then mjr_failed()). */
bool mjr_next(struct mjr_cursor *cursor, struct mjr_packet *packet);

/* The errno of a failed read; 0: none failed. */
int mjr_failed(const struct mjr_cursor *cursor);

/* Where the cursor is, in bytes. */
int64_t mjr_at(const struct mjr_cursor *cursor);

/* Bytes that were in no packet so far: of damaged places, and of a packet that the end of the file
 * cuts. */
int64_t mjr_skipped(const struct mjr_cursor *cursor);
int64_t mjr_cut(const struct mjr_cursor *cursor);

#endif
