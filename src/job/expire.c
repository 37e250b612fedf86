/* The job expire: removes old idempotency keys, and codes of expired invites and deleted meetings.
 */
#include "job/handlers.h"
#include "service/expiry.h"

bool job_expire(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	(void)arena;
	return expiry_run(service, job, error);
}
