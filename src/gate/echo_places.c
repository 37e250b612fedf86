/* The places for tests before a call on this media server. */
#include "gate/echo_places.h"

#include <stdio.h>
#include <string.h>

static bool is_taken(const struct echo_place *place, int64_t now)
{
	return place->in_use || (place->since != 0 && now < place->since + ECHO_PLACE_TIME);
}

struct echo_place *echo_place_take(struct echo_places *places, const char *room,
    const char *attendee, int64_t now, struct refusal *refusal)
{
	struct echo_place *found = NULL;
	int of_room = 0, of_attendee = 0;

	for (int i = 0; i < ECHOES_MAX; i++) {
		struct echo_place *place = &places->all[i];

		if (!is_taken(place, now)) {
			found = place;
		} else if (strcmp(place->room, room) == 0) {
			of_room++;
			of_attendee += strcmp(place->attendee, attendee) == 0;
		}
	}
	if (of_attendee >= ECHOES_ATTENDEE_MAX || of_room >= ECHOES_ROOM_MAX || found == NULL) {
		refuse(refusal, REFUSED_LIMIT, "Too many people%s test now.",
		    found == NULL ? "" : " of this meeting");
		return NULL;
	}
	found->in_use = true;
	found->since = now;
	snprintf(found->room, sizeof found->room, "%s", room);
	snprintf(found->attendee, sizeof found->attendee, "%s", attendee);
	return found;
}
