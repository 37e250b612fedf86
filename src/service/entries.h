/* May people who have join tokens be in their meetings' calls now? For the signalling gate. */
#ifndef CONFAB_SERVICE_ENTRIES_H
#define CONFAB_SERVICE_ENTRIES_H

#include "meeting/role.h"
#include "service/service.h"

enum entrant_state { ENTRANT_ADMITTED, ENTRANT_WAITING, ENTRANT_REMOVED, ENTRANT_ENDED };

struct entrant {
	const char *session_id; /* NULL: nobody, who is ENTRANT_REMOVED */
	const char *attendee;
	enum role role;
	/* Filled in: */
	enum entrant_state state;
	int64_t seq; /* of the meeting's newest event; 0: there is none */
};

/* Looks them up, each meeting once. */
bool entries_look(struct service *service, struct arena *arena, struct entrant *entrants,
    size_t count, struct error *error);

#endif
