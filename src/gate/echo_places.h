/* The places for tests before a call on this media server: how many people may test. Pure functions
 * without I/O. */
#ifndef CONFAB_GATE_ECHO_PLACES_H
#define CONFAB_GATE_ECHO_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "gate/refusal.h"
#include "meeting/meeting.h"

enum {
	/* PeerConnections of one test: the page opens one directly and one through the relay. */
	ECHO_HANDLES = 2,
	/* Tests at once. Each sends 600 kbit/s of video and gets it back: together they take
	 * 40 Mbit/s each way of a server that is there for calls. */
	ECHOES_MAX = 64,
	/* Of them in one meeting: a link without a name makes any number of people, and must not
	 * take the places of other meetings. 30 people who test within a minute are 5 at once. */
	ECHOES_ROOM_MAX = 16,
	/* Of them by one attendee: one person must not take the places of the meeting. It is not 1,
	 * because people whose program sends no `data` are all the same attendee. */
	ECHOES_ATTENDEE_MAX = 8,
};

/* A test keeps its place for so long, also if it ends sooner: so nobody takes places by beginning
 * and ending tests again and again. The page's test takes 4 to 9 s. */
#define ECHO_PLACE_TIME (10 * SECOND)

/* Then the gate ends a test: three times what the page needs. */
#define ECHO_LIFE (30 * SECOND)

struct echo_place {
	bool in_use;   /* its test goes on */
	int64_t since; /* monotonic; 0: nobody has had it */
	char room[SESSION_ID_MAX + 1];
	char attendee[ATTENDEE_MAX + 1];
};

/* All zero: all are free. */
struct echo_places {
	struct echo_place all[ECHOES_MAX];
};

/* Takes a place for a test of this attendee in this meeting. `now` is monotonic. The test gives it
 * back with `in_use` = false. NULL with a refusal: there is none. */
struct echo_place *echo_place_take(struct echo_places *places, const char *room,
    const char *attendee, int64_t now, struct refusal *refusal);

#endif
