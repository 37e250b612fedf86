/* Ending a meeting: PATCH …/end does it, and so does deleting a running meeting. */
#ifndef CONFAB_SERVICE_ENDING_H
#define CONFAB_SERVICE_ENDING_H

#include "meeting/act.h"
#include "service/service.h"

/* Ends the meeting for everybody. ERROR_NOT_FOUND, or MEETING_ENDED if the meeting has ended
 * before. If the provider is out of reach, a job ends the session there. */
bool ending_end(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, struct error *error);

/* The provider's part of an ending: it follows the transaction. */
struct ending_work {
	const char *session_id;
	const char *server; /* as in struct meeting */
	const char **devices;
	size_t device_count;
};

/* In a transaction: sets the end, ends all connections and recordings, lists the devices to remove,
 * and puts a job that checks the provider's part. `*ended` is false if the meeting has ended before
 * by another request; then nothing changes. */
enum db_outcome ending_write(struct db *db, struct arena *arena, const struct act *act,
    const struct meeting *meeting, struct ending_work *work, bool *ended);

/* After the transaction: the provider ends the session now. If it is out of reach, the job does
 * that later. */
void ending_carry_out(struct service *service, struct arena *arena, const struct ending_work *work);

#endif
