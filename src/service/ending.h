/* Ending a meeting: what PATCH …/end and deleting a running meeting have in common. */
#ifndef CONFAB_SERVICE_ENDING_H
#define CONFAB_SERVICE_ENDING_H

#include "meeting/act.h"
#include "service/service.h"

/* Ends the meeting for everybody. ERROR_NOT_FOUND, or MEETING_ENDED when somebody else has ended it
 * before. When the provider is out of reach, a job ends the session there. */
bool ending_end(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, struct error *error);

/* What an ending leaves to do after its transaction. */
struct ending_work {
	const char *session_id;
	const char **devices;
	size_t device_count;
};

/* In a transaction: sets the end, closes every attendee and recording, lists the devices to be
 * removed, and leaves a job that makes sure of the provider's side. `*ended` is false when the
 * meeting had been ended before by somebody else; nothing is changed then. */
enum db_outcome ending_write(struct db *db, struct arena *arena, const struct act *act,
    const struct meeting *meeting, struct ending_work *work, bool *ended);

/* After the transaction: has the provider end the session now. When it is out of reach the job does
 * it later. */
void ending_carry_out(struct service *service, struct arena *arena, const struct ending_work *work);

#endif
