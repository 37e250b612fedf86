/* The route table: the map of the interface. */
#ifndef CONFAB_API_ROUTES_H
#define CONFAB_API_ROUTES_H

#include "http/router.h"

extern const struct route routes[];
extern const size_t route_count;

/* The handlers, one file per resource. */
bool sessions_list(struct call *call, struct error *error);
bool session_create(struct call *call, struct error *error);
bool session_get(struct call *call, struct error *error);
bool session_edit(struct call *call, struct error *error);
bool session_end(struct call *call, struct error *error);
bool invite_create(struct call *call, struct error *error);
bool token_create(struct call *call, struct error *error);
bool attendees_list(struct call *call, struct error *error);
bool attendance_get(struct call *call, struct error *error);
bool events_list(struct call *call, struct error *error);
bool attendee_remove(struct call *call, struct error *error);
bool attendee_mute(struct call *call, struct error *error);
bool attendee_readmit(struct call *call, struct error *error);
bool webhook_receive(struct call *call, struct error *error);
bool archives_list(struct call *call, struct error *error);
bool archive_get(struct call *call, struct error *error);
bool archive_start(struct call *call, struct error *error);
bool archive_stop_recording(struct call *call, struct error *error);
bool archive_delete(struct call *call, struct error *error);
bool storage_target_set(struct call *call, struct error *error);
bool openapi_get(struct call *call, struct error *error);
bool health_get(struct call *call, struct error *error);
bool health_live_get(struct call *call, struct error *error);
bool metrics_get(struct call *call, struct error *error);

#endif
