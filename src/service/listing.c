/* Lists meetings, and the people of a meeting. */
#include "service/listing.h"

#include <string.h>

#include "base/clock.h"
#include "meeting/waiter.h"
#include "service/lookup.h"
#include "store/attendance.h"
#include "store/meetings.h"
#include "store/waiting.h"

bool meetings_list(struct service *service, struct arena *arena, const struct act *act,
    const struct meetings_query *query, struct meetings_page *page, struct error *error)
{
	return db_once(
	    service->db, error, meetings_find(service->db, arena, act_scope(act), query, page));
}

struct people {
	struct service *service;
	struct arena *arena;
	struct target target;
	struct waiter *waiters;
	size_t waiting;
};

static struct attendee waiter_attendee(const struct waiter *waiter)
{
	return (struct attendee){.id = waiter->id,
	    .session_id = waiter->session_id,
	    .attendee = waiter->attendee,
	    .name = waiter->name,
	    .verified = waiter->verified,
	    .role = (int)waiter->role,
	    .joined_on = TIME_NONE,
	    .left_on = TIME_NONE,
	    .open_since = TIME_NONE,
	    .created_on = waiter->created_on,
	    .modified_on = waiter->modified_on,
	    .waiting_since = waiter->waiting_since};
}

/* Puts the waiting people of this page in front of the others on it. */
static void waiting_add(
    const struct people *people, const struct attendee_query *query, struct attendee_list *list)
{
	size_t from =
	    (size_t)query->offset < people->waiting ? (size_t)query->offset : people->waiting;
	size_t count = people->waiting - from;
	struct attendee *all;

	if (query->limit > 0 && count > (size_t)query->limit)
		count = (size_t)query->limit;
	if (query->limit > 0 && list->count > (size_t)query->limit - count)
		list->count = (size_t)query->limit - count;
	list->total += (int64_t)people->waiting;
	all = arena_alloc(people->arena, (count + list->count + 1) * sizeof *all);
	for (size_t i = 0; i < count; i++)
		all[i] = waiter_attendee(&people->waiters[from + i]);
	if (list->count > 0)
		memcpy(all + count, list->attendees, list->count * sizeof *all);
	list->attendees = all;
	list->count += count;
}

static enum db_outcome attendees_look(
    struct people *people, const struct attendee_query *query, struct attendee_list *list)
{
	struct attendee_query others = *query;
	struct db *db = people->service->db;

	if (query->with_waiting)
		DB_TRY(waiting_find(
		    db, people->arena, people->target, &people->waiters, &people->waiting));
	others.offset -=
	    others.offset < (int64_t)people->waiting ? others.offset : (int64_t)people->waiting;
	DB_TRY(attendees_find(db, people->arena, people->target, &others, list));
	waiting_add(people, query, list);
	return DB_OK;
}

bool attendees_list(struct service *service, struct arena *arena, const struct act *act,
    const char *meeting_link, const struct attendee_query *query, struct attendee_list *list,
    struct error *error)
{
	struct people people = {
	    .service = service, .arena = arena, .target = act_target(act, meeting_link)};

	*list = (struct attendee_list){0};
	if (!db_once(service->db, error, attendees_look(&people, query, list)))
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
