/* Counters that many processes share: the sums are right, and a process may be killed at any
 * moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/metrics.h"

static const char *const routes[] = {"POST /session", "GET /session/{meetingLinkId}/attendees"};
enum { ROUTES = 2 };

static struct arena *arena;
static char folder[64], file[96];

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	snprintf(folder, sizeof folder, "/tmp/confab-metrics.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(file, sizeof file, "%s/metrics", folder);
	return 0;
}

static int teardown(void **state)
{
	char lock[128];

	(void)state;
	metrics_close();
	snprintf(lock, sizeof lock, "%s.lock", file);
	unlink(lock);
	unlink(file);
	assert_int_equal(rmdir(folder), 0); /* no other file may be left */
	arena_free(arena);
	return 0;
}

static void opened(void)
{
	struct error error = {0};

	if (!metrics_open(file, &error))
		fail_msg("%s", error.message);
	metrics_routes(routes, ROUTES);
}

static void assert_line(const char *line)
{
	const char *text = metrics_text(arena);
	const char *at = strstr(text, arena_printf(arena, "\n%s\n", line));

	if (at == NULL)
		fail_msg("%s is not in\n%s", line, text);
}

static void assert_no_text(const char *text)
{
	if (strstr(metrics_text(arena), text) != NULL)
		fail_msg("%s is in\n%s", text, metrics_text(arena));
}

/* Runs `work` in another process and waits for it. */
static void elsewhere(void (*work)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		work();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void requests_are_counted_by_route_and_status(void **state)
{
	(void)state;
	opened();
	metrics_request(0, 200, 1);
	metrics_request(0, 200, 1);
	metrics_request(0, 422, 1);
	metrics_request(1, 503, 1);
	metrics_request(ROUTES, 404, 1);
	metrics_request(1, 299, 1);
	assert_line("confab_requests_total{method=\"POST\",route=\"/session\",status=\"200\"} 2");
	assert_line("confab_requests_total{method=\"POST\",route=\"/session\",status=\"422\"} 1");
	assert_line("confab_requests_total{method=\"GET\","
		    "route=\"/session/{meetingLinkId}/attendees\",status=\"503\"} 1");
	assert_line("confab_requests_total{method=\"GET\","
		    "route=\"/session/{meetingLinkId}/attendees\",status=\"other\"} 1");
	assert_line("confab_requests_total{method=\"\",route=\"none\",status=\"404\"} 1");
	assert_no_text("status=\"500\"");
}

static void the_fastest_event_shows_the_provider_s_clock(void **state)
{
	(void)state;
	opened();
	assert_no_text("confab_provider_clock_ahead_seconds -");
	assert_false(metrics_provider_clock(-30 * SECOND, 2 * SECOND));
	assert_line("confab_provider_clock_ahead_seconds -30.000000");
	assert_false(metrics_provider_clock(-10 * MILLISECOND, 2 * SECOND));
	assert_false(metrics_provider_clock(-60 * SECOND, 2 * SECOND));
	assert_line("confab_provider_clock_ahead_seconds -0.010000");
	assert_true(metrics_provider_clock(5 * SECOND, 2 * SECOND));
	assert_false(metrics_provider_clock(6 * SECOND, 2 * SECOND)); /* it is known already */
	assert_line("confab_provider_clock_ahead_seconds 6.000000");
}

static void durations_are_a_cumulative_histogram_in_seconds(void **state)
{
	static const char bucket[] =
	    "confab_request_duration_seconds_bucket{method=\"POST\",route=\"/session\",le=\"%s\"} %d";
	static const struct {
		const char *le;
		int count;
	} expected[] = {
	    {"0.001", 2}, {"0.0025", 3}, {"0.1", 3}, {"0.25", 4}, {"10", 5}, {"+Inf", 6}};

	(void)state;
	opened();
	metrics_request(0, 200, 0);
	metrics_request(0, 200, 1000); /* the bound of a bucket belongs to it */
	metrics_request(0, 500, 1001);
	metrics_request(0, 200, 200000);
	metrics_request(0, 200, 10000000);
	metrics_request(0, 200, 10000001);
	for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
		char line[200];

		snprintf(line, sizeof line, bucket, expected[i].le, expected[i].count);
		assert_line(line);
	}
	assert_line("confab_request_duration_seconds_sum{method=\"POST\",route=\"/session\"}"
		    " 20.202002");
	assert_line("confab_request_duration_seconds_count{method=\"POST\",route=\"/session\"} 6");
}

