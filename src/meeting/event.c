/* Events of the providers: pure functions. */
#include "meeting/event.h"

#include <string.h>

#include "base/clock.h"

bool event_by_service(const char *name)
{
	static const char *const names[] = {
	    EVENT_NAME_ENDED, EVENT_NAME_REMOVED, EVENT_NAME_LOST, EVENT_NAME_FOUND};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static void event_move(struct event *event, int64_t at)
{
	event->at = at;
	if (event->kind == EVENT_OPENED || event->kind == EVENT_SEEN)
		event->connection.joined_at = at;
	else if (event->kind == EVENT_ENDED)
		event->ending.at = at;
}

void event_place(struct event *event, const char *server)
{
	event->server = server;
	event->connection.server = server;
	if (event->ending.scope == END_ROOM || event->ending.scope == END_SERVER)
		event->ending.key = server;
}

int64_t events_receive(struct events *events, int64_t now)
{
	/* clock_now() has milliseconds; the stamps have microseconds. */
	const int64_t latest = now + MILLISECOND - 1;
	int64_t ahead = TIME_NONE, early = 0;

	for (size_t i = 0; i < events->count; i++) {
		const struct event *event = &events->items[i];

		if (event->kind == EVENT_MALFORMED)
			continue;
		if (ahead == TIME_NONE || event->at - now > ahead)
			ahead = event->at - now;
		early += event->at > latest;
	}
	/* Capped times are one microsecond apart, in the order of the events: the time is a part of
	 * a connection's key. */
	for (size_t i = 0; i < events->count; i++) {
		if (events->items[i].kind != EVENT_MALFORMED && events->items[i].at > latest)
			event_move(&events->items[i], latest - --early);
	}
	return ahead;
}
