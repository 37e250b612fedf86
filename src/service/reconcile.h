/* Reconciling: compares the tables with the provider's lists. It makes up for lost events. */
#ifndef CONFAB_SERVICE_RECONCILE_H
#define CONFAB_SERVICE_RECONCILE_H

#include "service/service.h"
#include "store/attendance.h"
#include "store/grants.h"
#include "store/jobs.h"
#include "store/media_servers.h"

/* A row may be newer than the provider's list if the service received its event less than this
 * before the list. (The time of the event itself comes from another clock.) */
#define GRACE (5 * SECOND)

/* One comparison with a media server. The caller sets the first four members; reconcile_people()
 * fills in the rest for reconcile_rooms(). */
struct reconcile {
	struct service *service;
	struct arena *arena;
	const struct job *job;
	struct media_server_row server;
	int64_t asked_at;             /* the time of the provider's list */
	struct open_connection *open; /* sorted by session, senders first */
	size_t open_count;
	struct participants participants; /* `alive` is sorted */
	struct ban *bans;                 /* sorted */
	size_t ban_count;
};

/* People: removes those who must not be there, ends the connections that the provider does not
 * have, and opens those that were not reported. */
bool reconcile_people(struct reconcile *reconcile, struct error *error);

/* Is there a sender in the session? For reconcile_rooms(). */
bool reconcile_has_senders(const struct reconcile *reconcile, const char *session_id);

/* Rooms of running meetings: restores lost rooms, revokes the tokens of removed people, and
 * corrects what is recorded. Call reconcile_people() before. */
bool reconcile_rooms(const struct reconcile *reconcile, struct error *error);

/* The server has not answered. After several times its state becomes lost: it takes no new
 * meetings. */
void reconcile_server_failed(const struct reconcile *reconcile);

/* The server has answered. If it was lost, it becomes active again, after it has destroyed its
 * rooms of meetings that are on other servers by now. */
bool reconcile_server_answered(const struct reconcile *reconcile, struct error *error);

#endif