static void the_database_is_counted(void **state)
{
	(void)state;
	opened();
	for (int i = 0; i < 3; i++)
		metrics_count(METRICS_DB_RETRY);
	metrics_count(METRICS_DB_CONNECT);
	assert_line("confab_database_retries_total 3");
	assert_line("confab_database_connections_total 1");
	assert_line("confab_database_unavailable_total 0");
}

static void provider_calls_and_events_are_counted_by_name(void **state)
{
	(void)state;
	opened();
	metrics_provider_call("create", false);
	metrics_provider_call("create", true);
	metrics_provider_call("destroy", false);
	metrics_webhook_event("joined");
	metrics_webhook_event("joined");
	metrics_webhook_event("create"); /* events have a list of their own */
	assert_line("confab_provider_calls_total{operation=\"create\"} 2");
	assert_line("confab_provider_errors_total{operation=\"create\"} 1");
	assert_line("confab_provider_calls_total{operation=\"destroy\"} 1");
	assert_line("confab_provider_errors_total{operation=\"destroy\"} 0");
	assert_line("confab_webhook_events_total{event=\"joined\"} 2");
	assert_line("confab_webhook_events_total{event=\"create\"} 1");
}

static void names_beyond_the_table_are_counted_as_other(void **state)
{
	char name[24];

	(void)state;
	opened();
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < METRICS_KINDS_MAX + 9; i++) {
			snprintf(name, sizeof name, "kind-%d", i);
			metrics_webhook_event(name);
		}
	}
	assert_line("confab_webhook_events_total{event=\"kind-0\"} 2");
	assert_line("confab_webhook_events_total{event=\"kind-30\"} 2");
	assert_no_text("kind-31");
	assert_line("confab_webhook_events_total{event=\"other\"} 20");
}

/* Sets the state of a name's slot in the file. A killed process may leave any state. */
static void slot_state_set(const char *name, uint32_t slot_state)
{
	const size_t size = 1U << 20;
	char *bytes = arena_alloc(arena, size);
	int fd = open(file, O_RDWR);
	ssize_t len = pread(fd, bytes, size, 0);
	const char *at = memmem(bytes, (size_t)len, name, strlen(name));

	assert_non_null(at);
	at -= sizeof slot_state;
	assert_int_equal(pwrite(fd, &slot_state, sizeof slot_state, at - bytes), sizeof slot_state);
	close(fd);
}

static void a_name_with_two_slots_has_one_line_with_their_sum(void **state)
{
	enum { WRITING = 1, READY = 2 };

	(void)state;
	opened();
	metrics_provider_call("create", true);
	slot_state_set("create", WRITING);
	metrics_provider_call("create", true); /* it takes another slot */
	assert_line("confab_provider_errors_total{operation=\"create\"} 1");
	slot_state_set("create", READY);
	assert_line("confab_provider_errors_total{operation=\"create\"} 2");
	assert_line("confab_provider_calls_total{operation=\"create\"} 2");
	slot_state_set(routes[0], WRITING);
	metrics_routes(routes, ROUTES);
	metrics_request(0, 200, 1);
	slot_state_set(routes[0], READY);
	metrics_routes(routes, ROUTES);
	metrics_request(0, 200, 1);
	assert_line("confab_requests_total{method=\"POST\",route=\"/session\",status=\"200\"} 2");
}

static void labels_are_escaped(void **state)
{
	(void)state;
	opened();
	metrics_webhook_event("a\"b\\c\nd");
	assert_line("confab_webhook_events_total{event=\"a\\\"b\\\\c\\nd\"} 1");
}

