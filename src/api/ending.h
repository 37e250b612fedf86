/* Ending a meeting: what PATCH …/end and deleting a running meeting have in common. */
#ifndef CONFAB_API_ENDING_H
#define CONFAB_API_ENDING_H

#include "api/call.h"

/* What an ending leaves to do after its transaction. */
struct ending_work {
	const char *session_id;
	const char **devices;
	size_t device_count;
};

/* In a transaction: sets the end, closes every attendee and recording, lists the devices to be put
 * out, and leaves a job that makes sure of the provider's side. `*ended` is false when the meeting
 * had been ended before by somebody else; nothing is changed then. */
enum db_outcome ending_write(struct db *db, struct call *call, const struct meeting *meeting,
    struct ending_work *work, bool *ended);

/* After the transaction: has the provider end the session now. When it is out of reach the job does
 * it later. */
void ending_carry_out(struct call *call, const struct ending_work *work);

#endif
