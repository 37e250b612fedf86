/* The job reconcile: compares the tables with a media server. */
#include "job/handlers.h"
#include "service/media_servers.h"
#include "service/reconcile.h"
#include "service/recording_watch.h"

bool job_reconcile(
    struct service *service, struct arena *arena, const struct job *job, struct error *error)
{
	struct reconcile reconcile = {.service = service, .arena = arena, .job = job};

	return media_server_read(service, arena, job_server(job), &reconcile.server, error) &&
	       reconcile_people(&reconcile, error) && reconcile_rooms(&reconcile, error) &&
	       recordings_idle_stop(service, arena, job, reconcile.server.server.name, error);
}
