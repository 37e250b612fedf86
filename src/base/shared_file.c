/* Memory that all processes of an installation share: a mapped file. */
#include "base/shared_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned char *file_map(int fd, size_t size)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return map == MAP_FAILED ? NULL : map;
}

/* Root may run a command before the service has ever run. The files that it makes then belong to
 * the owner of the folder, which is the service's user. */
static void owner_follow(int fd, const char *file)
{
	const char *slash = strrchr(file, '/');
	char folder[4096];
	struct stat status;

	if (geteuid() != 0 || slash == NULL || (size_t)(slash - file) >= sizeof folder)
		return;
	memcpy(folder, file, (size_t)(slash - file));
	folder[slash - file] = '\0';
	/* When this fails, the service says later that it cannot use the file. */
	if (stat(slash == file ? "/" : folder, &status) == 0 &&
	    fchown(fd, status.st_uid, status.st_gid) != 0)
		return;
}

/* Makes a complete file under another name, then renames it. Processes that use the old file keep
 * it until they end. */
static unsigned char *file_make(const char *file, size_t size, const unsigned char *layout)
{
	char name[4096];
	unsigned char *map = NULL;
	int fd;

	if ((size_t)snprintf(name, sizeof name, "%s.XXXXXX", file) >= sizeof name) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return NULL;
	owner_follow(fd, file);
	/* Allocate the blocks now: a full disk gives an error here, not a SIGBUS later. */
	errno = posix_fallocate(fd, 0, (off_t)size);
	if (errno == 0)
		map = file_map(fd, size);
	if (map != NULL) {
		memcpy(map, layout, SHA256_SIZE);
		if (rename(name, file) != 0) {
			munmap(map, size);
			map = NULL;
		}
	}
	if (map == NULL)
		unlink(name);
	close(fd);
	return map;
}

/* Maps the existing file if it has this layout. */
static unsigned char *file_use(const char *file, size_t size, const unsigned char *layout)
{
	int fd = open(file, O_RDWR | O_CLOEXEC);
	unsigned char *map = NULL;
	struct stat status;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) == 0 && status.st_size == (off_t)size)
		map = file_map(fd, size);
	close(fd);
	if (map != NULL && memcmp(map, layout, SHA256_SIZE) != 0) {
		munmap(map, size);
		map = NULL;
	}
	return map;
}

/* Several workers may start at the same time. The lock lets one of them make the file. */
static unsigned char *file_open(const char *file, size_t size, const unsigned char *layout)
{
	char name[4096];
	unsigned char *map = file_use(file, size, layout);
	int lock;

	if (map != NULL)
		return map;
	if ((size_t)snprintf(name, sizeof name, "%s.lock", file) >= sizeof name) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		return NULL;
	owner_follow(lock, name);
	if (flock(lock, LOCK_EX) == 0) {
		map = file_use(file, size, layout);
		if (map == NULL)
			map = file_make(file, size, layout);
	}
	close(lock);
	return map;
}

void *shared_file_map(const char *file, size_t size, const unsigned char layout[static SHA256_SIZE])
{
	void *map;

	if (*file != '\0')
		return file_open(file, size, layout);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return map == MAP_FAILED ? NULL : map;
}
