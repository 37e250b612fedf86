/* Credentials for TURN servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "base/clock.h"
#include "provider/turn.h"

static const char *servers(const char *urls)
{
	const struct config config = {.turn_urls = urls, .turn_secret = "north"};
	struct json_writer writer = json_writer_new(arena, 0);

	turn_write(&writer, NULL, arena, &config, 1795352400 * SECOND, "p1");
	return writer.buffer.text;
}

static void without_urls_there_are_none(void **state)
{
	(void)state;
	assert_string_equal(servers(""), "[]");
	assert_string_equal(servers(" , "), "[]");
}

/* Another program has computed the credential: printf '1795352400:p1' | openssl dgst -sha1 -hmac
 * north -binary | base64. */
static void turn_servers_get_credentials_that_expire(void **state)
{
	(void)state;
	assert_string_equal(servers("turn:a.example:3478,turns:a.example"),
	    "[{\"urls\":[\"turn:a.example:3478\",\"turns:a.example\"],"
	    "\"username\":\"1795352400:p1\",\"credential\":\"ty1Xw5L1YpgAZ/PsF5Moh9Y9Sow=\"}]");
}

static void stun_servers_need_none(void **state)
{
	(void)state;
	assert_string_equal(servers("stun:b.example"), "[{\"urls\":[\"stun:b.example\"]}]");
	assert_int_equal(strncmp(servers("turn:a stun:b"),
			     "[{\"urls\":[\"stun:b\"]},{\"urls\":[\"turn:a\"],", 40),
	    0);
}

static void wrong_settings_are_named(void **state)
{
	static const struct {
		const char *urls, *secret, *message;
	} cases[] = {
	    {"", "", NULL},
	    {"stun:a", "", NULL},
	    {"turn:a", "s", NULL},
	    {"turn:a", "", "TURN_SECRET: is missing"},
	    {"http://a", "s", "TURN_URLS: each must start"},
	    {"turn:", "s", "TURN_URLS: each must start"},
	    {"turn:a b", "s", "TURN_URLS: each must start"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct config config = {
		    .turn_urls = cases[i].urls, .turn_secret = cases[i].secret};
		struct error error = {0};
		bool good = turn_check(&config, &error);

		assert_int_equal(good, cases[i].message == NULL);
		if (!good)
			assert_int_equal(
			    strncmp(error.message, cases[i].message, strlen(cases[i].message)), 0);
		error_clear(&error);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, arena_setup, arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(without_urls_there_are_none),
	    TEST(turn_servers_get_credentials_that_expire),
	    TEST(stun_servers_need_none),
	    TEST(wrong_settings_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
