/* Join tokens: signed by the service, verified by the gate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "auth/join_token.h"
#include "auth/jws.h"
#include "base/clock.h"

#define SECRET "a service secret of at least 32 bytes"

static const int64_t now = INT64_C(1795348800) * SECOND;

static struct join_token token_of_ann(void)
{
	return (struct join_token){.meeting = "room",
	    .attendee = "ann@example.org",
	    .participant = "abc-1",
	    .name = "Ann \"A\" Müller",
	    .tenant = "tenant",
	    .access = "open",
	    .role = ROLE_MODERATOR,
	    .expiry = now + HOUR,
	    .room_expiry = now + 400 * DAY};
}

static void a_token_says_what_was_signed(void **state)
{
	const struct join_token given = token_of_ann();
	struct join_token read;
	struct error error = {0};
	struct key key = {0};

	(void)state;
	join_key_load(join_key_derive(arena, SECRET), &key);
	assert_true(join_token_verify(
	    &key, arena, join_token_sign(&key, arena, &given), now, &read, &error));
	assert_string_equal(read.meeting, given.meeting);
	assert_string_equal(read.attendee, given.attendee);
	assert_string_equal(read.participant, given.participant);
	assert_string_equal(read.name, given.name);
	assert_string_equal(read.tenant, given.tenant);
	assert_string_equal(read.access, given.access);
	assert_int_equal(read.role, given.role);
	assert_int_equal(read.expiry, given.expiry);
	assert_int_equal(read.room_expiry, given.room_expiry);
	key_clear(&key);
}

static void refused(const struct key *key, const char *text, int64_t at, const char *why)
{
	struct join_token read;
	struct error error = {0};

	assert_false(join_token_verify(key, arena, text, at, &read, &error));
	assert_int_equal(error.kind, ERROR_UNAUTHENTICATED);
	assert_non_null(strstr(error.message, why));
	error_clear(&error);
}

static void other_tokens_are_refused(void **state)
{
	const struct join_token given = token_of_ann();
	struct key key = {0}, other = {0};
	const char *token;
	char *changed;

	(void)state;
	join_key_load(join_key_derive(arena, SECRET), &key);
	join_key_load(join_key_derive(arena, "another " SECRET), &other);
	token = join_token_sign(&key, arena, &given);
	refused(&key, token, now + HOUR, "expired");
	refused(&other, token, now, "signature");
	changed = arena_strdup(arena, token);
	changed[strcspn(changed, ".") + 5] ^= 1;
	refused(&key, changed, now, "signature");
	refused(&key, "", now, "read");
	refused(&key, "a.b", now, "read");
	refused(&key, "a.b.c.d", now, "read");
	refused(&key, "..", now, "signature");
	refused(&key, jws_sign(&key, arena, "{\"iss\":\"confab:invite\"}"), now, "none");
	refused(&key, jws_sign(&key, arena, "[]"), now, "none");
	/* {"alg":"none"} */
	refused(&key, arena_printf(arena, "eyJhbGciOiJub25lIn0%s", strchr(token, '.')), now,
	    "signature");
	key_clear(&key);
	key_clear(&other);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, arena_setup, arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_token_says_what_was_signed),
	    TEST(other_tokens_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
