/* Looks for track files that crash the reader, or give frames that break its promises. Input: a
 * file that begins with "MJR"; or a byte that chooses the codec and then packets (a byte: ms since
 * the one before, times 8; a byte: length; the RTP packet), of which the harness makes a file. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libavutil/log.h>

#include "media/changes.h"
#include "media/sound.h"

enum {
	FILE_MAX = 1 << 20,
	ARRIVAL_STEP = 8, /* ms */
	SLACK = 2000000,  /* µs that a last frame may lie behind the arrival */
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder_path[] = "/tmp/cf-fuzz-mjr-XXXXXX";
static int folder;

static void folder_remove(void)
{
	unlinkat(folder, "track.mjr", 0);
	rmdir(folder_path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	av_log_set_level(AV_LOG_QUIET);
	if (mkdtemp(folder_path) == NULL)
		abort();
	folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 || atexit(folder_remove) != 0 ? 1 : 0;
}

static uint8_t file_bytes[FILE_MAX];
static size_t file_len;

static void add(const void *bytes, size_t len)
{
	if (len > sizeof file_bytes - file_len)
		return;
	memcpy(file_bytes + file_len, bytes, len);
	file_len += len;
}

static void file_make(const uint8_t *data, size_t size)
{
	static const char *const codecs[] = {"opus", "vp8", "vp9", "h264"};
	char header[200];
	uint32_t arrival = 0;
	int len = snprintf(header, sizeof header,
	    "{\"t\":\"%c\",\"c\":\"%s\",\"s\":1,\"u\":1700000000000000,"
	    "\"x\":{\"4\":\"urn:3gpp:video-orientation\"}}",
	    data[0] % 4 == 0 ? 'a' : 'v', codecs[data[0] % 4]);

	add("MJR00002", 8);
	add((const uint8_t[]){0, (uint8_t)len}, 2);
	add(header, (size_t)len);
	for (size_t at = 1; at + 2 < size;) {
		size_t one = data[at + 1];
		struct rtp_packet packet;
		uint8_t *copy;

		arrival += data[at] * ARRIVAL_STEP;
		at += 2;
		if (one > size - at)
			one = size - at;
		add("MEET", 4);
		add((const uint8_t[]){(uint8_t)(arrival >> 24), (uint8_t)(arrival >> 16),
			(uint8_t)(arrival >> 8), (uint8_t)arrival},
		    4);
		add((const uint8_t[]){0, (uint8_t)one}, 2);
		add(data + at, one);
		/* Memory of exactly this length, so that the sanitizer sees a read beyond it. */
		copy = malloc(one);
		if (copy == NULL)
			abort();
		memcpy(copy, data + at, one);
		rtp_read(copy, one, data[0] / 4, &packet);
		free(copy);
		at += one;
	}
}

static void file_write(void)
{
	int fd = openat(folder, "track.mjr", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, file_bytes, file_len) != (ssize_t)file_len)
		abort();
	close(fd);
}

/* Gives the arrival of the last packet, in µs. */
static int64_t track_check(const struct mjr_file *file)
{
	struct track *track = track_new(file);
	struct sample sample;
	int64_t last = INT64_MIN, arrived;

	while (track_next(track, &sample)) {
		const struct frame *frame = sample.frame;

		if (sample.time <= last || frame->bytes.len == 0 ||
		    sample.time > file->header.first + track_counts(track).last * 1000 + SLACK)
			abort();
		if (file->header.kind == MEDIA_VIDEO && frame->key &&
		    (frame->width <= 0 || frame->width > WIDTH_MAX || frame->height <= 0 ||
			frame->height > HEIGHT_MAX))
			abort();
		last = sample.time;
	}
	if (track_at(track) != file->size)
		abort();
	arrived = track_counts(track).last * 1000;
	track_free(track);
	return arrived;
}

/* Sound must have no gaps, and must not become longer than the time in which it came. */
static void sound_check(const struct mjr_file *file, int64_t arrived)
{
	const struct chain_file files[] = {{.name = "track.mjr", .first = file->header.first}};
	struct chain *chain = chain_new(folder, files, 1);
	struct sound sound = {.chain = chain};
	struct sound_piece piece;
	int64_t next;

	if (chain_sample(chain) != NULL) {
		next = chain_sample(chain)->time;
		sound_begin(&sound, next);
		for (; sound_piece(&sound, &piece); sound_advance(&sound)) {
			if (piece.time != next || piece.length <= 0)
				abort();
			next += piece.length;
		}
		if (next > file->header.first + arrived + SLACK)
			abort();
	}
	chain_free(chain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error = {0};
	struct mjr_file file;

	if (size == 0)
		return 0;
	file_len = 0;
	if (size >= 3 && memcmp(data, "MJR", 3) == 0)
		add(data, size);
	else
		file_make(data, size);
	file_write();
	if (mjr_open(folder, "track.mjr", &file, &error) == MJR_OPEN) {
		int64_t arrived = track_check(&file);

		if (file.header.kind == MEDIA_AUDIO)
			sound_check(&file, arrived);
		mjr_close(&file);
	}
	error_clear(&error);
	return 0;
}