static void the_text_is_what_prometheus_reads(void **state)
{
	static const char pattern[] =
	    "^(# HELP confab_[a-z_]+ [A-Z].*\\.|# TYPE confab_[a-z_]+ (counter|gauge|histogram)|"
	    "confab_[a-z_]+([{][a-z]+=\"([^\"\\]|\\\\.)*\"(,[a-z]+=\"([^\"\\]|\\\\.)*\")*[}])?"
	    " [0-9]+(\\.[0-9]+)?)$";
	char *text, *line;
	size_t lines = 0;
	regex_t regex;

	(void)state;
	opened();
	metrics_request(0, 200, 5);
	metrics_request(ROUTES, 404, 5);
	metrics_provider_call("create", true);
	metrics_webhook_event("a\"b");
	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	text = metrics_text(arena);
	assert_int_equal(text[strlen(text) - 1], '\n');
	while ((line = strsep(&text, "\n")) != NULL && *line != '\0') {
		lines++;
		if (regexec(&regex, line, 0, NULL, 0) != 0)
			fail_msg("%s", line);
	}
	assert_true(lines > 50);
	regfree(&regex);
}

static void without_a_file_a_process_counts_for_itself(void **state)
{
	struct error error = {0};

	(void)state;
	assert_true(metrics_open("", &error));
	metrics_count(METRICS_DB_RETRY);
	assert_line("confab_database_retries_total 1");
	metrics_worker_enter();
	assert_line("confab_workers 1");
}

static void before_opening_and_after_closing_nothing_happens(void **state)
{
	(void)state;
	metrics_count(METRICS_DB_RETRY);
	metrics_request(0, 200, 1);
	metrics_provider_call("create", true);
	metrics_webhook_event("joined");
	metrics_worker_enter();
	assert_string_equal(metrics_text(arena), "");
	opened();
	metrics_close();
	metrics_count(METRICS_DB_RETRY);
	opened();
	assert_line("confab_database_retries_total 0");
}

static void count_much(void)
{
	char name[24];

	for (int i = 0; i < 20000; i++) {
		metrics_request(0, 200, 1);
		snprintf(name, sizeof name, "kind-%d", i % 7);
		metrics_provider_call(name, i % 2);
	}
}

static void no_count_is_lost_between_processes(void **state)
{
	enum { PROCESSES = 4 };

	(void)state;
	opened();
	for (int i = 0; i < PROCESSES; i++) {
		if (fork() == 0) {
			count_much();
			_exit(0);
		}
	}
	for (int i = 0; i < PROCESSES; i++)
		assert_true(wait(NULL) > 0);
	assert_line(
	    "confab_requests_total{method=\"POST\",route=\"/session\",status=\"200\"} 80000");
	/* 20,000 = 7 × 2857 + 1: the first kind has one more. */
	assert_line("confab_provider_calls_total{operation=\"kind-0\"} 11432");
	assert_line("confab_provider_calls_total{operation=\"kind-6\"} 11428");
}

static void open_and_count(void)
{
	struct error error = {0};

	if (!metrics_open(file, &error))
		_exit(1);
	for (int i = 0; i < 100; i++)
		metrics_count(METRICS_DB_RETRY);
	metrics_close();
}

static void processes_that_start_together_share_one_file(void **state)
{
	enum { PROCESSES = 16, ROUNDS = 20 };

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		unlink(file);
		for (int i = 0; i < PROCESSES; i++) {
			if (fork() == 0) {
				open_and_count();
				_exit(0);
			}
		}
		for (int i = 0; i < PROCESSES; i++) {
			int status;

			assert_true(wait(&status) > 0);
			assert_int_equal(status, 0);
		}
		opened();
		assert_line("confab_database_retries_total 1600");
		metrics_close();
	}
}

static void counts_outlive_the_processes(void **state)
{
	(void)state;
	elsewhere(open_and_count);
	elsewhere(open_and_count);
	opened();
	assert_line("confab_database_retries_total 200");
}

