/* A limit that processes share: each network has its own count, which time pays back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/rate_limit.h"

enum {
	BURST = 5,
};

#define SECRET "a secret of the service, 32 bytes"

static char folder[64], file[96];

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/confab-limit.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(file, sizeof file, "%s/limit", folder);
	return 0;
}

static int teardown(void **state)
{
	char lock[128];

	(void)state;
	snprintf(lock, sizeof lock, "%s.lock", file);
	unlink(lock);
	unlink(file);
	return rmdir(folder);
}

static void use_up(struct rate_limit *limit, const char *address)
{
	for (int i = 0; i < BURST; i++) {
		assert_int_equal(rate_limit_wait(limit, address), 0);
		rate_limit_count(limit, address);
	}
}

static void after_the_burst_a_network_waits_and_others_do_not(void **state)
{
	struct rate_limit *limit = rate_limit_open("", BURST, HOUR, SECRET);

	(void)state;
	use_up(limit, "192.0.2.1");
	assert_in_range(rate_limit_wait(limit, "192.0.2.1"), HOUR - MINUTE, HOUR);
	assert_int_equal(rate_limit_wait(limit, "192.0.2.2"), 0);
	assert_int_equal(rate_limit_wait(limit, NULL), 0);
	rate_limit_close(limit);
}

static void a_network_of_ipv6_has_64_bits(void **state)
{
	struct rate_limit *limit = rate_limit_open("", BURST, HOUR, SECRET);

	(void)state;
	use_up(limit, "2001:db8:0:1::1");
	assert_true(rate_limit_wait(limit, "2001:db8:0:1:ffff::2") > 0);
	assert_int_equal(rate_limit_wait(limit, "2001:db8:0:2::1"), 0);
	rate_limit_close(limit);
}

static void an_ipv4_address_may_be_written_as_ipv6(void **state)
{
	struct rate_limit *limit = rate_limit_open("", BURST, HOUR, SECRET);

	(void)state;
	use_up(limit, "::ffff:192.0.2.1");
	assert_true(rate_limit_wait(limit, "192.0.2.1") > 0);
	assert_int_equal(rate_limit_wait(limit, "::ffff:192.0.2.2"), 0);
	rate_limit_close(limit);
}

/* Counts in the file under another secret do not meet this network's. */
static void the_secret_chooses_which_networks_share_a_count(void **state)
{
	struct rate_limit *ours = rate_limit_open(file, BURST, HOUR, SECRET);
	struct rate_limit *theirs = rate_limit_open(file, BURST, HOUR, "another secret");

	(void)state;
	use_up(theirs, "192.0.2.1");
	assert_int_equal(rate_limit_wait(ours, "192.0.2.1"), 0);
	rate_limit_close(theirs);
	rate_limit_close(ours);
}

static void requests_without_an_address_share_a_count(void **state)
{
	struct rate_limit *limit = rate_limit_open("", BURST, HOUR, SECRET);

	(void)state;
	use_up(limit, NULL);
	assert_true(rate_limit_wait(limit, "") > 0);
	assert_true(rate_limit_wait(limit, "nonsense") > 0);
	rate_limit_close(limit);
}

static void time_pays_back(void **state)
{
	struct rate_limit *limit = rate_limit_open("", BURST, MILLISECOND, SECRET);
	int64_t until = clock_monotonic() + 10 * SECOND;

	(void)state;
	for (int i = 0; i < 2 * BURST; i++)
		rate_limit_count(limit, "192.0.2.1");
	while (rate_limit_wait(limit, "192.0.2.1") > 0)
		assert_true(clock_monotonic() < until);
	rate_limit_close(limit);
}

/* Another process counts in the same file. */
static void processes_share_the_counts(void **state)
{
	struct rate_limit *ours = rate_limit_open(file, BURST, HOUR, SECRET);
	pid_t child;
	int status;

	(void)state;
	child = fork();
	if (child == 0) {
		struct rate_limit *theirs = rate_limit_open(file, BURST, HOUR, SECRET);

		for (int i = 0; i < BURST; i++)
			rate_limit_count(theirs, "192.0.2.1");
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(rate_limit_wait(ours, "192.0.2.1") > 0);
	rate_limit_close(ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(after_the_burst_a_network_waits_and_others_do_not),
	    cmocka_unit_test(a_network_of_ipv6_has_64_bits),
	    cmocka_unit_test(an_ipv4_address_may_be_written_as_ipv6),
	    cmocka_unit_test_setup_teardown(
		the_secret_chooses_which_networks_share_a_count, setup, teardown),
	    cmocka_unit_test(requests_without_an_address_share_a_count),
	    cmocka_unit_test(time_pays_back),
	    cmocka_unit_test_setup_teardown(processes_share_the_counts, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
