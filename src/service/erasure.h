/* Erasure: removes a person's identity from meetings that have ended. The rows stay, with a
 * pseudonym: one for each meeting and person. */
#ifndef CONFAB_SERVICE_ERASURE_H
#define CONFAB_SERVICE_ERASURE_H

#include "meeting/act.h"
#include "meeting/event.h"
#include "meeting/job.h"
#include "service/service.h"

/* The person and the meeting of an erasure. */
struct erasure_wish {
	const char *meeting_link;
	const char *attendee;
};

/* The result of an erasure. Text lies in the arena. */
struct erasure {
	const char *pseudonym;
	/* Archives with a composed file. One person cannot be removed from such a file: it stays.
	 */
	const char **composed;
	size_t composed_count;
};

/* Erases the person from one meeting; the meeting may be deleted. Jobs delete the person's own
 * track files, also in the storage. A second run gives the same pseudonym. ERROR_NOT_FOUND if there
 * is no such meeting or person; ERROR_CONFLICT (MEETING_NOT_OVER) until one hour after the
 * meeting's end: late events may still come. */
bool erasure_run(struct service *service, struct arena *arena, const struct act *act,
    const struct erasure_wish *wish, struct erasure *erasure, struct error *error);

/* The person to erase from all meetings of a tenant. */
struct erasure_everywhere {
	const char *attendee;
	const char *tenant;                       /* NULL: the meetings of no tenant */
	void (*composed)(const char *archive_id); /* gets each archive with such a file */
	unsigned long long meetings;              /* from which the person was erased */
	unsigned long long waiting; /* which have not ended, or ended less than an hour ago */
};

/* Erases the person from all meetings of the tenant. If no meeting is waiting, it erases the person
 * from the rest of the audit log too. The counts are also correct after an error. The caller must
 * not have used the database before. */
bool erasure_run_everywhere(struct service *service, const struct act *act,
    struct erasure_everywhere *everywhere, struct error *error);

/* Writes into the event the pseudonym that an erasure would give its person. A late event must not
 * bring an erased person back. */
void erasure_mark(const struct service *service, struct arena *arena, struct event *event);

#endif
