/* The files of recordings: RECORDINGS_DIR/<archive id>/….mjr. Janus writes them. */
#include "archive/recordings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "meeting/track_name.h"

const char *recordings_host(const struct config *config)
{
	if (*config->recordings_host != '\0')
		return config->recordings_host;
	return *config->recordings_dir == '\0' ? NULL : config->host_name;
}

bool recordings_here(const struct config *config)
{
	return *config->recordings_dir != '\0' &&
	       strcmp(recordings_host(config), config->host_name) == 0;
}

bool recordings_settled(const struct config *config, const char *kept_by, bool found)
{
	return recordings_here(config) &&
	       (found || kept_by == NULL || strcmp(kept_by, config->host_name) == 0);
}

const char *recordings_delete_host(const struct config *config, const char *kept_by)
{
	const char *host = config->recordings_host;

	/* RECORDINGS_HOST may have changed since. */
	return *host == '\0' || (kept_by != NULL && strcmp(kept_by, host) != 0) ? NULL : host;
}

/* A maker of files may still be at work; it ends when it finds its folder gone. */
#define DELETE_TRIES 1000

/* The id of an archive is the name of a folder, so it must not be a path. */
static bool id_is_name(const char *id)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	size_t len = strlen(id);

	return len > 0 && strspn(id, allowed) == len;
}

void recordings_prepare(const char *dir, const char *archive_id)
{
	/* The folder gets the group of `dir`, which has the set-group-id bit. */
	const mode_t mode = S_ISGID | S_IRWXU | S_IRWXG;
	int parent;

	if (!id_is_name(archive_id))
		return;
	parent = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return;
	/* mkdir() obeys the umask, so chmod follows. When this fails, Janus makes the folder in its
	 * own way. */
	if (mkdirat(parent, archive_id, mode) == 0 && fchmodat(parent, archive_id, mode, 0) != 0)
		unlinkat(parent, archive_id, AT_REMOVEDIR);
	close(parent);
}

/* Opens the archive's folder below `dir`; -1 with errno. */
static int folder_open(const char *dir, const char *archive_id, int *parent)
{
	int folder;

	*parent = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*parent < 0)
		return -1;
	folder = openat(*parent, archive_id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0) {
		int saved = errno;

		close(*parent);
		errno = saved;
	}
	return folder;
}

static bool cannot(struct error *error)
{
	return error_set(error, ERROR_UNAVAILABLE, "The recording's files cannot be removed: %s.",
	    strerror(errno));
}

/* Is it a track of a participant whose id begins with `prefix`? Janus names the files
 * "videoroom-<room>-user-<id>-<time>-<kind>-<number>.mjr", and what is made of them is "<id>.webm".
 */
static bool track_is_of(const char *file, const char *prefix)
{
	static const char mark[] = "-user-";

	if (strncmp(file, prefix, strlen(prefix)) == 0)
		return true;
	for (const char *at = file; (at = strstr(at, mark)) != NULL; at++) {
		if (strncmp(at + sizeof mark - 1, prefix, strlen(prefix)) == 0)
			return true;
	}
	return false;
}

