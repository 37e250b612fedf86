/* confabctl tenants: assigns meetings without a tenant to a tenant. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "auth/principal.h"
#include "base/clock.h"
#include "ctl/ctl.h"
#include "service/tenants.h"

static const char usage[] =
    "Usage: confabctl tenants assign TENANT --created-by ACTOR [--dry-run]\n\n"
    "Assigns to TENANT the meetings that ACTOR has created and that have no tenant: from then\n"
    "on other tenants cannot see them. Invites to them still work. Meetings of another tenant\n"
    "stay as they are. Prints how many meetings it has assigned. It can be run again.\n\n"
    "  --created-by ACTOR  createdBy of the meetings; letter case counts\n"
    "  --dry-run           only count the meetings\n";

static int assign_run(const struct assignment *assignment)
{
	struct service service = {0};
	struct error error = {0};
	unsigned long long total;
	bool done;

	if (!ctl_config(&service.config))
		return 1;
	service_prepare_database(&service, TENANTS_STATEMENT_MAX);
	done = tenant_assign(&service, assignment, &total, &error);
	service_close(&service);
	if (total > 0 || done)
		printf("%s %llu meeting%s to the tenant %s\n",
		    assignment->dry_run ? "would assign" : "assigned", total, total == 1 ? "" : "s",
		    assignment->tenant);
	return done ? 0 : ctl_fail("tenants", &error);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"created-by", required_argument, NULL, 'c'},
	    {"dry-run", no_argument, NULL, 'd'}, {NULL, 0, NULL, 0}};
	struct assignment assignment = {0};

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'c':
			assignment.creator = optarg;
			break;
		case 'd':
			assignment.dry_run = true;
			break;
		default:
			return ctl_misuse("tenants");
		}
	}
	if (argc - optind != 2 || strcmp(argv[optind], "assign") != 0 || assignment.creator == NULL)
		return ctl_misuse("tenants");
	assignment.tenant = argv[optind + 1];
	if (!ctl_name_good(assignment.tenant, TENANT_MAX) ||
	    !ctl_name_good(assignment.creator, ACTOR_MAX)) {
		fputs(
		    "confabctl tenants: TENANT and ACTOR must be text of 1 to 255 bytes\n", stderr);
		return 2;
	}
	return assign_run(&assignment);
}

const struct subcommand subcommand_tenants = {
    .name = "tenants",
    .summary = "assign meetings without a tenant to a tenant",
    .usage = usage,
    .run = run,
};
