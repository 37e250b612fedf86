/* Folders of recordings: deleted whole, also while a maker of files still writes there. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive/recordings.h"

#define ROUNDS 500
#define FILES  200

/* What a maker does: it has the folder open, and adds files until the folder is gone. */
static void write_files(int folder)
{
	char name[32];

	for (int i = 0; i < FILES; i++) {
		int file;

		snprintf(name, sizeof name, "segment-%d.mp4", i);
		file = openat(folder, name, O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
		if (file < 0)
			return;
		close(file);
	}
}

static pid_t start_maker(const char *path)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pid_t maker;

	assert_true(folder >= 0);
	maker = fork();
	if (maker == 0) {
		write_files(folder);
		_exit(0);
	}
	assert_true(maker > 0);
	close(folder);
	return maker;
}

static void a_folder_is_deleted_while_somebody_writes_there(void **state)
{
	char dir[] = "/tmp/confab-recordings-XXXXXX", path[sizeof dir + 8];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/a", dir);
	for (int i = 0; i < ROUNDS; i++) {
		struct error error = {0};
		bool found = false;
		pid_t maker;

		assert_int_equal(mkdir(path, S_IRWXU), 0);
		maker = start_maker(path);
		assert_true(recordings_delete(dir, "a", &found, &error));
		assert_true(found);
		assert_int_equal(waitpid(maker, NULL, 0), maker);
		assert_int_not_equal(access(path, F_OK), 0);
	}
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_folder_is_deleted_while_somebody_writes_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
