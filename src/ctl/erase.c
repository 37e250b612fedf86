/* confabctl erase: takes a person's identity out of all meetings of a tenant. */
#include <getopt.h>
#include <stdio.h>

#include "auth/principal.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "ctl/ctl.h"
#include "meeting/meeting.h"
#include "service/erasure.h"

static const char usage[] =
    "Usage: confabctl erase ATTENDEE --tenant TENANT|--no-tenant\n\n"
    "Erases the identity of a person from the meetings of one tenant, or from meetings without\n"
    "a tenant. The rows stay, with a pseudonym; each meeting has another one. Jobs delete the\n"
    "person's own track files. Composed files stay: this prints their archives. A meeting must\n"
    "have ended an hour ago or earlier; if one has not, the exit status is 1: run this again\n"
    "later. Log files and backups do not change.\n\n"
    "  --tenant TENANT  meetings of this tenant\n"
    "  --no-tenant      meetings without a tenant\n";

static void composed_print(const char *archive_id)
{
	printf("not changed: the composed files of the archive %s\n", archive_id);
}

static int erase(struct service *service, struct erasure_everywhere *everywhere)
{
	enum { REQUEST_ID = 16 };
	char request_id[REQUEST_ID + 1];
	struct error error = {0};
	bool done;

	random_id(request_id, REQUEST_ID);
	done = erasure_run_everywhere(service,
	    &(struct act){.actor = "confabctl", .request_id = request_id, .at = clock_now()},
	    everywhere, &error);
	printf("erased from %llu meeting%s\n", everywhere->meetings,
	    everywhere->meetings == 1 ? "" : "s");
	if (!done)
		return ctl_fail("erase", &error);
	if (everywhere->waiting == 0)
		return 0;
	fprintf(stderr,
	    "confabctl erase: %llu more meeting%s not ended an hour ago or earlier; run this"
	    " again later\n",
	    everywhere->waiting, everywhere->waiting == 1 ? " has" : "s have");
	return 1;
}

static int erase_run(struct erasure_everywhere *everywhere)
{
	struct service service = {0};
	struct error error = {0};
	int status;

	if (!ctl_config(&service.config))
		return 1;
	if (service_prepare(&service, &error))
		status = erase(&service, everywhere);
	else
		status = ctl_fail("erase", &error);
	service_close(&service);
	return status;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"tenant", required_argument, NULL, 't'},
	    {"no-tenant", no_argument, NULL, 'n'}, {NULL, 0, NULL, 0}};
	struct erasure_everywhere everywhere = {.composed = composed_print};
	bool no_tenant = false;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 't':
			everywhere.tenant = optarg;
			break;
		case 'n':
			no_tenant = true;
			break;
		default:
			return ctl_misuse("erase");
		}
	}
	if (argc - optind != 1 || no_tenant == (everywhere.tenant != NULL))
		return ctl_misuse("erase");
	everywhere.attendee = argv[optind];
	if (!ctl_name_good(everywhere.attendee, ATTENDEE_MAX) ||
	    (!no_tenant && !ctl_name_good(everywhere.tenant, TENANT_MAX))) {
		fputs(
		    "confabctl erase: ATTENDEE must be text of 1 to 1000 bytes, TENANT of 1 to 255\n",
		    stderr);
		return 2;
	}
	return erase_run(&everywhere);
}

const struct subcommand subcommand_erase = {
    .name = "erase",
    .summary = "take a person's identity out of meetings",
    .usage = usage,
    .run = run,
};
