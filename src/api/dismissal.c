/* Taking somebody who was put out of a meeting off the provider's list of those who may send. */
#include "api/dismissal.h"

#include "store/grants.h"

struct dismissal {
	const struct meeting *meeting;
	const char *attendee;
};

static enum db_outcome readmitted_forget(struct db *db, void *context)
{
	const struct dismissal *dismissal = context;

	return grants_forget_readmitted(db, dismissal->meeting->session_id, dismissal->attendee);
}

bool dismissal_carry_out(struct service *service, struct arena *arena,
    const struct meeting *meeting, const char *attendee, struct error *error)
{
	const struct provider *provider = service->provider;
	struct dismissal dismissal = {.meeting = meeting, .attendee = attendee};

	if (provider->dismiss == NULL)
		return true;
	return provider->dismiss(service->provider_state, arena, meeting, &attendee, 1, error) &&
	       db_run_plain(service->db, readmitted_forget, &dismissal, error);
}
