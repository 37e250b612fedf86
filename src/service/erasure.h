/* Erasure: takes a person's identity out of meetings that are over. What happened stays, told of a
 * pseudonym: one for each meeting and person. */
#ifndef CONFAB_SERVICE_ERASURE_H
#define CONFAB_SERVICE_ERASURE_H

#include "meeting/act.h"
#include "meeting/event.h"
#include "meeting/job.h"
#include "service/service.h"

/* Whom to erase from which meeting. */
struct erasure_wish {
	const char *meeting_link;
	const char *attendee;
};

/* What an erasure came to. Text lies in the arena. */
struct erasure {
	const char *pseudonym;
	/* Archives with a composed file, which nobody can take one person out of. It stays. */
	const char **composed;
	size_t composed_count;
};

/* Erases the person from one meeting, from a deleted one too. Jobs delete the track files that are
 * the person's alone. It can be run again: the pseudonym is the same. ERROR_NOT_FOUND when there is
 * no such meeting or person; ERROR_CONFLICT (MEETING_NOT_OVER) until the meeting has been over for
 * an hour: events may still come. */
bool erasure_run(struct service *service, struct arena *arena, const struct act *act,
    const struct erasure_wish *wish, struct erasure *erasure, struct error *error);

/* Whom to erase from all meetings of a tenant. */
struct erasure_everywhere {
	const char *attendee;
	const char *tenant;                       /* NULL: the meetings of no tenant */
	void (*composed)(const char *archive_id); /* is called for each such archive */
	unsigned long long meetings;              /* that the person was erased from */
	unsigned long long waiting;               /* that have not been over for an hour */
};

/* Erases the person from all of them and, when none is waiting, from the rest of the audit log. The
 * counts are right before an error too. To be called before the database is first used. */
bool erasure_run_everywhere(struct service *service, const struct act *act,
    struct erasure_everywhere *everywhere, struct error *error);

/* Says which mark an erasure has left of the person whom the event is about, if there was one: what
 * comes late must not bring the person back. */
void erasure_mark(const struct service *service, struct arena *arena, struct event *event);

#endif
