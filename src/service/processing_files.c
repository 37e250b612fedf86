/* The files that processing makes: each appears under its name when it is whole. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/recordings.h"
#include "service/processing_run.h"

enum {
	FILE_MODE = 0640, /* the group of the folder serves the files */
};

const char *processing_path(const struct processing *processing, const char *name)
{
	return arena_printf(processing->arena, "%s/%s", processing->folder, name);
}

/* The lease's number is in the name: a worker that has lost the job may still write. */
static const char *part_name(const struct processing *processing, const char *name)
{
	return arena_printf(
	    processing->arena, "%s.%" PRId64 ".part", name, processing->job->lease->number);
}

const char *processing_part(const struct processing *processing, const char *name)
{
	return processing_path(processing, part_name(processing, name));
}

static bool file_failed(struct processing *processing, const char *name, struct error *error)
{
	int why = errno;

	if (why == ENOSPC || why == EDQUOT || processing_space_low(&processing->service->config))
		return processing_space_wait(processing, error);
	return error_set(error, ERROR_UNAVAILABLE, "%s cannot be written: %s", name, strerror(why));
}

/* Makes the file empty, so that it is the only one that the program must be able to change. */
static bool part_begin(struct processing *processing, const char *name, struct error *error)
{
	int fd = open(processing_part(processing, name),
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);

	if (fd < 0)
		return file_failed(processing, name, error);
	if (fchmod(fd, FILE_MODE) != 0) {
		close(fd);
		return file_failed(processing, name, error);
	}
	close(fd);
	return true;
}

int64_t processing_size(const struct processing *processing, const char *name)
{
	struct stat status;

	if (lstat(processing_path(processing, name), &status) != 0 || !S_ISREG(status.st_mode))
		return 0;
	return status.st_size;
}

bool processing_has(const struct processing *processing, const char *name)
{
	return processing_size(processing, name) > 0;
}

bool processing_keep_file(struct processing *processing, const char *name, struct error *error)
{
	const char *part = processing_part(processing, name);
	int fd = open(part, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool synced = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	if (!synced || rename(part, processing_path(processing, name)) != 0)
		return file_failed(processing, name, error);
	processing->advanced = true;
	return true;
}

bool processing_make(
    struct processing *processing, const struct making *making, struct error *error)
{
	const char *writes[] = {processing_part(processing, making->name), NULL};
	struct program program = {.arguments = making->arguments,
	    .writes = writes,
	    .cpu = making->cpu,
	    .line = making->line,
	    .line_context = making->context};

	return part_begin(processing, making->name, error) &&
	       processing_program(processing, &program, making->what, error);
}

bool processing_write(struct processing *processing, const char *name, const char *text, size_t len,
    struct error *error)
{
	FILE *out;
	bool good;

	if (!part_begin(processing, name, error))
		return false;
	out = fopen(processing_part(processing, name), "we");
	good = out != NULL && fwrite(text, 1, len, out) == len;
	if (out != NULL && fclose(out) != 0)
		good = false;
	return good || file_failed(processing, name, error);
}

static bool is_part(const char *name)
{
	static const char end[] = ".part";
	size_t len = strlen(name);

	return len >= sizeof end && strcmp(name + len - (sizeof end - 1), end) == 0;
}

static bool is_left_over(const void *context, const char *name)
{
	static const char parts[] = "segment-";
	const bool *with_parts = context;

	return is_part(name) || (*with_parts && strncmp(name, parts, sizeof parts - 1) == 0);
}

bool processing_sweep(struct processing *processing, bool parts, struct error *error)
{
	return recordings_sweep(processing->service->config.recordings_dir,
	    processing->archive.archive_id, is_left_over, &parts, error);
}
