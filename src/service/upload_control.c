/* What operators see of uploads, and what they can do about them. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "service/lookup.h"
#include "service/upload.h"
#include "service/upload_run.h"
#include "store/job_kinds.h"

enum {
	LIST_MAX = 1000, /* archives in the operator's list */
};

bool uploads_list(struct service *service, struct arena *arena, struct stuck_archive **archives,
    size_t *count, struct error *error)
{
	db_deadline_start(service->db);
	return db_once(
	    service->db, error, archives_stuck(service->db, arena, LIST_MAX, archives, count));
}

static enum db_outcome retry_write(struct upload_run *run, const char *archive_id)
{
	struct db *db = run->service->db;
	int64_t now = clock_now();

	DB_TRY(upload_run_read(run, archive_id));
	if (!run->found || run->archive.storage == NULL || run->count == 0)
		return DB_OK;
	DB_TRY(archive_files_give_up(db, archive_id, false, now, NULL));
	return archive_is_gone(&run->archive)
		   ? job_put_objects_delete(db, archive_id, now)
		   : job_put_archive_upload(db, archive_id, run->archive.host, now);
}

bool upload_retry(
    struct service *service, struct arena *arena, const char *archive_id, struct error *error)
{
	struct upload_run run = {.service = service, .arena = arena};

	db_deadline_start(service->db);
	if (!db_transact(service->db, error, retry_write(&run, archive_id)))
		return false;
	if (!run.found)
		return archive_not_found(error);
	if (run.archive.storage == NULL)
		return error_set(error, ERROR_CONFLICT,
		    "The archive has no storage target: its files stay on its host.");
	return run.count > 0 ||
	       error_set(error, ERROR_CONFLICT, "The archive has no files to upload.");
}

static bool object_good(struct upload_run *run, struct upload_check *check)
{
	const struct archive_file *file = check->file;
	char sha256[2 * SHA256_SIZE + 1];
	struct error failure = {0};
	enum storage_fault fault;
	int64_t size;

	if (file->uploaded_at == TIME_NONE || file->sha256 == NULL) {
		check->says = "not uploaded yet";
		return false;
	}
	fault = storage_read(&run->storage, run->arena, file->object, &size, sha256, &failure);
	if (fault != STORAGE_DONE)
		check->says = arena_strdup(run->arena, failure.message);
	else if (size != file->size)
		check->says = arena_printf(
		    run->arena, "%" PRId64 " bytes instead of %" PRId64, size, file->size);
	else
		check->says = strcmp(sha256, file->sha256) == 0 ? "good" : "other bytes";
	error_clear(&failure);
	return strcmp(check->says, "good") == 0;
}

bool upload_verify(struct service *service, struct arena *arena, const char *archive_id,
    void (*tell)(const struct upload_check *check), bool *good, struct error *error)
{
	struct upload_run run = {.service = service, .arena = arena};

	*good = true;
	if (!upload_run_open(&run, archive_id, error))
		return false;
	if (run.archive.archive_id == NULL)
		return archive_not_found(error);
	if (!run.found)
		return error_set(error, ERROR_CONFLICT,
		    "The archive has no storage target: its files stay on its host.");
	for (size_t i = 0; i < run.count; i++) {
		struct upload_check check = {.file = &run.files[i]};

		check.good = object_good(&run, &check);
		*good = *good && check.good;
		tell(&check);
	}
	return true;
}
