/* A fixture: a track file that a test writes byte by byte, in a folder of its own. */
#ifndef CONFAB_TESTS_MJR_FIXTURE_H
#define CONFAB_TESTS_MJR_FIXTURE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "media/track.h"

enum { MADE_MAX = 8 << 20, RTP_HEADER = 12 };

#define MADE_FIRST   INT64_C(1700000000000000)
#define HEADER_VIDEO "{\"t\":\"v\",\"c\":\"vp8\",\"s\":1699999999000000,\"u\":1700000000000000}"
#define HEADER_AUDIO "{\"t\":\"a\",\"c\":\"opus\",\"s\":1699999999000000,\"u\":1700000000000000}"

static struct {
	char folder[32];
	int fd; /* of the folder */
	uint8_t *bytes;
	size_t len;
} made;

static inline void made_add(const void *bytes, size_t len)
{
	assert_true(made.len + len <= MADE_MAX);
	memcpy(made.bytes + made.len, bytes, len);
	made.len += len;
}

static inline void made_number(uint32_t number, int size)
{
	for (int shift = (size - 1) * 8; shift >= 0; shift -= 8) {
		uint8_t byte = (uint8_t)(number >> shift);

		made_add(&byte, 1);
	}
}

/* Begins a file with this header. */
static inline void made_begin(const char *header)
{
	made.len = 0;
	made_add("MJR00002", 8);
	made_number((uint32_t)strlen(header), 2);
	made_add(header, strlen(header));
}

/* Adds a packet. */
static inline void made_packet(uint32_t arrival, const void *data, size_t len)
{
	made_add("MEET", 4);
	made_number(arrival, 4);
	made_number((uint32_t)len, 2);
	made_add(data, len);
}

/* Adds an RTP packet. */
static inline void made_rtp(uint32_t arrival, unsigned seq, uint32_t timestamp, bool marker,
    const void *payload, size_t len)
{
	uint8_t packet[RTP_HEADER + RTP_PAYLOAD_MAX] = {0x80, marker ? 0xE0 : 0x60,
	    (uint8_t)(seq >> 8), (uint8_t)seq, (uint8_t)(timestamp >> 24),
	    (uint8_t)(timestamp >> 16), (uint8_t)(timestamp >> 8), (uint8_t)timestamp};

	memcpy(packet + RTP_HEADER, payload, len);
	made_packet(arrival, packet, RTP_HEADER + len);
}

/* Adds a packet that is a VP8 frame: a key frame of this size, or (width 0) another frame, with
 * `tag` as its last byte. */
static inline void made_vp8(
    uint32_t arrival, unsigned seq, uint32_t timestamp, int width, int height, uint8_t tag)
{
	const uint8_t key[] = {0x10, 0x00, 0, 0, 0x9D, 0x01, 0x2A, (uint8_t)width,
	    (uint8_t)(width >> 8), (uint8_t)height, (uint8_t)(height >> 8), tag};
	const uint8_t other[] = {0x10, 0x01, 0, 0, tag};

	if (width > 0)
		made_rtp(arrival, seq, timestamp, true, key, sizeof key);
	else
		made_rtp(arrival, seq, timestamp, true, other, sizeof other);
}

/* Adds a packet of 20 ms of sound. */
static inline void made_opus(uint32_t arrival, unsigned seq, uint32_t timestamp, uint8_t tag)
{
	const uint8_t packet[] = {0x78, 1, 2, tag};

	made_rtp(arrival, seq, timestamp, false, packet, sizeof packet);
}

/* Writes `len` bytes of the file, and opens it. */
static inline enum mjr_outcome made_open_cut(size_t len, struct mjr_file *file, struct error *error)
{
	int fd = openat(made.fd, "made.mjr", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, made.bytes, len), len);
	close(fd);
	return mjr_open(made.fd, "made.mjr", file, error);
}

/* Opens the file as a track; the test must not fail to. */
static inline struct track *made_track(struct mjr_file *file)
{
	struct error error = {0};

	if (made_open_cut(made.len, file, &error) != MJR_OPEN)
		fail_msg("the made file is refused: %s", error.message);
	return track_new(file);
}

static inline int made_setup(void **state)
{
	(void)state;
	strcpy(made.folder, "/tmp/cf-mjr-XXXXXX");
	made.bytes = malloc(MADE_MAX);
	if (made.bytes == NULL || mkdtemp(made.folder) == NULL)
		return -1;
	made.fd = open(made.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return made.fd < 0 ? -1 : 0;
}

static inline int made_teardown(void **state)
{
	(void)state;
	unlinkat(made.fd, "made.mjr", 0);
	close(made.fd);
	rmdir(made.folder);
	free(made.bytes);
	return 0;
}

#endif
