/* Reconciling: compares what the tables say with what the provider sees, and so makes up for events
 * that were lost. */
#ifndef CONFAB_SERVICE_RECONCILE_H
#define CONFAB_SERVICE_RECONCILE_H

#include "service/service.h"
#include "store/attendance.h"
#include "store/grants.h"
#include "store/jobs.h"
#include "store/media_servers.h"

/* What the service got to know of later than this before may be newer than the provider's list.
 * (Not when it happened: that is told by another clock.) */
#define GRACE (5 * SECOND)

/* One comparison of a media server. The caller sets the first four members; reconcile_people()
 * finds out what reconcile_rooms() needs of the rest. */
struct reconcile {
	struct service *service;
	struct arena *arena;
	const struct job *job;
	struct media_server_row server;
	int64_t asked_at; /* when the provider was asked */
	struct open_connection *open;
	size_t open_count;
	struct participants participants; /* `alive` is sorted */
	struct ban *bans;                 /* sorted */
	size_t ban_count;
};

/* People: who is there and should not be is removed, who has gone has left, who came without its
 * being reported has joined. */
bool reconcile_people(struct reconcile *reconcile, struct error *error);

/* Rooms: those of running meetings are there, are recorded as their meetings say, and take nothing
 * from people who were removed. To be called after reconcile_people(). */
bool reconcile_rooms(const struct reconcile *reconcile, struct error *error);

/* The server has not answered: after several times it is lost, and takes no new meetings. */
void reconcile_server_failed(const struct reconcile *reconcile);

/* The server has answered. One that had not done so for long is taken back: first its rooms of
 * meetings that were placed elsewhere meanwhile are destroyed. */
bool reconcile_server_answered(const struct reconcile *reconcile, struct error *error);

#endif
