/* Removing somebody from a meeting: what follows at the provider from a ban. */
#include "service/removal.h"

#include "store/grants.h"

bool attendee_removed(struct error *error)
{
	return error_set_code(
	    error, ERROR_FORBIDDEN, "PUT_OUT", "This attendee was removed from the meeting.");
}

bool removal_revoke(struct service *service, struct arena *arena, const struct meeting *meeting,
    const char *attendee, struct error *error)
{
	const struct provider *provider = service->provider;

	if (provider->revoke == NULL)
		return true;
	return provider->revoke(service->provider_state, arena, meeting, &attendee, 1, error) &&
	       db_once(service->db, error,
		   grants_forget_readmitted(service->db, meeting->session_id, attendee));
}
