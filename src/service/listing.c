/* Lists meetings, and the people of a meeting. */
#include "service/listing.h"

#include "service/lookup.h"
#include "store/attendance.h"
#include "store/meetings.h"

bool meetings_list(struct service *service, struct arena *arena, const struct act *act,
    const struct meetings_query *query, struct meetings_page *page, struct error *error)
{
	return db_once(
	    service->db, error, meetings_find(service->db, arena, act_scope(act), query, page));
}

bool attendees_list(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct attendee_query *query, struct attendee_list *list,
    struct error *error)
{
	*list = (struct attendee_list){0};
	if (!db_once(service->db, error,
		attendees_find(service->db, arena, act_target(act, meeting_link), query, list)))
		return false;
	return list->meeting_found || meeting_not_found(error);
}

bool attendance_list(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, struct attended *attended, struct error *error)
{
	*attended = (struct attended){0};
	if (!db_once(service->db, error,
		attendance_find(service->db, arena, act_target(act, meeting_link), attended)))
		return false;
	return attended->meeting_found || meeting_not_found(error);
}
