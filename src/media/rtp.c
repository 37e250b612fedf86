/* RTP packets, and the clock of their timestamps. */
#include "media/rtp.h"

enum {
	HEADER_SIZE = 12,
	EXTENSION_SIZE = 4, /* the header of the extensions */
	ONE_BYTE = 0xBEDE,  /* the two forms of extensions, RFC 8285 */
	TWO_BYTE = 0x1000,
	JUMP_MAX = 10, /* seconds that the timestamps may go apart from the arrival at once */
};

static unsigned number16(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

/* The first byte of the extension `id` in the `len` bytes at `data`; -1 when it is not there. */
static int extension_find(const uint8_t *data, size_t len, bool two_byte, int id)
{
	size_t at = 0;

	while (at < len) {
		int found = two_byte ? data[at] : data[at] >> 4;
		size_t size;

		if (data[at] == 0) { /* padding */
			at++;
			continue;
		}
		if (two_byte) {
			if (at + 1 >= len)
				return -1;
			size = data[at + 1];
			at += 2;
		} else {
			size = (size_t)(data[at] & 0x0F) + 1;
			at++;
		}
		if (size > len - at)
			return -1;
		if (found == id)
			return size > 0 ? data[at] : -1;
		at += size;
	}
	return -1;
}

/* Reads the extensions at data[*at] and moves `*at` behind them. */
static bool extensions_read(
    const uint8_t *data, size_t len, size_t *at, int orientation_id, struct rtp_packet *packet)
{
	unsigned form;
	size_t size;

	if (len - *at < EXTENSION_SIZE)
		return false;
	form = number16(data + *at);
	size = (size_t)number16(data + *at + 2) * 4;
	*at += EXTENSION_SIZE;
	if (size > len - *at)
		return false;
	if (orientation_id > 0 && (form == ONE_BYTE || (form & 0xFFF0) == TWO_BYTE))
		packet->orientation =
		    extension_find(data + *at, size, form != ONE_BYTE, orientation_id);
	*at += size;
	return true;
}

bool rtp_read(const uint8_t *data, size_t len, int orientation_id, struct rtp_packet *packet)
{
	size_t at = HEADER_SIZE, padding = 0;

	*packet = (struct rtp_packet){.orientation = -1};
	if (len < HEADER_SIZE || data[0] >> 6 != 2)
		return false;
	at += (size_t)(data[0] & 0x0F) * 4; /* contributing sources */
	if (at > len)
		return false;
	packet->marker = (data[1] & 0x80) != 0;
	packet->seq = (uint16_t)number16(data + 2);
	packet->timestamp = (uint32_t)number16(data + 4) << 16 | number16(data + 6);
	if ((data[0] & 0x10) != 0 && !extensions_read(data, len, &at, orientation_id, packet))
		return false;
	if ((data[0] & 0x20) != 0) {
		padding = data[len - 1];
		if (padding == 0 || padding > len - at)
			return false;
	}
	packet->payload = data + at;
	packet->len = len - at - padding;
	return packet->len <= RTP_PAYLOAD_MAX;
}

int64_t rtp_clock_time(struct rtp_clock *clock, uint32_t timestamp, int64_t arrival)
{
	const int64_t microseconds = 1000000;
	const int64_t most = (int64_t)JUMP_MAX * clock->rate;
	int64_t step, expected;

	if (clock->started) {
		step = (int32_t)(timestamp - clock->timestamp);
		expected = (arrival - clock->arrival) * clock->rate / 1000;
		if (step - expected > most || expected - step > most)
			step = expected;
		clock->ticks += step;
	}
	clock->started = true;
	clock->timestamp = timestamp;
	clock->arrival = arrival;
	return clock->ticks * microseconds / clock->rate;
}