static void open_with_other_routes(void)
{
	static const char *const other[] = {"POST /session", "GET /other"};
	struct error error = {0};

	if (!metrics_open(file, &error))
		_exit(1);
	metrics_routes(other, ROUTES);
	metrics_request(1, 200, 1);
	metrics_close();
}

static void programs_with_other_routes_share_one_file(void **state)
{
	(void)state;
	opened();
	metrics_request(1, 200, 1);
	elsewhere(open_with_other_routes);
	metrics_request(1, 200, 1);
	assert_line("confab_requests_total{method=\"GET\","
		    "route=\"/session/{meetingLinkId}/attendees\",status=\"200\"} 2");
	assert_line("confab_requests_total{method=\"GET\",route=\"/other\",status=\"200\"} 1");
}

static void a_process_without_routes_counts_beside_those_with_some(void **state)
{
	(void)state;
	opened();
	elsewhere(open_and_count);
	metrics_request(0, 200, 1);
	assert_line("confab_database_retries_total 100");
	assert_line("confab_requests_total{method=\"POST\",route=\"/session\",status=\"200\"} 1");
}

static void a_file_of_another_layout_is_replaced_and_old_processes_keep_theirs(void **state)
{
	int fd;

	(void)state;
	opened();
	metrics_count(METRICS_DB_RETRY);
	fd = open(file, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(unlink(file), 0);
	elsewhere(open_and_count); /* it makes a new file */
	assert_line("confab_database_retries_total 1");
	close(fd);
	metrics_close();
	fd = open(file, O_RDWR);
	assert_int_equal(pwrite(fd, "another layout", 14, 0), 14);
	close(fd);
	opened();
	assert_line("confab_database_retries_total 0");
}

static void a_file_of_another_program_is_replaced(void **state)
{
	static const off_t sizes[] = {0, 10, 1000000};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);

		assert_true(fd >= 0);
		assert_int_equal(ftruncate(fd, sizes[i]), 0);
		close(fd);
		opened();
		metrics_count(METRICS_DB_RETRY);
		assert_line("confab_database_retries_total 1");
		metrics_close();
	}
}

static void assert_cannot_use(const char *name)
{
	struct error error = {0};

	if (metrics_open(name, &error))
		_exit(1);
	if (strstr(error.message, "METRICS_FILE: cannot use ") == NULL ||
	    strstr(error.message, name) == NULL)
		_exit(2);
	error_clear(&error);
}

static void open_on_a_full_disk(void)
{
	const struct rlimit limit = {4096, 4096};

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		_exit(3);
	assert_cannot_use(file);
}

static void open_where_there_is_no_folder(void)
{
	assert_cannot_use("/nonexistent/folder/metrics");
}

static void open_with_an_endless_name(void)
{
	char name[6000];

	memset(name, 'x', sizeof name);
	name[0] = '/';
	name[sizeof name - 1] = '\0';
	{
		struct error error = {0};

		_exit(metrics_open(name, &error) || error.kind == ERROR_NONE);
	}
}

static void a_file_that_cannot_be_made_is_an_error_at_the_start(void **state)
{
	(void)state;
	elsewhere(open_where_there_is_no_folder);
	elsewhere(open_with_an_endless_name);
	elsewhere(open_on_a_full_disk); /* teardown() sees that no file is left */
}

