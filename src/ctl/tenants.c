/* confabctl tenants: gives meetings without a tenant to a tenant. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "auth/principal.h"
#include "base/arena.h"
#include "base/clock.h"
#include "ctl/ctl.h"
#include "store/db.h"
#include "store/meetings.h"

enum {
	BATCH = 1000, /* meetings of one transaction */
};

static const char usage[] =
    "Usage: confabctl tenants assign TENANT --created-by ACTOR [--dry-run]\n\n"
    "Assigns to TENANT the meetings that ACTOR has created and that have no tenant: from then\n"
    "on other tenants cannot see them. Invites to them still work. Meetings of another tenant\n"
    "stay as they are. Prints how many meetings it has assigned. It can be run again.\n\n"
    "  --created-by ACTOR  createdBy of the meetings; letter case counts\n"
    "  --dry-run           only count the meetings\n";

struct assignment {
	const char *tenant;
	const char *creator;
	bool dry_run;
	struct arena *arena;
	int64_t after; /* the last id of the batch before */
	int64_t *ids;  /* of the batch */
	size_t count;
};

static enum db_outcome batch_find(struct db *db, void *context)
{
	struct assignment *work = context;

	return meetings_unassigned(
	    db, work->arena, work->creator, work->after, BATCH, &work->ids, &work->count);
}

static enum db_outcome batch_assign(struct db *db, void *context)
{
	const struct assignment *work = context;

	return meetings_assign(
	    db, work->creator, work->ids[0], work->ids[work->count - 1], work->tenant);
}

/* Works in batches, so that no transaction locks many rows. `*total` is the number of meetings. */
static bool assign(
    struct db *db, struct assignment *work, unsigned long long *total, struct error *error)
{
	*total = 0;
	do {
		arena_reset(work->arena);
		db_deadline_start(db);
		if (!db_run_plain(db, batch_find, work, error))
			return false;
		if (work->count == 0)
			break;
		if (!work->dry_run && !db_run_plain(db, batch_assign, work, error))
			return false;
		work->after = work->ids[work->count - 1];
		*total += work->count;
	} while (work->count == BATCH);
	return true;
}

static int assign_run(struct assignment *work)
{
	struct config config;
	struct error error = {0};
	unsigned long long total = 0;
	struct db *db;
	bool done;

	if (!ctl_config(&config))
		return 1;
	work->arena = arena_new();
	db = db_new(&config);
	/* The first batch may read the whole table. */
	db_statement_limit(db, HOUR);
	done = assign(db, work, &total, &error);
	db_free(db);
	arena_free(work->arena);
	config_free(&config);
	if (total > 0 || done)
		printf("%s %llu meeting%s to the tenant %s\n",
		    work->dry_run ? "would assign" : "assigned", total, total == 1 ? "" : "s",
		    work->tenant);
	return done ? 0 : ctl_fail("tenants", &error);
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {{"created-by", required_argument, NULL, 'c'},
	    {"dry-run", no_argument, NULL, 'd'}, {NULL, 0, NULL, 0}};
	struct assignment work = {0};

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'c':
			work.creator = optarg;
			break;
		case 'd':
			work.dry_run = true;
			break;
		default:
			return ctl_misuse("tenants");
		}
	}
	if (argc - optind != 2 || strcmp(argv[optind], "assign") != 0 || work.creator == NULL)
		return ctl_misuse("tenants");
	work.tenant = argv[optind + 1];
	if (!ctl_name_good(work.tenant, TENANT_MAX) || !ctl_name_good(work.creator, ACTOR_MAX)) {
		fputs(
		    "confabctl tenants: TENANT and ACTOR must be text of 1 to 255 bytes\n", stderr);
		return 2;
	}
	return assign_run(&work);
}

const struct subcommand subcommand_tenants = {
    .name = "tenants",
    .summary = "assign meetings without a tenant to a tenant",
    .usage = usage,
    .run = run,
};
