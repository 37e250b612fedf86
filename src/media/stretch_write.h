/* Writes the files that people can watch: each is a part of one participant's stretch, with sound
 * and pictures together. */
#ifndef CONFAB_MEDIA_STRETCH_WRITE_H
#define CONFAB_MEDIA_STRETCH_WRITE_H

#include "media/changes.h"
#include "media/stretch.h"

/* A piece of time; times of the wall clock. */
struct interval {
	int64_t from, to;
};

/* A file that was written. It begins at `from`: that is its time 0. */
struct part {
	const struct stretch *stretch;
	const char *name;
	int64_t from, to;
	bool has_audio, has_video;
	enum media_codec video_codec;
	struct changes changes;    /* of the pictures; their times are those of the wall clock */
	struct interval *pictures; /* when there is a picture: not while the camera is off */
	size_t picture_count;
	int64_t size; /* bytes */
};

struct stretch_writer {
	struct arena *arena; /* of what is in `parts` */
	int from_folder, to_folder;
	const char *to_path;
	struct part *parts;
	size_t part_count, part_size;
	int64_t read; /* bytes of the track files that are done */
	/* Is called now and then, with the bytes that were read so far; NULL: is not. */
	void (*progress)(void *state, int64_t read);
	void *progress_state;
	/* A file could not be read to its end. */
	void (*damaged)(void *state, const char *name, int reason);
	void *damaged_state;
	struct track_counts counts; /* of all tracks so far */
	int64_t left_out;           /* packets of sound for which there was no time */
	int64_t refused;            /* packets that libavformat refused */
};

/* Writes the files of one stretch and adds them to `parts`: "<participant>.webm", and
 * "<participant>-2.webm" and so on when nothing came for a long time or the codec changed (".mkv"
 * for H.264). Existing files are replaced. False when a file cannot be written: ERROR_MALFORMED
 * when that is because of what is in the tracks. The parts before that one stay. */
bool stretch_write(
    struct stretch_writer *writer, const struct stretch *stretch, struct error *error);

#endif
