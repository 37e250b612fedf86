/* May people who have join tokens be in their meetings' calls now? */
#include "service/entries.h"

#include <string.h>

#include "base/clock.h"
#include "store/waiting.h"

struct known_session {
	const char *id;
	struct session_entries entries;
};

static enum db_outcome session_look(struct service *service, struct arena *arena,
    struct known_session *sessions, size_t *count, const char *id, struct session_entries *entries)
{
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(sessions[i].id, id) == 0) {
			*entries = sessions[i].entries;
			return DB_OK;
		}
	}
	DB_TRY(session_entries_find(service->db, arena, id, entries));
	sessions[(*count)++] = (struct known_session){id, *entries};
	return DB_OK;
}

static enum entrant_state state_of(
    const struct entrant *entrant, const struct session_entries *entries)
{
	enum entrant_state state = ENTRANT_ADMITTED;

	if (!entries->found || entries->closed_at != TIME_NONE)
		return ENTRANT_ENDED;
	for (size_t i = 0; i < entries->held_count; i++) {
		const struct held *held = &entries->held[i];

		if (held->attendee == NULL || strcmp(held->attendee, entrant->attendee) != 0)
			continue;
		if (held->banned_on != TIME_NONE)
			return ENTRANT_REMOVED;
		if (held->waiting_since != TIME_NONE)
			state = ENTRANT_WAITING;
	}
	return state;
}

static enum db_outcome look(
    struct service *service, struct arena *arena, struct entrant *entrants, size_t count)
{
	struct known_session *sessions = arena_alloc(arena, (count + 1) * sizeof *sessions);
	size_t session_count = 0;

	for (size_t i = 0; i < count; i++) {
		struct entrant *entrant = &entrants[i];
		struct session_entries entries;

		entrant->state = ENTRANT_REMOVED;
		entrant->seq = 0;
		if (entrant->session_id == NULL)
			continue;
		DB_TRY(session_look(
		    service, arena, sessions, &session_count, entrant->session_id, &entries));
		entrant->state = state_of(entrant, &entries);
		entrant->seq = entries.newest;
	}
	return DB_OK;
}

bool entries_look(struct service *service, struct arena *arena, struct entrant *entrants,
    size_t count, struct error *error)
{
	return db_once(service->db, error, look(service, arena, entrants, count));
}
