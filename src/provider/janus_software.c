/* The version of Janus: should the operator replace it? */
#include "provider/janus_software.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/json.h"
#include "provider/janus_admin.h"

enum {
	UPDATE_DAYS_MOST = 30, /* days between two updates */
};

#define VERSION_OLDEST "1.4.1" /* guests who send can attack earlier versions */

/* The version as a number: a later version has a greater one. -1 for other text. */
static int64_t version_rank(const char *version)
{
	unsigned major, minor, patch;

	if (sscanf(version, "%4u.%4u.%4u", &major, &minor, &patch) != 3)
		return -1;
	return ((int64_t)major * 10000 + minor) * 10000 + patch;
}

struct software janus_software_judge(
    struct arena *arena, const char *version, int64_t updated, int64_t now)
{
	int64_t days = updated == TIME_NONE ? 0 : (now - updated) / DAY;
	int64_t rank = version_rank(version);
	const char *name =
	    rank < 0 ? "Janus of an unknown version" : arena_printf(arena, "Janus %.20s", version);

	if (rank < version_rank(VERSION_OLDEST))
		return (struct software){.state = SOFTWARE_OUTDATED,
		    .text = arena_printf(arena,
			"%s: versions before " VERSION_OLDEST " have faults that guests can attack",
			name)};
	if (days > UPDATE_DAYS_MOST)
		return (struct software){.state = SOFTWARE_NOT_UPDATED,
		    .text = arena_printf(
			arena, "%s: the last update was %lld days ago", name, (long long)days)};
	return (struct software){.state = SOFTWARE_OK, .text = name};
}

/* The time of confab-janus' last update; TIME_NONE if Janus does not come from it. */
static int64_t updated_time(struct arena *arena, const char *dir)
{
	struct stat found;

	if (*dir == '\0' || stat(arena_printf(arena, "%s/updated", dir), &found) != 0)
		return TIME_NONE;
	return (int64_t)found.st_mtime * SECOND;
}

bool janus_software(void *state, struct arena *arena, const struct media_server *server,
    int64_t timeout, struct software *software, struct error *error)
{
	const struct janus_admin janus = janus_admin_of(state, server);
	struct json_object *answer;
	const char *version, *server_name;
	int code;

	if (!janus_admin_core(&janus, arena, "info", "", timeout, &code, &answer, error))
		return false;
	if (code != JANUS_OK)
		return janus_refused(code, error);
	version = json_text_member(answer, "version_string");
	if (version != NULL)
		version = arena_strdup(arena, version);
	server_name = json_text_member(answer, "server-name");
	*software = janus_software_judge(arena, version != NULL ? version : "",
	    updated_time(arena, janus.config->janus_dir), clock_now());
	software->server_name = server_name == NULL ? NULL : arena_strdup(arena, server_name);
	return true;
}
