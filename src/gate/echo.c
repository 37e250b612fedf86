/* Echo sessions: before a call a person tests it. */
#include "gate/echo.h"

#include <string.h>

#include "gate/echo_places.h"

static bool is_of(const struct session *session, const char *room, const char *attendee)
{
	return strcmp(session->identity.room, room) == 0 &&
	       (attendee == NULL || strcmp(session->identity.attendee, attendee) == 0);
}

bool echo_may_begin(struct gate *gate, const struct identity *identity, struct refusal *refusal)
{
	int of_attendee = 0;

	if (identity->role < ROLE_PUBLISHER)
		return refuse(refusal, REFUSED_IDENTITY, "You may only watch.");
	echo_end_of(gate, identity);
	/* Places count what the service has let in; this also what it is still asked about. */
	for (const struct session *one = gate->echoes; one != NULL; one = one->next)
		of_attendee += is_of(one, identity->room, identity->attendee);
	return of_attendee < ECHOES_ATTENDEE_MAX ||
	       refuse(refusal, REFUSED_LIMIT, "This person has too many tests now.");
}

bool echo_place_find(struct session *session, struct refusal *refusal)
{
	struct gate *gate = session->gate;

	session->place = echo_place_take(gate->echo_places, session->identity.room,
	    session->identity.attendee, loop_now(gate->loop), refusal);
	return session->place != NULL;
}

int64_t echoes_tell_end(
    struct gate *gate, const char *room, const char *attendee, uint16_t code, const char *state)
{
	struct session *next;
	int64_t count = 0;

	for (struct session *one = gate->echoes; one != NULL; one = next) {
		next = one->next;
		if (!is_of(one, room, attendee))
			continue;
		session_tell_end(one, state, code);
		count++;
	}
	return count;
}

void echo_end_of(struct gate *gate, const struct identity *identity)
{
	struct session *next;

	for (struct session *one = gate->echoes; one != NULL; one = next) {
		next = one->next;
		if (identity_same(&one->identity, identity))
			session_end(one, CLOSE_REPLACED, "replaced");
	}
}

void echo_add(struct session *session)
{
	struct gate *gate = session->gate;

	session->previous = NULL;
	session->next = gate->echoes;
	if (session->next != NULL)
		session->next->previous = session;
	gate->echoes = session;
}

void echo_remove(struct session *session)
{
	if (session->place != NULL)
		session->place->in_use = false;
	session->place = NULL;
	*(session->previous == NULL ? &session->gate->echoes : &session->previous->next) =
	    session->next;
	if (session->next != NULL)
		session->next->previous = session->previous;
}
