/* The settings file: lines NAME=value, put into the environment. */
#include "base/config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"

enum {
	FILE_MAX = 64 * 1024, /* bytes of a confab.conf */
};

bool config_text_read(
    const char *name, size_t max, char *text, struct error *error, const char *setting)
{
	FILE *file = fopen(name, "re");
	size_t len;

	if (file == NULL)
		return error_set(error, ERROR_INTERNAL, "%s: cannot read %s: %s", setting, name,
		    strerror(errno));
	len = fread(text, 1, max, file);
	if (ferror(file) || len == max) {
		fclose(file);
		return error_set(
		    error, ERROR_INTERNAL, "%s: %s is too long or unreadable", setting, name);
	}
	fclose(file);
	text[len] = '\0';
	return true;
}

static char *trim(char *text)
{
	size_t len;

	while (*text == ' ' || *text == '\t')
		text++;
	len = strlen(text);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		text[--len] = '\0';
	return text;
}

static char *unquote(char *value)
{
	size_t len = strlen(value);

	if (len >= 2 && (value[0] == '"' || value[0] == '\'') && value[len - 1] == value[0]) {
		value[len - 1] = '\0';
		value++;
	}
	return value;
}

/* The setting that a line names: NAME, or NAME_FILE of a secret. NULL: there is none. */
static const struct setting *setting_named(const char *name)
{
	size_t count;
	const struct setting *settings = config_settings(&count);

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(settings[i].name);

		if (strncmp(settings[i].name, name, len) != 0)
			continue;
		if (name[len] == '\0' ||
		    (settings[i].kind == SETTING_SECRET && strcmp(name + len, "_FILE") == 0))
			return &settings[i];
	}
	return NULL;
}

/* The start scripts read the same file, and have settings of their own. Any other name is likely a
 * typing error. */
static bool name_known(const char *name)
{
	static const char *const scripts[] = {"CONFAB_PORT", "CONFAB_TOKEN_RATE",
	    "CONFAB_WEBHOOK_RATE", "CONFAB_TRUSTED_PROXIES", "CONFAB_SERVICE_HOSTS",
	    "JANUS_PUBLIC_IP", "JANUS"};

	for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
		if (strcmp(scripts[i], name) == 0)
			return true;
	}
	return setting_named(name) != NULL;
}

/* Does the environment have this setting, as NAME or as NAME_FILE? `name` is either of them. */
static bool name_in_environment(const char *name)
{
	const struct setting *setting = setting_named(name);
	char name_file[64];

	if (setting == NULL)
		return getenv(name) != NULL;
	snprintf(name_file, sizeof name_file, "%s_FILE", setting->name);
	return getenv(setting->name) != NULL ||
	       (setting->kind == SETTING_SECRET && getenv(name_file) != NULL);
}

bool config_file_read(const char *file, struct error *error)
{
	char *text = malloc(FILE_MAX + 1);
	char *rest = text;
	unsigned number = 0;
	bool done = false;

	if (text == NULL || !config_text_read(file, FILE_MAX, text, error, "CONFAB_CONF"))
		goto out;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		char *equals;

		number++;
		line = trim(line);
		if (*line == '\0' || *line == '#')
			continue;
		equals = strchr(line, '=');
		if (equals == NULL) {
			error_set(
			    error, ERROR_INTERNAL, "%s: line %u is not NAME=value", file, number);
			goto out;
		}
		*equals = '\0';
		line = trim(line);
		if (!name_known(line)) {
			error_set(error, ERROR_INTERNAL, "%s: line %u: unknown setting %s", file,
			    number, line);
			goto out;
		}
		if (!name_in_environment(line))
			setenv(line, unquote(trim(equals + 1)), 1);
	}
	done = true;
out:
	free(text);
	return done;
}
