/* Writes a file that players can open and seek in: WebM, or Matroska for H.264. The frames are not
 * encoded again. */
#ifndef CONFAB_MEDIA_WEBM_H
#define CONFAB_MEDIA_WEBM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "media/frames.h"

/* What the file will hold. */
struct webm_plan {
	int folder;                /* descriptor of the folder */
	const char *path;          /* of that folder, for libavformat */
	const char *name;          /* of the file, without a slash */
	bool audio;                /* Opus */
	const struct frame *video; /* the first key frame; NULL: no pictures */
	enum media_codec codec;    /* of the pictures */
};

struct webm;

/* Begins the file as NAME.part. NULL with the error when that is not possible: ERROR_MALFORMED when
 * the reason is what is to be written, ERROR_UNAVAILABLE when it is the disk. */
struct webm *webm_new(const struct webm_plan *plan, struct error *error);

/* Add a packet. Times and lengths are µs since the beginning of the file; call them in the order of
 * time. A packet that libavformat refuses is left out: only the disk can make these fail. */
bool webm_audio(struct webm *webm, const uint8_t *data, size_t len, int64_t time, int64_t length,
    struct error *error);
bool webm_video(struct webm *webm, const struct frame *frame, int64_t time, int64_t length,
    struct error *error);

/* Packets that libavformat refused. */
int64_t webm_refused(const struct webm *webm);

/* Ends the file: it is on the disk and has its name when this returns true. `*size` gets its bytes.
 * Frees `webm`; without success nothing is left. */
bool webm_finish(struct webm *webm, int64_t *size, struct error *error);

/* Gives the file up and removes it. NULL is allowed. */
void webm_abandon(struct webm *webm);

#endif
