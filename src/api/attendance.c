/* GET /session/{meetingLinkId}/attendance: the stays of all people in a meeting, as JSON or CSV. */
#include "api/request_context.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/json.h"
#include "base/visible_text.h"
#include "http/accept.h"
#include "meeting/attendance.h"
#include "meeting/role.h"
#include "service/listing.h"

struct stays_context {
	struct request_context *context;
	struct attended attended;
	struct stay *stays;
	size_t count;
};

/* A stay in the answer. NULL and TIME_NONE: no value (yet). */
struct row {
	const char *identity;
	const char *name;
	const char *role;
	int64_t joined;
	int64_t left;
	int64_t seconds;
	const char *reason;
};

static void stays_make(struct stays_context *stays)
{
	struct arena *arena = stays->context->arena;
	const struct attended *attended = &stays->attended;
	const struct connection **order = arena_alloc(arena, attended->count * sizeof *order);

	for (size_t i = 0; i < attended->count; i++)
		order[i] = &attended->connections[i];
	stays->stays = arena_alloc(arena, attended->count * sizeof *stays->stays);
	stays->count = attendance_stays(order, attended->count, stays->stays);
}

static struct row row_make(const struct stays_context *stays, const struct stay *stay)
{
	const struct attended *attended = &stays->attended;
	bool in = stay->left_at == TIME_NONE;

	return (struct row){
	    .identity = stay->first->attendee,
	    .name = visible_text_clean(
		stays->context->arena, attended->names[stay->first - attended->connections]),
	    .role = role_name(stay->role),
	    .joined = stay->joined_at,
	    .left = stay->left_at,
	    .seconds = in ? attendance_seconds(0, stay->joined_at, stays->context->now)
			  : attendance_seconds(stay->left_at - stay->joined_at, TIME_NONE, 0),
	    .reason = stay_reason(stay),
	};
}

static void json_answer(const struct stays_context *stays)
{
	struct json_object *answer = json_object_new_array_ext((int)stays->count);

	for (size_t i = 0; i < stays->count; i++) {
		struct row row = row_make(stays, &stays->stays[i]);
		struct json_object *object = json_object_new_object();

		json_add_text(object, "identity", row.identity);
		json_add_text(object, "name", row.name);
		json_add_text(object, "role", row.role);
		json_add_time(object, "joined", row.joined);
		json_add_time(object, "left", row.left);
		json_add_integer(object, "seconds", row.seconds);
		json_add_text(object, "reason", row.reason);
		json_object_array_add(answer, object);
	}
	response_json(stays->context->response, answer);
	json_object_put(answer);
}

static void csv_time(struct csv *csv, int64_t time)
{
	char text[DATE_TEXT_MAX];

	csv_text(csv, time == TIME_NONE ? NULL : date_format(time, text));
}

static void csv_answer(const struct stays_context *stays)
{
	static const char *const names[] = {
	    "identity", "name", "role", "joined", "left", "seconds", "reason"};
	struct request_context *context = stays->context;
	struct csv csv = csv_new(context->arena);

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		csv_text(&csv, names[i]);
	csv_row_end(&csv);
	for (size_t i = 0; i < stays->count; i++) {
		struct row row = row_make(stays, &stays->stays[i]);

		csv_text(&csv, row.identity);
		csv_text(&csv, row.name);
		csv_text(&csv, row.role);
		csv_time(&csv, row.joined);
		csv_time(&csv, row.left);
		csv_integer(&csv, row.seconds);
		csv_text(&csv, row.reason);
		csv_row_end(&csv);
	}
	response_header(context->response, "Content-Disposition",
	    arena_printf(context->arena, "attachment; filename=\"attendance-%s.csv\"",
		context_parameter(context)));
	response_body(
	    context->response, "text/csv; charset=utf-8; header=present", csv.buffer.text);
}

/* Chooses JSON, unless the client prefers CSV. A tie is JSON. */
static bool form_choose(const struct request_context *context, bool *as_csv, struct error *error)
{
	const char *accept = request_param(context->request, "HTTP_ACCEPT");
	unsigned json = accept_weight(accept, "application/json");
	unsigned csv = accept_weight(accept, "text/csv");

	*as_csv = csv > json;
	if (json == 0 && csv == 0)
		return error_set(
		    error, ERROR_NOT_ACCEPTABLE, "The answer is application/json or text/csv.");
	return true;
}

bool attendance_get(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);
	struct stays_context stays = {.context = context};
	bool as_csv;

	response_header(context->response, "Vary", "Accept");
	if (!form_choose(context, &as_csv, error) ||
	    !attendance_list(context->service, context->arena, &act, context_parameter(context),
		&stays.attended, error))
		return false;
	stays_make(&stays);
	if (as_csv)
		csv_answer(&stays);
	else
		json_answer(&stays);
	return true;
}
