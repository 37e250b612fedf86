/* Settings: the environment wins over the file, secrets have files, and errors name the setting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/config.h"

/* A folder for the files of a test. */
struct fixture {
	char folder[64];
	char conf[96];
	char secret[96];
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	snprintf(fixture->folder, sizeof fixture->folder, "/tmp/confab-config.XXXXXX");
	if (mkdtemp(fixture->folder) == NULL)
		return -1;
	snprintf(fixture->conf, sizeof fixture->conf, "%s/confab.conf", fixture->folder);
	snprintf(fixture->secret, sizeof fixture->secret, "%s/secret", fixture->folder);
	clearenv();
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	unlink(fixture->conf);
	unlink(fixture->secret);
	rmdir(fixture->folder);
	free(fixture);
	clearenv();
	return 0;
}

static void file_write(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static struct config loaded(const char *preset_file)
{
	struct config config;
	struct error error = {0};

	if (!config_load(&config, preset_file, &error))
		fail_msg("refused: %s", error.message);
	return config;
}

static void assert_refused(const char *preset_file, const char *words)
{
	struct config config;
	struct error error = {0};

	if (config_load(&config, preset_file, &error))
		fail_msg("taken, though it should say %s", words);
	if (strstr(error.message, words) == NULL)
		fail_msg("%s does not say %s", error.message, words);
	assert_null(strchr(error.message, '\n'));
	error_clear(&error);
}

static void absent_settings_have_their_defaults(void **state)
{
	struct config config = loaded(NULL);

	(void)state;
	assert_string_equal(config.provider, "janus");
	assert_string_equal(config.db_host, "");
	assert_string_equal(config.jwt_secret, "");
	assert_int_equal(config.db_port, 3306);
	assert_true(config.time_to_start == 30 * MINUTE);
	assert_true(config.token_ttl == 2 * HOUR);
	assert_true(config.db_deadline == 8 * SECOND);
	assert_true(config.jwt_require_exp);
	assert_false(config.jwt_allow_short_secret);
	assert_true(*config.host_name != '\0');
	config_free(&config);
}

static void an_empty_value_counts_as_absent(void **state)
{
	struct config config;

	(void)state;
	setenv("DB_PORT", "", 1);
	setenv("PROVIDER", "", 1);
	setenv("JWT_REQUIRE_EXP", "", 1);
	config = loaded(NULL);
	assert_int_equal(config.db_port, 3306);
	assert_string_equal(config.provider, "janus");
	assert_true(config.jwt_require_exp);
	config_free(&config);
}

static void all_settings_may_be_empty(void **state)
{
	size_t count;
	const struct setting *settings = config_settings(&count);
	struct config config;

	(void)state;
	for (size_t i = 0; i < count; i++)
		setenv(settings[i].name, "", 1);
	config = loaded(NULL);
	assert_string_equal(config.public_url, "http://127.0.0.1:3000");
	config_free(&config);
}

static void a_slash_after_the_address_is_removed(void **state)
{
	struct config config;

	(void)state;
	setenv("PUBLIC_URL", "https://meet.example.org//", 1);
	config = loaded(NULL);
	assert_string_equal(config.public_url, "https://meet.example.org");
	config_free(&config);
}

static void the_file_is_read(void **state)
{
	struct fixture *fixture = *state;
	struct config config;

	file_write(fixture->conf, "# a comment\n\n  DB_USER = someone \r\nDB_PORT=3307\n"
				  "DB_DATABASE=\"a b\"\nJWT_ISSUER='it=s'\nTIME_TO_START=5\n"
				  "ADD_AUDIT_LOG_MIXIN=Yes\nCONFAB_PORT=3000");
	config = loaded(fixture->conf);
	assert_string_equal(config.db_user, "someone");
	assert_string_equal(config.db_database, "a b");
	assert_string_equal(config.jwt_issuer, "it=s");
	assert_int_equal(config.db_port, 3307);
	assert_true(config.time_to_start == 5 * MINUTE);
	assert_true(config.audit_log);
	config_free(&config);
}

static void confab_conf_names_another_file(void **state)
{
	struct fixture *fixture = *state;
	struct config config;

	file_write(fixture->conf, "DB_USER=someone\n");
	setenv("CONFAB_CONF", fixture->conf, 1);
	config = loaded("/nonexistent/confab.conf");
	assert_string_equal(config.db_user, "someone");
	config_free(&config);
	setenv("CONFAB_CONF", "/nonexistent/confab.conf", 1);
	assert_refused(fixture->conf, "CONFAB_CONF: cannot read /nonexistent/confab.conf");
}

static void a_preset_file_may_be_missing(void **state)
{
	struct config config = loaded("/nonexistent/confab.conf");

	(void)state;
	assert_string_equal(config.db_user, "confab");
	config_free(&config);
}

static void the_environment_wins_over_the_file(void **state)
{
	struct fixture *fixture = *state;
	struct config config;

	file_write(fixture->conf, "DB_USER=file\nDB_DATABASE=file\n");
	setenv("DB_USER", "environment", 1);
	config = loaded(fixture->conf);
	assert_string_equal(config.db_user, "environment");
	assert_string_equal(config.db_database, "file");
	config_free(&config);
}

static void a_secret_may_come_from_a_file_of_its_own(void **state)
{
	struct fixture *fixture = *state;
	struct config config;

	file_write(fixture->secret, "first line \r\nsecond line\n");
	setenv("DB_PASSWORD_FILE", fixture->secret, 1);
	config = loaded(NULL);
	assert_string_equal(config.db_password, "first line ");
	config_free(&config);
}

static void the_environment_wins_in_either_form(void **state)
{
	struct fixture *fixture = *state;
	struct config config;
	char text[256];

	file_write(fixture->secret, "of the file\n");
	snprintf(text, sizeof text, "DB_PASSWORD=plain\nJWT_SECRET_FILE=%s\n", fixture->secret);
	file_write(fixture->conf, text);
	setenv("DB_PASSWORD_FILE", fixture->secret, 1);
	setenv("JWT_SECRET", "of the environment", 1);
	config = loaded(fixture->conf);
	assert_string_equal(config.db_password, "of the file");
	assert_string_equal(config.jwt_secret, "of the environment");
	config_free(&config);
}

static void a_secret_s_file_that_cannot_be_read_is_named(void **state)
{
	struct fixture *fixture = *state;
	char *long_text = malloc(20001);

	setenv("JWT_SECRET_FILE", "/nonexistent/secret", 1);
	assert_refused(NULL, "JWT_SECRET_FILE: cannot read /nonexistent/secret");
	memset(long_text, 'x', 20000);
	long_text[20000] = '\0';
	file_write(fixture->secret, long_text);
	free(long_text);
	setenv("JWT_SECRET_FILE", fixture->secret, 1);
	assert_refused(NULL, "JWT_SECRET_FILE: ");
	setenv("JWT_SECRET_FILE", fixture->folder, 1);
	assert_refused(NULL, "JWT_SECRET_FILE: ");
}

static void only_secrets_have_files_of_their_own(void **state)
{
	struct fixture *fixture = *state;

	file_write(fixture->conf, "DB_USER_FILE=/x\n");
	assert_refused(fixture->conf, "line 1: unknown setting DB_USER_FILE");
}

static void an_unknown_name_in_the_file_is_reported_with_its_line(void **state)
{
	struct fixture *fixture = *state;

	file_write(fixture->conf, "DB_USER=x\n\nDB_PASWORD=secret-value\n");
	assert_refused(fixture->conf, "line 3: unknown setting DB_PASWORD");
	file_write(fixture->conf, "DB_USE=x\n");
	assert_refused(fixture->conf, "line 1: unknown setting DB_USE");
	file_write(fixture->conf, "db_user=x\n");
	assert_refused(fixture->conf, "line 1: unknown setting db_user");
	file_write(fixture->conf, "DB_USER\n");
	assert_refused(fixture->conf, "line 1 is not NAME=value");
	file_write(fixture->conf, "=x\n");
	assert_refused(fixture->conf, "line 1: unknown setting");
}

static void wrong_values_are_reported_with_the_setting_s_name(void **state)
{
	static const struct {
		const char *name;
		const char *value;
	} cases[] = {{"DB_PORT", "x"}, {"DB_PORT", "0"}, {"DB_PORT", "65536"}, {"DB_PORT", "33 06"},
	    {"DB_PORT", "3306x"}, {"DB_PORT", "3306.0"}, {"DB_PORT", "99999999999999999999"},
	    {"TOKEN_TTL", "59"}, {"TOKEN_TTL", "2h"}, {"TIME_TO_START", "-1"},
	    {"CONFAB_WORKERS", "0"}, {"CONFAB_WORKERS", "5000"}, {"JWT_REQUIRE_EXP", "maybe"},
	    {"STORAGE_ALLOW_HTTP", "2"}, {"DB_USER", "\xC3("}, {"DB_PASSWORD", "\xFF"}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char start[64];

		snprintf(start, sizeof start, "%s: ", cases[i].name);
		setenv(cases[i].name, cases[i].value, 1);
		assert_refused(NULL, start);
		unsetenv(cases[i].name);
	}
}

static void a_secret_s_value_is_never_in_the_message(void **state)
{
	struct config config;
	struct error error = {0};

	(void)state;
	setenv("DB_PASSWORD", "hunter2\xFF", 1);
	assert_false(config_load(&config, NULL, &error));
	assert_null(strstr(error.message, "hunter2"));
	error_clear(&error);
}

static void flags_have_the_usual_words(void **state)
{
	static const char *const yes[] = {"yes", "YES", "true", "1", "on"};
	static const char *const no[] = {"no", "No", "false", "0", "off"};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct config config;

		setenv("STORAGE_ALLOW_HTTP", yes[i], 1);
		config = loaded(NULL);
		assert_true(config.storage_allow_http);
		config_free(&config);
		setenv("STORAGE_ALLOW_HTTP", no[i], 1);
		config = loaded(NULL);
		assert_false(config.storage_allow_http);
		config_free(&config);
	}
}

