#include "ctl/installed_files.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	VERSION_SIZE = 16, /* characters of a version, NUL included */
	LINE_SIZE = 1024,  /* the rest of a longer line counts as another line */
};

#define SITE         "confab-site.conf"
#define MEDIA_SITE   "confab-media-site.conf"
#define VERSION_MARK "# Confab file version: " /* scripts/file-version writes it */

/* A folder in share/confab, and the folder of its copies. A copy's name lacks `suffix`. With
 * `original_name` it is that file alone, whose copy is called `copy_name`. */
struct place {
	const char *originals, *suffix, *copies, *original_name, *copy_name;
};

static const struct place places[] = {
    {CONFAB_DATA_DIR "/systemd", "", "/etc/systemd/system", NULL, NULL},
    {CONFAB_DATA_DIR "/janus", ".in", CONFAB_ETC_DIR "/confab-janus", NULL, NULL},
    {CONFAB_DATA_DIR "/nginx", "", "/etc/nginx/sites-enabled", SITE, "confab"},
    {CONFAB_DATA_DIR "/nginx", "", "/etc/nginx/conf.d", SITE, "confab.conf"},
    {CONFAB_DATA_DIR "/nginx", "", "/etc/nginx/sites-enabled", MEDIA_SITE, "confab-media"},
    {CONFAB_DATA_DIR "/nginx", "", "/etc/nginx/conf.d", MEDIA_SITE, "confab-media.conf"},
};

/* Reads the version line of a file; "" when it has none. False when the file cannot be read. */
static bool version_read(const char *file, char version[static VERSION_SIZE])
{
	const size_t mark_len = strlen(VERSION_MARK);
	char line[LINE_SIZE];
	FILE *stream = fopen(file, "re");

	*version = '\0';
	if (stream == NULL)
		return false;
	while (*version == '\0' && fgets(line, sizeof line, stream) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (strncmp(line, VERSION_MARK, mark_len) == 0)
			snprintf(version, VERSION_SIZE, "%.*s", VERSION_SIZE - 1, line + mark_len);
	}
	fclose(stream);
	return true;
}

/* Writes "root/folder/name", with the first `len` characters of `name`. False when it is too long.
 * */
static bool path_make(
    char path[static PATH_MAX], const char *root, const char *folder, const char *name, size_t len)
{
	return snprintf(path, PATH_MAX, "%s%s/%.*s", root, folder, (int)len, name) < PATH_MAX;
}

static void file_compare(const char *root, const struct place *place, const char *name,
    installed_file_found *found, void *context)
{
	const char *copy_name = place->copy_name != NULL ? place->copy_name : name;
	size_t len = strlen(copy_name), suffix_len = strlen(place->suffix);
	char original[PATH_MAX], copy[PATH_MAX];
	char version[VERSION_SIZE], copy_version[VERSION_SIZE];

	if (len > suffix_len && strcmp(copy_name + len - suffix_len, place->suffix) == 0)
		len -= suffix_len;
	if (!path_make(original, root, place->originals, name, strlen(name)) ||
	    !path_make(copy, root, place->copies, copy_name, len))
		return;
	if (version_read(original, version) && version_read(copy, copy_version))
		found(context, copy, original, strcmp(version, copy_version) == 0);
}

static void place_compare(
    const char *root, const struct place *place, installed_file_found *found, void *context)
{
	char folder[PATH_MAX];
	struct dirent **entries;
	int count;

	if (!path_make(folder, root, place->originals, "", 0))
		return;
	count = scandir(folder, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		if (entries[i]->d_name[0] != '.' &&
		    (place->original_name == NULL ||
			strcmp(entries[i]->d_name, place->original_name) == 0))
			file_compare(root, place, entries[i]->d_name, found, context);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

void installed_files_compare(const char *root, installed_file_found *found, void *context)
{
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		place_compare(root, &places[i], found, context);
}
