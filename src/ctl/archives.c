/* confabctl archives: lists uploads that are not done, tries one again, or verifies one. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "ctl/ctl.h"
#include "service/upload.h"

static const char usage[] =
    "Usage: confabctl archives\n"
    "       confabctl archives retry ID\n"
    "       confabctl archives verify ID\n\n"
    "Lists the recordings whose files are on their way to the storage or cannot get there, those\n"
    "that fail for the longest time first: id, status, how many of the files are uploaded, since\n"
    "when it fails and of what, and when it is tried again.\n\n"
    "  retry ID   try this recording's upload (or its removal from the storage) now, also after\n"
    "             it was given up\n"
    "  verify ID  read its files from the storage whole, and compare their bytes with what was\n"
    "             uploaded; the exit status is 1 when one differs. Stores charge for this\n";

static void time_print(const char *before, int64_t time)
{
	char text[DATE_TEXT_MAX];

	if (time != TIME_NONE)
		printf("  %s%s", before, date_format(time, text));
}

static void stuck_print(const struct stuck_archive *archive)
{
	printf("%s  %s  %" PRId64 " of %" PRId64 " files uploaded", archive->archive_id,
	    archive->status, archive->uploaded, archive->files);
	time_print("fails since ", archive->faulty_since);
	if (archive->given_up)
		printf("  given up");
	time_print("next try ", archive->next_try);
	putchar('\n');
	if (archive->fault != NULL)
		printf("    %s: %s\n", archive->fault,
		    archive->fault_text == NULL ? "" : archive->fault_text);
	else if (archive->last_error != NULL)
		printf("    %s\n", archive->last_error);
}

static bool list(struct service *service, struct arena *arena, struct error *error)
{
	struct stuck_archive *archives;
	size_t count;

	if (!uploads_list(service, arena, &archives, &count, error))
		return false;
	for (size_t i = 0; i < count; i++)
		stuck_print(&archives[i]);
	return true;
}

static void check_print(const struct upload_check *check)
{
	printf("%s  %" PRId64 " bytes  %s\n", check->file->path, check->file->size, check->says);
}

/* `*good` is false when a file is not as it should be. */
static bool act(struct service *service, const char *verb, const char *archive_id, bool *good,
    struct error *error)
{
	struct arena *arena = arena_new();
	bool done;

	*good = true;
	if (verb == NULL)
		done = list(service, arena, error);
	else if (strcmp(verb, "retry") == 0)
		done = upload_retry(service, arena, archive_id, error);
	else
		done = upload_verify(service, arena, archive_id, check_print, good, error);
	arena_free(arena);
	return done;
}

static int archives_run(const char *verb, const char *archive_id)
{
	struct service service = {0};
	struct error error = {0};
	bool good, done;

	if (!ctl_config(&service.config))
		return 1;
	done = service_prepare(&service, &error) && act(&service, verb, archive_id, &good, &error);
	service_close(&service);
	if (!done)
		return ctl_fail("archives", &error);
	return good ? 0 : 1;
}

static int run(int argc, char **argv)
{
	if (argc == 1)
		return archives_run(NULL, NULL);
	if (argc != 3 || (strcmp(argv[1], "retry") != 0 && strcmp(argv[1], "verify") != 0))
		return ctl_misuse("archives");
	return archives_run(argv[1], argv[2]);
}

const struct subcommand subcommand_archives = {
    .name = "archives",
    .summary = "list recordings whose upload is not done, try one again, or verify one",
    .usage = usage,
    .run = run,
};
