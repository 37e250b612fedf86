/* Access: who may come into a meeting without being asked. */
#ifndef CONFAB_MEETING_ACCESS_H
#define CONFAB_MEETING_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

/* The values of a meeting's `access`. Moderators come in always, and so does who was in before. But
 * while a guest of an invite is removed, each new person with that invite waits, also a moderator:
 * it may be the removed guest again. */
#define MEETING_OPEN         "open"
#define MEETING_WAITING_ROOM "waitingRoom" /* others wait until a moderator admits them */
#define MEETING_LOCKED       "locked"      /* others are refused */

enum {
	ACCESS_TEXT_MAX = 16, /* bytes */
};

/* Is it one of these? */
bool meeting_access_good(const char *access);

/* What the service knows of a person who asks for a token. */
struct arrival {
	bool is_moderator;
	bool is_known;         /* has come before; if is_suspect: in this role */
	int64_t waiting_since; /* a moderator has not decided yet; TIME_NONE: does not wait */
	bool is_suspect;       /* comes with an invite from which a guest was removed */
};

enum entry { ENTRY_ADMITTED, ENTRY_WAITING, ENTRY_REFUSED };

/* May the person come in? */
enum entry entry_decide(const char *access, const struct arrival *arrival);

#endif
