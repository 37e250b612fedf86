/* New ids, from the kernel's random source. */
#include "service/ids.h"

#include "base/crypto.h"
#include "meeting/invite_code.h"
#include "meeting/meeting.h"

enum {
	ARCHIVE_ID_LEN = 22, /* 132 bits; also the name of a folder */
	INVITE_ID_LEN = 16,
};

static const char *id_new(struct arena *arena, size_t len)
{
	char *id = arena_alloc(arena, len + 1);

	random_id(id, len);
	return id;
}

const char *meeting_link_new(struct arena *arena)
{
	return id_new(arena, MEETING_LINK_LEN);
}

const char *archive_id_new(struct arena *arena)
{
	return id_new(arena, ARCHIVE_ID_LEN);
}

const char *invite_id_new(struct arena *arena)
{
	return arena_printf(arena, "invite-%s", id_new(arena, INVITE_ID_LEN));
}

const char *invite_code_new(struct arena *arena)
{
	unsigned char bytes[INVITE_CODE_BYTES];
	char *code = arena_alloc(arena, INVITE_CODE_LEN + 1);

	random_bytes(bytes, sizeof bytes);
	invite_code_write(bytes, code);
	return code;
}
