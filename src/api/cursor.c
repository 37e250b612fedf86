/* The cursor of a list of meetings: the beginning of the next page, as opaque text. */
#include "api/cursor.h"

#include <endian.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"

/* The bytes of a cursor: both numbers with their most significant byte first. */
struct packed_place {
	uint64_t milliseconds;
	uint64_t id;
};

const char *cursor_text(struct arena *arena, const struct meeting_place *place)
{
	const struct packed_place packed = {
	    .milliseconds = htobe64((uint64_t)(place->starts_on / MILLISECOND)),
	    .id = htobe64((uint64_t)place->id),
	};

	return base64url_encode(arena, &packed, sizeof packed);
}

bool cursor_parse(struct arena *arena, const char *text, struct meeting_place *place)
{
	struct packed_place packed;
	size_t len;
	const unsigned char *bytes = base64url_decode(arena, text, strlen(text), &len);
	int64_t milliseconds;

	if (bytes == NULL || len != sizeof packed)
		return false;
	memcpy(&packed, bytes, sizeof packed);
	milliseconds = (int64_t)be64toh(packed.milliseconds);
	place->id = (int64_t)be64toh(packed.id);
	if (milliseconds < TIME_MIN / MILLISECOND || milliseconds > TIME_MAX / MILLISECOND ||
	    place->id < 0)
		return false;
	place->starts_on = milliseconds * MILLISECOND;
	/* The last letter has unused bits. Only one text is right for a place. */
	return strcmp(cursor_text(arena, place), text) == 0;
}
