/* Lists meetings, and the people of a meeting. The text of the results lies in the arena. */
#ifndef CONFAB_SERVICE_LISTING_H
#define CONFAB_SERVICE_LISTING_H

#include "meeting/act.h"
#include "meeting/attendee.h"
#include "meeting/listing.h"
#include "service/service.h"

/* The meetings that the actor may see, newest first. */
bool meetings_list(struct service *service, struct arena *arena, const struct act *act,
    const struct meetings_query *query, struct meetings_page *page, struct error *error);

/* The attendees of a meeting, oldest first. ERROR_NOT_FOUND if there is no such meeting. */
bool attendees_list(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct attendee_query *query, struct attendee_list *list,
    struct error *error);

/* All connections of a meeting. ERROR_NOT_FOUND if there is no such meeting. */
bool attendance_list(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, struct attended *attended, struct error *error);

#endif
