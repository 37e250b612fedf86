/* The files of archives: who makes one offers it here, and who deletes an archive releases them. */
#include "service/archive_files.h"

#include "archive/storage.h"
#include "base/clock.h"
#include "store/archive_files.h"
#include "store/job_kinds.h"

#define LINK_LIFE HOUR

enum db_outcome archive_files_offer(struct db *db, const struct archive *archive,
    const struct archive_file *files, size_t count, int64_t now)
{
	for (size_t i = 0; i < count; i++)
		DB_TRY(archive_file_put(db, archive->archive_id, &files[i], now));
	if (archive->storage == NULL || count == 0)
		return DB_OK;
	return job_put_archive_upload(db, archive->archive_id, archive->host, now);
}

enum db_outcome archive_files_release(struct db *db, const char *archive_id, int64_t now)
{
	bool left;

	DB_TRY(archive_files_forget_local(db, archive_id, &left));
	return left ? job_put_objects_delete(db, archive_id, now) : DB_OK;
}

void archive_link_make(const struct service *service, struct arena *arena, struct archive *archive)
{
	struct storage_target target;
	const struct storage storage = {.config = &service->config, .target = &target};
	struct error error = {0};

	if (archive->object != NULL && archive->storage != NULL && !archive_is_gone(archive) &&
	    storage_target_parse(arena, archive->storage, &target, &error) &&
	    storage_usable(&service->config, &target, &error))
		archive->url =
		    storage_link(&storage, arena, archive->object, clock_now(), LINK_LIFE);
	error_clear(&error);
}
