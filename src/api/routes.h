/* The route table: the map of the interface. */
#ifndef CONFAB_API_ROUTES_H
#define CONFAB_API_ROUTES_H

#include "http/router.h"

extern const struct route routes[];
extern const size_t route_count;

/* The handlers, one file per resource. */
bool sessions_list(struct request_context *context, struct error *error);
bool session_create(struct request_context *context, struct error *error);
bool session_get(struct request_context *context, struct error *error);
bool session_edit(struct request_context *context, struct error *error);
bool session_end(struct request_context *context, struct error *error);
bool invite_create(struct request_context *context, struct error *error);
bool token_create(struct request_context *context, struct error *error);
bool attendees_list(struct request_context *context, struct error *error);
bool attendance_get(struct request_context *context, struct error *error);
bool attendee_remove(struct request_context *context, struct error *error);
bool attendee_mute(struct request_context *context, struct error *error);
bool attendee_readmit(struct request_context *context, struct error *error);
bool webhook_receive(struct request_context *context, struct error *error);
bool archives_list(struct request_context *context, struct error *error);
bool archive_get(struct request_context *context, struct error *error);
bool archive_start(struct request_context *context, struct error *error);
bool archive_stop_recording(struct request_context *context, struct error *error);
bool archive_delete(struct request_context *context, struct error *error);
bool storage_target_set(struct request_context *context, struct error *error);
bool openapi_get(struct request_context *context, struct error *error);
bool health_get(struct request_context *context, struct error *error);
bool health_live_get(struct request_context *context, struct error *error);
bool metrics_get(struct request_context *context, struct error *error);

#endif
