/* GET /archives, GET and DELETE /archives/{archiveId}: recordings. */
#include "api/archives.h"

#include <string.h>

#include "api/routes.h"
#include "archive/recordings.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/visible_text.h"
#include "store/audit_logs.h"
#include "store/job_kinds.h"

enum {
	LIMIT_PRESET = 50,
	LIMIT_MAX = 1000,
};

static const char *const statuses[] = {"started", "paused", "stopped", "processing", "available",
    "uploaded", "failed", "expired", "deleted"};

struct archives_context {
	struct call *call;
	struct archive archive;
	bool settled; /* no other host can have files of it */
	bool deleted;
};

/* The name may be a meeting's extId, which is not checked as text for people is. */
static struct json_object *archive_json(struct arena *arena, const struct archive *archive)
{
	struct json_object *object = json_object_new_object();
	struct json_object *metadata = json_object_new_object();

	json_add_text(object, "name", visible_text_clean(arena, archive->name));
	json_add_text(object, "sessionId", archive->session_id);
	json_object_object_add(object, "metaData", metadata);
	json_add_text(metadata, "id", archive->archive_id);
	json_add_text(metadata, "status", archive->status);
	json_add_time(metadata, "createdAt", archive->created_at);
	json_add_time(metadata, "stoppedAt", archive->stopped_at);
	json_add_integer(metadata, "duration", archive->duration);
	json_add_integer(metadata, "size", archive->size);
	json_add_text(metadata, "url", NULL); /* nothing links to a file yet */
	json_add_boolean(metadata, "hasAudio", true);
	json_add_boolean(metadata, "hasVideo", true);
	json_add_text(metadata, "resolution", NULL);
	json_add_text(metadata, "outputMode", "individual");
	json_add_text(metadata, "reason", archive->reason);
	return object;
}

bool archive_not_found(struct error *error)
{
	return error_set(error, ERROR_NOT_FOUND, "There is no such archive.");
}

static bool status_check(const char *status, struct error *error)
{
	if (status == NULL)
		return true;
	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
		if (strcmp(status, statuses[i]) == 0)
			return true;
	}
	return error_set(error, ERROR_MALFORMED, "The query's status is none that archives have.");
}

static bool query_read(struct call *call, struct archive_query *query, struct error *error)
{
	struct request *request = call->request;
	long limit = LIMIT_PRESET, offset = 0;

	*query = (struct archive_query){0};
	if (!request_query(request, "sessionId", &query->session_id, error) ||
	    !request_query(request, "meetingLinkId", &query->meeting_link, error) ||
	    !request_query(request, "status", &query->status, error) ||
	    !request_query_integer(request, "limit", 1, LIMIT_MAX, &limit, error) ||
	    !request_query_integer(request, "offset", 0, INT32_MAX, &offset, error) ||
	    !status_check(query->status, error))
		return false;
	query->limit = limit;
	query->offset = offset;
	/* A token for one meeting sees that meeting's archives, and may ask for no other's. */
	if (query->meeting_link != NULL && !call_may_meeting(call, query->meeting_link, error))
		return false;
	if (call->principal.meeting_link != NULL)
		query->meeting_link = call->principal.meeting_link;
	return true;
}

bool archives_list(struct call *call, struct error *error)
{
	struct db *db = call->service->db;
	struct archive_query query;
	struct archive_page page;
	struct json_object *answer, *items;

	if (!query_read(call, &query, error) ||
	    !db_once(db, error, archives_find(db, call->arena, call_scope(call), &query, &page)))
		return false;
	answer = json_object_new_object();
	items = json_object_new_array_ext((int)page.count);
	json_add_integer(answer, "count", page.total);
	json_object_object_add(answer, "items", items);
	for (size_t i = 0; i < page.count; i++)
		json_object_array_add(items, archive_json(call->arena, &page.archives[i]));
	response_json(call->response, answer);
	json_object_put(answer);
	return true;
}

bool archive_read(struct call *call, struct archive *archive, struct error *error)
{
	struct db *db = call->service->db;
	bool found;

	if (!db_once(db, error, archive_find(db, call->arena, call_target(call), archive, &found)))
		return false;
	/* For a token restricted to another meeting an archive is forbidden whether it is there or
	 * not, so that it cannot find out. */
	if (call->principal.meeting_link != NULL &&
	    (!found || archive->meeting_link == NULL ||
		strcmp(call->principal.meeting_link, archive->meeting_link) != 0))
		return error_set(error, ERROR_FORBIDDEN, "This token is for another meeting only.");
	return found || archive_not_found(error);
}

void archive_answer(struct call *call, const struct archive *archive)
{
	struct json_object *answer = archive_json(call->arena, archive);

	response_json(call->response, answer);
	json_object_put(answer);
}

bool archive_get(struct call *call, struct error *error)
{
	struct archive archive;

	if (!archive_read(call, &archive, error))
		return false;
	archive_answer(call, &archive);
	return true;
}

bool archive_recording(const struct archive *archive)
{
	return strcmp(archive->status, "started") == 0 || strcmp(archive->status, "paused") == 0;
}

/* Where the files may be on another host, a job removes them there. */
static enum db_outcome delete_write(struct db *db, void *context)
{
	struct archives_context *one = context;
	const struct archive *archive = &one->archive;
	struct call *call = one->call;

	DB_TRY(archive_mark_deleted(db, archive->id, call->now, call->request->id, &one->deleted));
	if (!one->deleted)
		return DB_OK;
	if (!one->settled)
		DB_TRY(job_put_recording_delete(db, archive->archive_id,
		    recordings_delete_host(&call->service->config, archive->host), call->now,
		    call->now));
	if (!call->service->config.audit_log)
		return DB_OK;
	return audit_add(db, &(struct audit){.entity = "archive",
				 .entity_id = archive->archive_id,
				 .action = "delete",
				 .actor = call->principal.actor,
				 .tenant = call->principal.tenant,
				 .request_id = call->request->id,
				 .acted_at = call->now});
}

static bool files_delete(struct archives_context *one, struct error *error)
{
	const struct config *config = &one->call->service->config;
	bool found;

	if (!recordings_delete(config->recordings_dir, one->archive.archive_id, &found, error))
		return false;
	one->settled = recordings_settled(config, one->archive.host, found);
	return true;
}

bool archive_delete(struct call *call, struct error *error)
{
	struct archives_context one = {.call = call};

	if (!archive_read(call, &one.archive, error))
		return false;
	if (archive_recording(&one.archive))
		return error_set(
		    error, ERROR_CONFLICT, "The archive is being recorded; stop it first.");
	/* Media first: when it cannot be removed nothing is changed, and when only the row is left
	 * the same request can be made again. */
	if (!files_delete(&one, error) || !db_run(call->service->db, delete_write, &one, error))
		return false;
	if (!one.deleted)
		return archive_not_found(error);
	response_text(call->response, "null");
	return true;
}