/* Deletes all files, or the tracks of some participants (`prefix` is not NULL). Closes `folder`. */
static bool files_delete(int folder, const char *prefix, struct error *error)
{
	DIR *listing = fdopendir(folder);
	const struct dirent *entry;
	bool done = true;

	if (listing == NULL) {
		close(folder);
		return cannot(error);
	}
	while (done && (entry = readdir(listing)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (prefix != NULL && !track_is_of(entry->d_name, prefix))
			continue;
		if (unlinkat(dirfd(listing), entry->d_name, 0) != 0 && errno != ENOENT)
			done = cannot(error);
	}
	closedir(listing);
	return done;
}

/* Deletes the files that the folder has now, and the folder. `again` says that a file came in
 * between: file systems have two errors for it. */
static bool folder_delete(
    int parent, const char *archive_id, int folder, bool *again, struct error *error)
{
	*again = false;
	if (!files_delete(folder, NULL, error))
		return false;
	if (unlinkat(parent, archive_id, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return true;
	*again = errno == ENOTEMPTY || errno == EEXIST;
	return cannot(error);
}

bool recordings_delete(const char *dir, const char *archive_id, bool *found, struct error *error)
{
	*found = false;
	if (*dir == '\0' || !id_is_name(archive_id))
		return true; /* no folder has such a name */
	for (int try = 1;; try++) {
		int parent, folder = folder_open(dir, archive_id, &parent);
		bool again, done;

		if (folder < 0)
			return errno == ENOENT || cannot(error);
		*found = true;
		done = folder_delete(parent, archive_id, folder, &again, error);
		close(parent);
		if (done || !again || try == DELETE_TRIES)
			return done;
		error_clear(error);
	}
}

bool recordings_tracks_delete(
    const char *dir, const char *archive_id, const char *prefix, bool *found, struct error *error)
{
	int parent, folder;

	*found = false;
	if (*dir == '\0' || !id_is_name(archive_id))
		return true;
	folder = folder_open(dir, archive_id, &parent);
	if (folder < 0)
		return errno == ENOENT || cannot(error);
	close(parent);
	*found = true;
	return files_delete(folder, prefix, error);
}

static bool path_is_name(const char *path)
{
	return *path != '\0' && *path != '.' && strchr(path, '/') == NULL;
}

int recordings_file_open(const char *dir, const char *archive_id, const char *path)
{
	int parent, folder, fd;
	struct stat status;

	errno = EINVAL;
	if (*dir == '\0' || !id_is_name(archive_id) || !path_is_name(path))
		return -1;
	folder = folder_open(dir, archive_id, &parent);
	if (folder < 0)
		return -1;
	close(parent);
	/* Janus writes into the folder too: a link or a pipe there is not followed. */
	fd = openat(folder, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	close(folder);
	if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

bool recordings_file_delete(
    const char *dir, const char *archive_id, const char *path, struct error *error)
{
	int parent, folder;
	bool done;

	if (*dir == '\0' || !id_is_name(archive_id) || !path_is_name(path))
		return true;
	folder = folder_open(dir, archive_id, &parent);
	if (folder < 0)
		return errno == ENOENT || cannot(error);
	done = unlinkat(folder, path, 0) == 0 || errno == ENOENT || cannot(error);
	close(folder);
	/* Fails while other files are there. */
	unlinkat(parent, archive_id, AT_REMOVEDIR);
	close(parent);
	return done;
}

const char *recordings_folder(struct arena *arena, const char *dir, const char *archive_id)
{
	char path[PATH_MAX];
	struct stat status;

	if (*dir == '\0' || !id_is_name(archive_id) || realpath(dir, path) == NULL)
		return NULL;
	dir = arena_printf(arena, "%s/%s", path, archive_id);
	return lstat(dir, &status) == 0 && S_ISDIR(status.st_mode) ? dir : NULL;
}

bool recordings_sweep(const char *dir, const char *archive_id,
    bool (*unwanted)(const void *context, const char *name), const void *context,
    struct error *error)
{
	const struct dirent *entry;
	bool done = true;
	int parent, folder;
	DIR *listing;

	if (*dir == '\0' || !id_is_name(archive_id))
		return true;
	folder = folder_open(dir, archive_id, &parent);
	if (folder < 0)
		return errno == ENOENT || cannot(error);
	listing = fdopendir(folder);
	if (listing == NULL) {
		done = cannot(error);
		close(folder);
	}
	while (done && listing != NULL && (entry = readdir(listing)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    unwanted(context, entry->d_name))
			done = unlinkat(folder, entry->d_name, 0) == 0 || errno == ENOENT ||
			       cannot(error);
	}
	if (listing != NULL)
		closedir(listing);
	unlinkat(parent, archive_id, AT_REMOVEDIR); /* fails while other files are there */
	close(parent);
	return done;
}

int64_t recordings_written(const char *dir, const char *archive_id)
{
	static const char end[] = ".mjr.tmp";
	int64_t newest = TIME_NONE;
	const struct dirent *entry;
	int parent, folder;
	DIR *listing;

	if (*dir == '\0' || !id_is_name(archive_id))
		return TIME_NONE;
	folder = folder_open(dir, archive_id, &parent);
	if (folder < 0)
		return TIME_NONE;
	close(parent);
	listing = fdopendir(folder);
	if (listing == NULL) {
		close(folder);
		return TIME_NONE;
	}
	while ((entry = readdir(listing)) != NULL) {
		size_t len = strlen(entry->d_name);
		struct stat status;

		if (len < sizeof end || strcmp(entry->d_name + len - (sizeof end - 1), end) != 0 ||
		    fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (newest == TIME_NONE || status.st_mtim.tv_sec * SECOND > newest)
			newest = status.st_mtim.tv_sec * SECOND;
	}
	closedir(listing);
	return newest;
}

int64_t recordings_free(const struct config *config)
{
	enum { MIB = 1024 * 1024 };
	struct statvfs status;

	if (!recordings_here(config) || statvfs(config->recordings_dir, &status) != 0)
		return -1;
	/* Janus is not root, so the space that is reserved for root does not count. */
	return (int64_t)(status.f_bavail * status.f_frsize / MIB);
}

bool recordings_low(const struct config *config)
{
	int64_t free_mib = recordings_free(config);

	return free_mib >= 0 && free_mib < config->recording_min_free;
}

const char *recordings_fault(const struct config *config, int64_t size)
{
	if (size > 0)
		return recordings_free(config) == 0
			   ? "The disk is full: the end of the recording may be missing."
			   : NULL;
	if (recordings_low(config) || recordings_free(config) == 0)
		return "Nothing was recorded: the disk is full.";
	return "Nothing was recorded: no sound and no picture came.";
}

/* Does this file count? Janus leaves a file of TRACK_EMPTY bytes when no media came. */
static bool file_counts(
    struct arena *arena, const char *room, const char *name, const struct stat *status)
{
	enum { TRACK_EMPTY = 8 };
	struct track_name parts;

	if (!S_ISREG(status->st_mode))
		return false;
	return room == NULL ||
	       (status->st_size > TRACK_EMPTY && track_name_read(arena, room, name, &parts));
}

/* Sums up the files that count. Closes `folder`. `room` NULL: all files. */
static int64_t folder_size(int folder, const char *room)
{
	struct arena *arena = arena_new();
	DIR *listing = fdopendir(folder);
	const struct dirent *entry;
	int64_t size = 0;

	if (listing == NULL)
		close(folder);
	while (listing != NULL && (entry = readdir(listing)) != NULL) {
		struct stat status;

		if (fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		    file_counts(arena, room, entry->d_name, &status))
			size += status.st_size;
	}
	if (listing != NULL)
		closedir(listing);
	arena_free(arena);
	return size;
}

static int64_t files_size(const char *dir, const char *archive_id, const char *room)
{
	int parent, folder;

	if (*dir == '\0' || !id_is_name(archive_id))
		return 0;
	folder = folder_open(dir, archive_id, &parent);
	if (folder < 0)
		return 0;
	close(parent);
	return folder_size(folder, room);
}

int64_t recordings_size(const char *dir, const char *archive_id)
{
	return files_size(dir, archive_id, NULL);
}

int64_t recordings_tracks_size(const char *dir, const char *archive_id, const char *room)
{
	return files_size(dir, archive_id, room);
}
