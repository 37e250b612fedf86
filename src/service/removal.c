/* Removing somebody from a meeting: the provider's part of a ban. */
#include "service/removal.h"

#include "service/session.h"
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
	struct session_ref session;

	if (provider->revoke == NULL)
		return true;
	return session_refer(
		   service, arena, meeting->server, meeting->session_id, &session, error) &&
	       provider->revoke(
		   service->provider_state, arena, &session, meeting, &attendee, 1, error) &&
	       db_once(service->db, error,
		   grants_forget_readmitted(service->db, meeting->session_id, attendee));
}
