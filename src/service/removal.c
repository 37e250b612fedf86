/* Removing somebody from a meeting: what follows at the provider from a ban. */
#include "service/removal.h"

#include "store/grants.h"

struct removal {
	const struct meeting *meeting;
	const char *attendee;
};

static enum db_outcome readmitted_forget(struct db *db, void *context)
{
	const struct removal *removal = context;

	return grants_forget_readmitted(db, removal->meeting->session_id, removal->attendee);
}

bool removal_revoke(struct service *service, struct arena *arena, const struct meeting *meeting,
    const char *attendee, struct error *error)
{
	const struct provider *provider = service->provider;
	struct removal removal = {.meeting = meeting, .attendee = attendee};

	if (provider->revoke == NULL)
		return true;
	return provider->revoke(service->provider_state, arena, meeting, &attendee, 1, error) &&
	       db_run_plain(service->db, readmitted_forget, &removal, error);
}
