/* confabctl archives: lists recordings that are not finished, tries one again, or verifies one. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "ctl/ctl.h"
#include "service/processing.h"
#include "service/upload.h"

static const char usage[] =
    "Usage: confabctl archives\n"
    "       confabctl archives retry ID\n"
    "       confabctl archives verify ID\n\n"
    "Lists the recordings that are not finished. First those without a result, the oldest first:\n"
    "id, status, how far the work is, since when it waits, how many tries have failed, and when it\n"
    "is tried again; and why. Then those whose files are on their way to the storage or cannot get\n"
    "there, those that fail for the longest time first: how many of the files are uploaded, since\n"
    "when it fails and of what.\n\n"
    "  retry ID   try this recording again now, also after it was given up or has failed: its\n"
    "             processing, its upload, or its removal from the storage\n"
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

static void waiting_print(const struct waiting_archive *archive)
{
	printf("%s  %s", archive->archive_id, archive->status);
	if (archive->progress >= 0)
		printf("  %d %%", archive->progress);
	time_print("stopped ", archive->stopped_at);
	if (archive->failures > 0)
		printf("  tries that failed: %" PRId64, archive->failures);
	if (archive->running)
		printf("  in work");
	else if (archive->next_try == TIME_NONE)
		printf("  not tried again");
	else
		time_print("next try ", archive->next_try);
	putchar('\n');
	if (archive->reason != NULL)
		printf("    %s\n", archive->reason);
	if (archive->last_error != NULL)
		printf("    %s\n", archive->last_error);
}

static bool list(struct service *service, struct arena *arena, struct error *error)
{
	struct waiting_archive *waiting;
	struct stuck_archive *archives;
	size_t waiting_count, count;

	if (!processing_list(service, arena, &waiting, &waiting_count, error) ||
	    !uploads_list(service, arena, &archives, &count, error))
		return false;
	for (size_t i = 0; i < waiting_count; i++)
		waiting_print(&waiting[i]);
	for (size_t i = 0; i < count; i++)
		stuck_print(&archives[i]);
	return true;
}

/* What has no result is processed; what has one is uploaded or removed. */
static bool retry(
    struct service *service, struct arena *arena, const char *archive_id, struct error *error)
{
	bool done;

	return processing_retry(service, arena, archive_id, &done, error) &&
	       (done || upload_retry(service, arena, archive_id, error));
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
		done = retry(service, arena, archive_id, error);
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
    .summary = "list recordings that are not finished, try one again, or verify one",
    .usage = usage,
    .run = run,
};
