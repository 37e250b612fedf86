/* A result that processes share: readers get it complete or not at all, and one process at a time
 * finds it out. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/shared_result.h"

static char folder[64], file[96];
static struct shared_result *ours;

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/confab-result.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(file, sizeof file, "%s/result", folder);
	ours = shared_result_open(file);
	return 0;
}

static int teardown(void **state)
{
	char lock[128];

	(void)state;
	shared_result_close(ours);
	snprintf(lock, sizeof lock, "%s.lock", file);
	unlink(lock);
	unlink(file);
	return rmdir(folder);
}

/* Runs `work` in another process, which opens the file itself. Gives its result. */
static int elsewhere(int (*work)(struct shared_result *theirs))
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(work(shared_result_open(file)));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int has_seven(struct shared_result *theirs)
{
	int value = 0;

	return shared_result_get(theirs, &value, sizeof value, MINUTE) && value == 7;
}

static int claims(struct shared_result *theirs)
{
	return shared_result_claim(theirs, MINUTE);
}

static int claims_for_a_moment_and_dies(struct shared_result *theirs)
{
	return shared_result_claim(theirs, 1);
}

static void others_get_the_result_of_one_process(void **state)
{
	const int seven = 7;

	(void)state;
	assert_false(elsewhere(has_seven));
	shared_result_put(ours, &seven, sizeof seven);
	assert_true(elsewhere(has_seven));
}

static void an_old_result_counts_as_absent(void **state)
{
	int64_t put_at;
	int value = 7;

	(void)state;
	shared_result_put(ours, &value, sizeof value);
	put_at = clock_monotonic();
	while (clock_monotonic() < put_at + 2 * MILLISECOND)
		continue;
	assert_false(shared_result_get(ours, &value, sizeof value, MILLISECOND));
	assert_true(shared_result_get(ours, &value, sizeof value, HOUR));
}

static void one_process_at_a_time_finds_it_out(void **state)
{
	const int seven = 7;

	(void)state;
	assert_true(shared_result_claim(ours, MINUTE));
	assert_false(shared_result_claim(ours, MINUTE));
	assert_false(elsewhere(claims));
	shared_result_put(ours, &seven, sizeof seven);
	assert_true(elsewhere(claims));
	assert_false(shared_result_claim(ours, MINUTE));
}

static void the_claim_of_a_killed_process_ends(void **state)
{
	(void)state;
	assert_true(elsewhere(claims_for_a_moment_and_dies));
	assert_true(shared_result_claim(ours, MINUTE));
}

/* All bytes of a value are equal, so a mixture of two values is seen. The pauses have different
 * lengths, so that a reader sometimes gets a value and sometimes meets a writer. */
static int puts_many(struct shared_result *theirs)
{
	enum { PAUSE_MAX = 32 };
	unsigned char value[SHARED_RESULT_MAX];
	int64_t limit = clock_monotonic() + MINUTE;

	for (int i = 0; clock_monotonic() < limit; i++) {
		int64_t pause_until;

		memset(value, i % 251, sizeof value);
		shared_result_put(theirs, value, sizeof value);
		pause_until = clock_monotonic() + i % PAUSE_MAX;
		while (clock_monotonic() < pause_until)
			continue;
	}
	return 0;
}

static void nobody_gets_half_a_result(void **state)
{
	enum { ENOUGH = 5000 };
	unsigned char value[SHARED_RESULT_MAX];
	pid_t child = fork();
	int status, got = 0;

	(void)state;
	if (child == 0)
		_exit(puts_many(shared_result_open(file)));
	while (got < ENOUGH && waitpid(child, &status, WNOHANG) == 0) {
		if (!shared_result_get(ours, value, sizeof value, HOUR))
			continue;
		got++;
		for (size_t i = 1; i < sizeof value; i++)
			assert_int_equal(value[i], value[0]);
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	assert_int_equal(got, ENOUGH);
}

static void without_a_file_each_process_has_its_own(void **state)
{
	struct shared_result *own = shared_result_open("");
	int value = 7;

	(void)state;
	shared_result_put(own, &value, sizeof value);
	assert_true(shared_result_get(own, &value, sizeof value, MINUTE));
	assert_false(elsewhere(has_seven));
	shared_result_close(own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(others_get_the_result_of_one_process, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_old_result_counts_as_absent, setup, teardown),
	    cmocka_unit_test_setup_teardown(one_process_at_a_time_finds_it_out, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_claim_of_a_killed_process_ends, setup, teardown),
	    cmocka_unit_test_setup_teardown(nobody_gets_half_a_result, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		without_a_file_each_process_has_its_own, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