static void every_setting_in_the_table_works_at_its_default_and_bounds(void **state)
{
	size_t count;
	const struct setting *settings = config_settings(&count);

	(void)state;
	assert_true(count > 30);
	for (size_t i = 0; i < count; i++) {
		struct config config;
		char text[32];

		assert_true(strlen(settings[i].purpose) > 10);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(settings[i].name, settings[j].name);
		if (settings[i].kind != SETTING_INTEGER && settings[i].kind != SETTING_DURATION)
			continue;
		snprintf(text, sizeof text, "%lld", (long long)settings[i].maximum);
		setenv(settings[i].name, text, 1);
		config = loaded(NULL);
		config_free(&config);
		snprintf(text, sizeof text, "%lld", (long long)settings[i].maximum + 1);
		setenv(settings[i].name, text, 1);
		assert_refused(NULL, settings[i].name);
		unsetenv(settings[i].name);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(absent_settings_have_their_defaults),
	    TEST(an_empty_value_counts_as_absent),
	    TEST(all_settings_may_be_empty),
	    TEST(a_slash_after_the_address_is_removed),
	    TEST(the_file_is_read),
	    TEST(confab_conf_names_another_file),
	    TEST(a_preset_file_may_be_missing),
	    TEST(the_environment_wins_over_the_file),
	    TEST(a_secret_may_come_from_a_file_of_its_own),
	    TEST(the_environment_wins_in_either_form),
	    TEST(a_secret_s_file_that_cannot_be_read_is_named),
	    TEST(only_secrets_have_files_of_their_own),
	    TEST(an_unknown_name_in_the_file_is_reported_with_its_line),
	    TEST(wrong_values_are_reported_with_the_setting_s_name),
	    TEST(a_secret_s_value_is_never_in_the_message),
	    TEST(flags_have_the_usual_words),
	    TEST(every_setting_in_the_table_works_at_its_default_and_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