/* Starts a worker, which runs until it is killed. Gives its process id after it has entered. */
static pid_t worker_start(void)
{
	int ends[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* it ends with the test, also after a failure */
		metrics_worker_enter();
		if (write(ends[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
	return child;
}

static void assert_workers(unsigned count)
{
	char line[64];

	snprintf(line, sizeof line, "confab_workers %u", count);
	assert_line(line);
}

static void workers_count_while_they_live(void **state)
{
	pid_t first, second;

	(void)state;
	opened();
	assert_workers(0);
	first = worker_start();
	second = worker_start();
	assert_workers(2);
	kill(first, SIGKILL);
	/* A process that has ended and waits for its parent is not a worker. */
	{
		siginfo_t info;

		assert_int_equal(waitid(P_PID, (id_t)first, &info, WEXITED | WNOWAIT), 0);
	}
	assert_workers(1);
	waitpid(first, NULL, 0);
	assert_workers(1);
	first = worker_start(); /* it takes the free slot */
	assert_workers(2);
	kill(first, SIGKILL);
	kill(second, SIGKILL);
	waitpid(first, NULL, 0);
	waitpid(second, NULL, 0);
	assert_workers(0);
}

/* The number of slots that workers have taken. They are the last numbers of the file. */
static int slots_taken(void)
{
	uint64_t slots[METRICS_WORKERS_MAX];
	int fd = open(file, O_RDONLY), count = 0;
	off_t size = lseek(fd, 0, SEEK_END);

	assert_int_equal(pread(fd, slots, sizeof slots, size - (off_t)sizeof slots), sizeof slots);
	close(fd);
	for (size_t i = 0; i < METRICS_WORKERS_MAX; i++)
		count += slots[i] != 0;
	return count;
}

static void slots_of_ended_workers_are_used_again(void **state)
{
	(void)state;
	opened();
	for (int i = 0; i < 20; i++) {
		pid_t worker = worker_start();

		assert_workers(1);
		kill(worker, SIGKILL);
		waitpid(worker, NULL, 0);
	}
	assert_int_equal(slots_taken(), 1);
	metrics_worker_enter();
	metrics_worker_enter(); /* the second call changes nothing */
	assert_int_equal(slots_taken(), 1);
	assert_workers(1);
	metrics_close();
	opened();
	assert_workers(0);
	assert_int_equal(slots_taken(), 0);
}

/* Counts the numbers of the file that have this process' id in the low 22 bits, and adds `more` to
 * each. */
static int marks_change(uint64_t more)
{
	const uint64_t mask = (1U << 22) - 1;
	int fd = open(file, O_RDWR), count = 0;
	uint64_t number;

	for (off_t at = 0; pread(fd, &number, sizeof number, at) == sizeof number;
	     at += (off_t)sizeof number) {
		if ((number & mask) != (uint64_t)getpid() || number <= mask)
			continue;
		assert_true(number >> 22 > 1); /* the time of the start, in ticks */
		number += more;
		assert_int_equal(pwrite(fd, &number, sizeof number, at), sizeof number);
		count++;
	}
	close(fd);
	return count;
}

static void a_process_id_that_is_used_again_is_not_the_worker(void **state)
{
	(void)state;
	opened();
	metrics_worker_enter();
	assert_workers(1);
	/* Now the worker looks like a process that started one tick later. */
	assert_int_equal(marks_change(1U << 22), 1);
	assert_workers(0);
	metrics_worker_enter(); /* it takes that slot again */
	assert_workers(1);
	assert_int_equal(marks_change(0), 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(requests_are_counted_by_route_and_status),
	    TEST(durations_are_a_cumulative_histogram_in_seconds),
	    TEST(the_database_is_counted),
	    TEST(the_fastest_event_shows_the_provider_s_clock),
	    TEST(provider_calls_and_events_are_counted_by_name),
	    TEST(names_beyond_the_table_are_counted_as_other),
	    TEST(a_name_with_two_slots_has_one_line_with_their_sum),
	    TEST(labels_are_escaped),
	    TEST(the_text_is_what_prometheus_reads),
	    TEST(without_a_file_a_process_counts_for_itself),
	    TEST(before_opening_and_after_closing_nothing_happens),
	    TEST(no_count_is_lost_between_processes),
	    TEST(processes_that_start_together_share_one_file),
	    TEST(counts_outlive_the_processes),
	    TEST(programs_with_other_routes_share_one_file),
	    TEST(a_process_without_routes_counts_beside_those_with_some),
	    TEST(a_file_of_another_layout_is_replaced_and_old_processes_keep_theirs),
	    TEST(a_file_of_another_program_is_replaced),
	    TEST(a_file_that_cannot_be_made_is_an_error_at_the_start),
	    TEST(workers_count_while_they_live),
	    TEST(slots_of_ended_workers_are_used_again),
	    TEST(a_process_id_that_is_used_again_is_not_the_worker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
