/* An archive: rules without I/O. */
#include "meeting/archive.h"

#include <string.h>

static const char *const statuses[] = {"started", "paused", "stopped", "processing", "available",
    "uploaded", "failed", "expired", "deleted"};

bool archive_is_recording(const struct archive *archive)
{
	return strcmp(archive->status, "started") == 0 || strcmp(archive->status, "paused") == 0;
}

bool archive_is_composed(const struct archive *archive)
{
	return strcmp(archive->status, "processing") == 0 ||
	       strcmp(archive->status, "available") == 0 ||
	       strcmp(archive->status, "uploaded") == 0;
}

bool archive_is_gone(const struct archive *archive)
{
	return strcmp(archive->status, "deleted") == 0 || strcmp(archive->status, "expired") == 0;
}

bool archive_output_mode_good(const char *mode)
{
	return strcmp(mode, OUTPUT_COMPOSED) == 0 || strcmp(mode, OUTPUT_INDIVIDUAL) == 0;
}

bool archive_file_wanted(const struct archive_file *file)
{
	return strcmp(file->kind, ARCHIVE_FILE_ERASED) != 0;
}

bool archive_status_known(const char *status)
{
	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
		if (strcmp(status, statuses[i]) == 0)
			return true;
	}
	return false;
}
