/* Echo sessions: before a call a person tests it. */
#include "gate/echo.h"

#include <string.h>

enum {
	ECHOES_MAX = 64, /* at once */
	RATE = 5,        /* that begin in a second */
	BURST = 50,
};

bool echo_may_begin(
    struct gate *gate, const struct identity *identity, int64_t now, struct refusal *refusal)
{
	int count = 0;

	if (identity->role < ROLE_PUBLISHER)
		return refuse(refusal, REFUSED_IDENTITY, "You may only watch.");
	for (const struct session *one = gate->echoes; one != NULL; one = one->next) {
		if (strcmp(one->identity.room, identity->room) == 0 &&
		    strcmp(one->identity.attendee, identity->attendee) == 0)
			return refuse(
			    refusal, REFUSED_LIMIT, "A test of this person is running already.");
		count++;
	}
	bucket_fill(&gate->echo_starts, RATE, BURST, now);
	if (count >= ECHOES_MAX || gate->echo_starts.level < SECOND / RATE)
		return refuse(refusal, REFUSED_LIMIT, "Too many people test now.");
	bucket_take(&gate->echo_starts, RATE, BURST, now);
	return true;
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
	*(session->previous == NULL ? &session->gate->echoes : &session->previous->next) =
	    session->next;
	if (session->next != NULL)
		session->next->previous = session->previous;
}
