/* Looks for settings files that crash config_load(). Input: the file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/config.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void environment_clean(void)
{
	size_t count;
	const struct setting *settings = config_settings(&count);

	for (size_t i = 0; i < count; i++) {
		char name_file[80];

		snprintf(name_file, sizeof name_file, "%s_FILE", settings[i].name);
		unsetenv(settings[i].name);
		unsetenv(name_file);
	}
}

static void setting_check(const struct config *config, const struct setting *setting)
{
	const char *member = (const char *)config + setting->offset;
	const char *text;
	int64_t number;

	if (setting->kind == SETTING_TEXT || setting->kind == SETTING_SECRET) {
		memcpy(&text, member, sizeof text);
		if (text == NULL || !utf8_valid(text, strlen(text)))
			abort();
	} else if (setting->kind != SETTING_FLAG) {
		memcpy(&number, member, sizeof number);
		if (setting->kind == SETTING_DURATION)
			number /= setting->unit;
		if (number < setting->minimum || number > setting->maximum)
			abort();
	}
}

/* NAME_FILE of a secret may name any file of this machine; its content does not matter. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int file = memfd_create("settings", MFD_CLOEXEC);
	struct config config;
	struct error error = {0};
	char name[40];
	size_t count;
	const struct setting *settings = config_settings(&count);

	if (file < 0 || write(file, data, size) != (ssize_t)size)
		abort();
	snprintf(name, sizeof name, "/proc/self/fd/%d", file);
	setenv("CONFAB_CONF", name, 1);
	if (config_load(&config, NULL, &error)) {
		for (size_t i = 0; i < count; i++)
			setting_check(&config, &settings[i]);
		config_free(&config);
	} else if (error.kind != ERROR_INTERNAL || *error.message == '\0') {
		abort();
	}
	error_clear(&error);
	close(file);
	environment_clean();
	return 0;
}
