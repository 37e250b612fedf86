/* The job reconcile: compares the tables with what the provider sees. */
#include "job/handlers.h"
#include "service/reconcile.h"

bool job_reconcile(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct reconcile reconcile = {.service = service, .arena = arena, .job = job};

	return reconcile_people(&reconcile, error) && reconcile_rooms(&reconcile, error);
}
