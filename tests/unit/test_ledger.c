/* What the gate remembers by itself: found again after a restart, forgotten after a day. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "gate/ledger.h"

enum {
	LINE_BYTES = 46, /* of a line, with a time of ten digits */
	MANY = 10001,    /* lines, so many that the file is written anew when it doubles */
};

static char folder[] = "/tmp/confab-ledger-XXXXXX";
static char path[sizeof folder + sizeof "/ledger"];
static struct config config = {.gate_secret = "0123456789abcdef0123456789abcdef"};
static struct gate gate = {.config = &config};

static int setup(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/ledger", folder);
	config.gate_state_dir = folder;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static int arena_setup(void **state)
{
	(void)state;
	gate.arena = arena_new();
	return 0;
}

static int arena_teardown(void **state)
{
	(void)state;
	arena_free(gate.arena);
	unlink(path);
	return 0;
}

static struct ledger *open_ledger(void)
{
	struct error error = {0};
	struct ledger *ledger = ledger_open(&gate, &error);

	assert_non_null(ledger);
	return ledger;
}

static off_t file_bytes(void)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_size;
}

static void the_last_entry_counts_also_after_a_restart(void **state)
{
	struct ledger *ledger = open_ledger();

	(void)state;
	ledger_note(ledger, LEDGER_ADMITTED, "room", "ann");
	ledger_note(ledger, LEDGER_ADMITTED, "room", "bob");
	ledger_note(ledger, LEDGER_REMOVED, "room", "bob");
	ledger_note(ledger, LEDGER_ENDED, "other", NULL);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ledger_find(ledger, "room", "ann"), LEDGER_ADMITTED);
		assert_int_equal(ledger_find(ledger, "room", "bob"), LEDGER_REMOVED);
		assert_int_equal(ledger_find(ledger, "room", "cleo"), LEDGER_NONE);
		assert_int_equal(ledger_find(ledger, "other", "ann"), LEDGER_ENDED);
		ledger_close(ledger);
		ledger = open_ledger();
	}
	ledger_close(ledger);
}

static void lines_that_are_old_or_broken_are_left_out(void **state)
{
	FILE *file = fopen(path, "w");
	struct ledger *ledger;

	(void)state;
	assert_non_null(file);
	fprintf(file, "A %" PRId64 " %032d\n", (clock_now() - 25 * HOUR) / SECOND, 1);
	fprintf(file, "X %" PRId64 " %032d\n", clock_now() / SECOND, 2);
	fprintf(file, "A 99999999999999999 %032d\n", 3);
	fprintf(file, "A %" PRId64 " 0123", clock_now() / SECOND);
	fclose(file);
	ledger = open_ledger();
	assert_int_equal(file_bytes(), 0);
	ledger_close(ledger);
}

/* Entries that never come again must not stay: else file and memory grow for ever. */
static void what_is_older_than_a_day_goes_while_the_gate_runs(void **state)
{
	int64_t expires = clock_now() / SECOND + 2;
	FILE *file = fopen(path, "w");
	struct ledger *ledger;
	char name[16];

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < MANY; i++)
		fprintf(file, "A %" PRId64 " %032d\n", expires - 24 * 3600, i);
	fclose(file);
	ledger = open_ledger();
	assert_int_equal(file_bytes(), MANY * LINE_BYTES);
	while (clock_now() <= (expires + 1) * SECOND)
		usleep(10000);
	for (int i = 0; i < MANY + 1; i++) {
		snprintf(name, sizeof name, "%d", i);
		ledger_note(ledger, LEDGER_ADMITTED, "room", name);
		arena_reset(gate.arena);
	}
	assert_int_equal(file_bytes(), (MANY + 1) * LINE_BYTES);
	assert_int_equal(ledger_find(ledger, "room", "0"), LEDGER_ADMITTED);
	ledger_close(ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		the_last_entry_counts_also_after_a_restart, arena_setup, arena_teardown),
	    cmocka_unit_test_setup_teardown(
		lines_that_are_old_or_broken_are_left_out, arena_setup, arena_teardown),
	    cmocka_unit_test_setup_teardown(
		what_is_older_than_a_day_goes_while_the_gate_runs, arena_setup, arena_teardown),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
