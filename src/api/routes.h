/* The route table: the map of the interface. */
#ifndef CONFAB_API_ROUTES_H
#define CONFAB_API_ROUTES_H

#include "http/router.h"

extern const struct route routes[];
extern const size_t route_count;

/* The handlers. The name of each begins with its file and ends with its method: session_end_patch()
 * in session.c serves PATCH /session/{meetingLinkId}/end. */

/* sessions.c */
bool sessions_get(struct request_context *context, struct error *error);
bool sessions_post(struct request_context *context, struct error *error);

/* session.c */
bool session_get(struct request_context *context, struct error *error);
bool session_patch(struct request_context *context, struct error *error);
bool session_end_patch(struct request_context *context, struct error *error);

/* token.c */
bool token_post(struct request_context *context, struct error *error);

/* invites.c */
bool invites_post(struct request_context *context, struct error *error);
bool invites_redeem_post(struct request_context *context, struct error *error);

/* attendees.c */
bool attendees_get(struct request_context *context, struct error *error);
bool attendees_admit_post(struct request_context *context, struct error *error);

/* attendance.c */
bool attendance_get(struct request_context *context, struct error *error);

/* events.c */
bool events_get(struct request_context *context, struct error *error);

/* attendee.c */
bool attendee_delete(struct request_context *context, struct error *error);
bool erasure_delete(struct request_context *context, struct error *error);
bool attendee_mute_post(struct request_context *context, struct error *error);
bool attendee_readmit_post(struct request_context *context, struct error *error);
bool attendee_admit_post(struct request_context *context, struct error *error);

/* archives.c */
bool archives_get(struct request_context *context, struct error *error);
bool archives_post(struct request_context *context, struct error *error);

/* archive.c */
bool archive_get(struct request_context *context, struct error *error);
bool archive_delete(struct request_context *context, struct error *error);
bool archive_stop_patch(struct request_context *context, struct error *error);

/* archive_media.c */
bool archive_media_get(struct request_context *context, struct error *error);

/* storage_target.c */
bool storage_target_put(struct request_context *context, struct error *error);
bool storage_target_delete(struct request_context *context, struct error *error);

/* webhooks.c */
bool webhooks_post(struct request_context *context, struct error *error);

/* internal.c */
bool internal_connections_post(struct request_context *context, struct error *error);
bool internal_events_post(struct request_context *context, struct error *error);

/* openapi.c */
bool openapi_get(struct request_context *context, struct error *error);

/* health.c */
bool health_get(struct request_context *context, struct error *error);
bool health_live_get(struct request_context *context, struct error *error);
bool metrics_get(struct request_context *context, struct error *error);

#endif
