/* The files of archives: who makes one offers it here, and who deletes an archive releases them. */
#include "service/archive_files.h"

#include "store/archive_files.h"
#include "store/job_kinds.h"

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
