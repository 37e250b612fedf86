/* Bearer tokens: which are accepted, which are refused, and with which word. The test makes the
 * tokens with its own code. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "auth/bearer.h"
#include "auth/guest.h"
#include "base/clock.h"
#include "base/crypto.h"

#define SECRET         "0123456789abcdef0123456789abcdef"
#define SERVICE_SECRET "the service's own, 32 bytes long"
#define HS256          "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define NONE           "(none)" /* no code, because there are no credentials */

static const int64_t now = INT64_C(1795348800) * SECOND;
static const char good_claims[] =
    "{\"iss\":\"tests\",\"exp\":1795352400,\"sub\":\"ann\",\"permissions\":[\"A\",\"StopMeeting\"]}";

static struct arena *arena;

static struct config secret_config(void)
{
	return (struct config){.jwt_secret = SECRET,
	    .jwt_public_key_file = "",
	    .jwt_issuer = "tests",
	    .service_secret = SERVICE_SECRET,
	    .jwt_require_exp = true};
}

static struct bearer_keys *keys_of(const struct config *config)
{
	struct bearer_keys *keys;
	struct error error = {0};

	if (!bearer_keys_load(config, &keys, &error))
		fail_msg("%s", error.message);
	return keys;
}

/* Writes "<header>.<payload>" in base64url. */
static const char *signing_input(const char *header, const char *payload)
{
	return arena_printf(arena, "%s.%s", base64url_encode(arena, header, strlen(header)),
	    base64url_encode(arena, payload, strlen(payload)));
}

static const char *hmac_token(const char *secret, const char *header, const char *payload)
{
	const char *input = signing_input(header, payload);
	unsigned char digest[SHA256_SIZE];

	hmac_sha256(secret, strlen(secret), input, strlen(input), digest);
	return arena_printf(arena, "%s.%s", input, base64url_encode(arena, digest, sizeof digest));
}

/* Verifies the value of the header. Gives the code of the refusal, or "" when the token is
 * accepted. */
static const char *verdict_at(const struct bearer_keys *keys, const char *authorization,
    int64_t time, struct principal *principal)
{
	struct error error = {0};
	const char *code;

	if (bearer_verify(keys, arena, authorization, time, principal, &error))
		return "";
	assert_int_equal(error.kind, ERROR_UNAUTHENTICATED);
	assert_true(*error.message != '\0');
	code = error.code == NULL ? NONE : error.code;
	error_clear(&error);
	return code;
}

static const char *verdict(const struct bearer_keys *keys, const char *token)
{
	struct principal principal;

	return verdict_at(keys, arena_printf(arena, "Bearer %s", token), now, &principal);
}

static int setup(void **state)
{
	struct config config = secret_config();

	arena = arena_new();
	*state = keys_of(&config);
	return 0;
}

static int teardown(void **state)
{
	bearer_keys_free(*state);
	arena_free(arena);
	return 0;
}

static void a_good_token_gives_its_principal(void **state)
{
	struct principal principal;
	const char *token = hmac_token(SECRET, HS256, good_claims);

	assert_string_equal(
	    verdict_at(*state, arena_printf(arena, "Bearer %s", token), now, &principal), "");
	assert_string_equal(principal.actor, "ann");
	assert_int_equal(principal.permission_count, 2);
	assert_null(principal.meeting_link);
	assert_null(principal.meeting_role);
	assert_true(principal_may(&principal, "StopMeeting"));
}

static void permissions_count_letter_for_letter(void **state)
{
	struct principal principal;
	const char *token = hmac_token(SECRET, HS256,
	    "{\"iss\":\"tests\",\"exp\":1795352400,\"sub\":\"ann\",\"permissions\":[\"*\",\"stop\","
	    "\"StopMeetings\"]}");

	assert_string_equal(
	    verdict_at(*state, arena_printf(arena, "Bearer %s", token), now, &principal), "");
	assert_false(principal_may(&principal, "StopMeeting"));
	assert_false(principal_may(&principal, "stop "));
	assert_true(principal_may(&principal, "stop"));
	assert_true(principal_may(&principal, "*"));
	token = hmac_token(SECRET, HS256, "{\"iss\":\"tests\",\"exp\":1795352400,\"sub\":\"ann\"}");
	assert_string_equal(
	    verdict_at(*state, arena_printf(arena, "Bearer %s", token), now, &principal), "");
	assert_int_equal(principal.permission_count, 0);
	assert_false(principal_may(&principal, "StopMeeting"));
}

static void only_the_scheme_bearer_is_accepted_in_any_case(void **state)
{
	static const char *const good[] = {"Bearer %s", "bearer %s", "BEARER   %s"};
	static const char *const absent[] = {
	    "Basic %s", "Bearers %s", "Bearer%s", "%s", " Bearer %s", ""};
	const char *token = hmac_token(SECRET, HS256, good_claims);
	struct principal principal;

	for (size_t i = 0; i < 3; i++) {
		char *value = arena_alloc(arena, strlen(token) + 32);

		sprintf(value, "%.*s%s", (int)strcspn(good[i], "%"), good[i], token);
		assert_string_equal(verdict_at(*state, value, now, &principal), "");
	}
	for (size_t i = 0; i < 6; i++) {
		char *value = arena_alloc(arena, strlen(token) + 32);

		sprintf(value, "%.*s%s", (int)strcspn(absent[i], "%"), absent[i],
		    *absent[i] == '\0' ? "" : token);
		assert_string_equal(verdict_at(*state, value, now, &principal), NONE);
	}
	assert_string_equal(verdict_at(*state, NULL, now, &principal), NONE);
	assert_string_equal(verdict_at(*state, "Bearer", now, &principal), "malformed");
	assert_string_equal(verdict_at(*state, "Bearer  ", now, &principal), "malformed");
}

static void a_refused_token_leaves_the_principal_alone(void **state)
{
	struct principal principal = {.actor = "nobody"};
	const char *token = hmac_token("another secret of the right size", HS256, good_claims);

	assert_string_equal(
	    verdict_at(*state, arena_printf(arena, "Bearer %s", token), now, &principal),
	    "signature");
	assert_string_equal(principal.actor, "nobody");
	assert_int_equal(principal.permission_count, 0);
}

static void a_token_that_is_not_three_parts_of_base64url_is_malformed(void **state)
{
	const char *good = hmac_token(SECRET, HS256, good_claims);
	const char *input = signing_input(HS256, good_claims);
	const char *payload = strchr(input, '.') + 1;
	const char *const bad[] = {"x", ".", "..", "a.b", "a.b.c", input,
	    arena_printf(arena, "%s.", input), arena_printf(arena, "%s.x", good),
	    arena_printf(arena, ".%s", good), arena_printf(arena, "%s=", good),
	    arena_printf(arena, "%s ", good), arena_printf(arena, "%s,%s", good, good),
	    arena_printf(arena, ".%s.sig", payload), arena_printf(arena, "%s.a+b", input),
	    arena_printf(arena, "%s.\xC3\xBC", input)};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (strcmp(verdict(*state, bad[i]), "malformed") != 0)
			fail_msg("%s: %s", bad[i], verdict(*state, bad[i]));
	}
}

static void header_and_payload_must_be_json_objects(void **state)
{
	static const char *const bad[] = {"", "[]", "1", "null", "\"x\"", "{", "{'alg':'HS256'}",
	    "{\"a\":NaN}", "{}x", "{\"a\":\"\xC0\x80\"}"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_string_equal(
		    verdict(*state, hmac_token(SECRET, HS256, bad[i])), "malformed");
		assert_string_equal(
		    verdict(*state, hmac_token(SECRET, bad[i], good_claims)), "malformed");
	}
}

/* Verifies a token. Gives the message of the refusal, or "" when it is accepted. */
static const char *message_of(
    const struct bearer_keys *keys, const char *token, struct principal *principal)
{
	struct error error = {0};
	const char *message;

	if (bearer_verify(
		keys, arena, arena_printf(arena, "Bearer %s", token), now, principal, &error))
		return "";
	message = arena_strdup(arena, error.message);
	error_clear(&error);
	return message;
}

static void typ_must_be_that_of_an_access_token(void **state)
{
	static const char *const good[] = {"\"JWT\"", "\"jwt\"", "\"at+jwt\"", "\"AT+JWT\"",
	    "\"application/at+jwt\"", "\"application/jwt\"", "\"Application/JWT\"", "null"};
	/* Types of tokens for other purposes, and values that are not types. */
	static const char *const bad[] = {
	    "\"logout+jwt\"", "\"secevent+jwt\"", "\"x\"", "\"\"", "\"at+jwt \"", "5", "[\"JWT\"]"};
	struct principal principal;

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		const char *header = arena_printf(arena, "{\"alg\":\"HS256\",\"typ\":%s}", good[i]);
		const char *code = verdict(*state, hmac_token(SECRET, header, good_claims));

		if (*code != '\0')
			fail_msg("typ %s: %s", good[i], code);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const char *header = arena_printf(arena, "{\"alg\":\"HS256\",\"typ\":%s}", bad[i]);
		const char *token = hmac_token(SECRET, header, good_claims);

		assert_string_equal(verdict(*state, token), "malformed");
		assert_non_null(strstr(message_of(*state, token, &principal), "typ"));
	}
}

/* Makes a token of at least `size` bytes, and at most 3 more. Each `number` gives another one. */
static const char *long_token(size_t size, int number)
{
	size_t fixed = strlen(hmac_token(SECRET, HS256,
	    arena_printf(arena,
		"{\"iss\":\"tests\",\"exp\":1795352400,\"sub\":\"%06d\",\"groups\":[0]}", number)));
	size_t zeros = (size - fixed) / 4 * 3 / 2 + 1;
	char *list = arena_alloc(arena, 2 * zeros + 1);

	for (size_t i = 0; i < zeros; i++)
		memcpy(list + 2 * i, ",0", 2);
	list[2 * zeros] = '\0';
	return hmac_token(SECRET, HS256,
	    arena_printf(arena,
		"{\"iss\":\"tests\",\"exp\":1795352400,\"sub\":\"%06d\",\"groups\":[0%s]}", number,
		list));
}

static void a_token_over_16_kib_is_refused_and_one_below_is_not(void **state)
{
	const char *token = long_token(16 * 1024 - 4, 0);

	assert_in_range(strlen(token), 16 * 1024 - 4, 16 * 1024);
	assert_string_equal(verdict(*state, token), "");
	token = long_token(16 * 1024 + 1, 0);
	assert_in_range(strlen(token), 16 * 1024 + 1, 16 * 1024 + 8);
	assert_string_equal(verdict(*state, token), "malformed");
}

/* The bytes that this process has allocated on the heap. */
static size_t heap_used(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static void the_longest_tokens_of_many_callers_take_little_memory(void **state)
{
	size_t before = heap_used();

	for (int i = 0; i < 200; i++) {
		struct arena *kept = arena;

		arena = arena_new();
		assert_string_equal(verdict(*state, long_token(16 * 1024 - 8, i)), "");
		arena_free(arena);
		arena = kept;
	}
	assert_in_range(heap_used() - before, 0, 2 * 1024 * 1024);
}

static void only_the_configured_algorithm_letter_for_letter(void **state)
{
	static const char *const bad[] = {"{\"alg\":\"hs256\"}", "{\"alg\":\"HS512\"}",
	    "{\"alg\":\"HS384\"}", "{\"alg\":\"RS256\"}", "{\"alg\":\"none\"}",
	    "{\"alg\":\"None\"}", "{\"alg\":\"HS256 \"}", "{\"alg\":\"HS256\\u0000\"}",
	    "{\"alg\":\"\"}", "{\"alg\":256}", "{\"alg\":null}", "{\"alg\":[\"HS256\"]}",
	    "{\"typ\":\"JWT\"}", "{\"alg\":\"HS256\",\"alg\":\"none\"}"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (strcmp(verdict(*state, hmac_token(SECRET, bad[i], good_claims)), "algorithm") !=
		    0)
			fail_msg("%s: %s", bad[i],
			    verdict(*state, hmac_token(SECRET, bad[i], good_claims)));
	}
}

static void an_unsecured_token_is_refused(void **state)
{
	const char *input = signing_input("{\"alg\":\"none\"}", good_claims);

	assert_string_equal(verdict(*state, arena_printf(arena, "%s.", input)), "algorithm");
}

static void critical_extensions_are_refused(void **state)
{
	assert_string_equal(
	    verdict(
		*state, hmac_token(SECRET, "{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":true}",
			    good_claims)),
	    "algorithm");
	assert_string_equal(
	    verdict(*state, hmac_token(SECRET, "{\"alg\":\"HS256\",\"crit\":null}", good_claims)),
	    "algorithm");
}

static void other_header_fields_are_ignored(void **state)
{
	assert_string_equal(
	    verdict(*state,
		hmac_token(SECRET,
		    "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"cty\":\"x\",\"kid\":\"../../etc\"}",
		    good_claims)),
	    "");
	assert_string_equal(
	    verdict(*state, hmac_token(SECRET, "{\"alg\":\"HS256\"}", good_claims)), "");
}

static void a_changed_token_is_refused(void **state)
{
	const char *good = hmac_token(SECRET, HS256, good_claims);
	const char *other = hmac_token(SECRET, HS256,
	    "{\"iss\":\"tests\",\"exp\":1795352400,\"sub\":\"eve\",\"permissions\":[]}");
	char *mixed = arena_printf(
	    arena, "%.*s%s", (int)(strrchr(other, '.') - other), other, strrchr(good, '.'));
	char *flipped = arena_strdup(arena, good);
	size_t at = strlen(good) - 10;

	assert_string_equal(verdict(*state, mixed), "signature");
	flipped[at] = flipped[at] == 'A' ? 'B' : 'A';
	assert_string_equal(verdict(*state, flipped), "signature");
	assert_string_equal(
	    verdict(*state, arena_strndup(arena, good, strlen(good) - 4)), "signature");
	assert_string_equal(verdict(*state, hmac_token("", HS256, good_claims)), "signature");
}

static void assert_claims(const struct bearer_keys *keys, const char *claims, const char *expected)
{
	const char *code = verdict(keys, hmac_token(SECRET, HS256, claims));

	if (strcmp(code, expected) != 0)
		fail_msg("%s: %s, not %s", claims, code, expected);
}

static void a_token_that_was_good_once_is_checked_again(void **state)
{
	const char *good = hmac_token(SECRET, HS256, good_claims);
	const char *value = arena_printf(arena, "Bearer %s", good);
	struct principal principal;
	struct config config = secret_config();
	struct bearer_keys *other;

	/* The second time only the signature is not verified again; all else is. */
	for (int i = 0; i < 2; i++)
		assert_string_equal(verdict_at(*state, value, now, &principal), "");
	assert_string_equal(verdict_at(*state, value, now + 2 * HOUR, &principal), "expired");
	for (size_t i = 0; i < strlen(good); i++) {
		char *changed = arena_strdup(arena, good);

		changed[i] = changed[i] == 'A' ? 'E' : 'A';
		assert_string_not_equal(verdict(*state, changed), "");
	}
	config.jwt_secret = "another secret of the right size";
	other = keys_of(&config);
	assert_string_equal(verdict(other, good), "signature");
	bearer_keys_free(other);
}

static void tokens_of_many_callers_are_verified(void **state)
{
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 300; i++) {
			const char *claims = arena_printf(arena,
			    "{\"iss\":\"tests\",\"exp\":1795352400,\"sub\":\"caller %d\"}", i);
			struct principal principal;

			assert_string_equal(
			    verdict_at(*state,
				arena_printf(arena, "Bearer %s", hmac_token(SECRET, HS256, claims)),
				now, &principal),
			    "");
			assert_string_equal(principal.actor, arena_printf(arena, "caller %d", i));
			assert_string_equal(
			    verdict(*state, hmac_token("wrong", HS256, claims)), "signature");
		}
	}
}

static void the_issuer_must_be_ours(void **state)
{
	assert_claims(*state, "{\"exp\":1795352400,\"sub\":\"a\"}", "issuer");
	assert_claims(*state, "{\"iss\":\"\",\"exp\":1795352400,\"sub\":\"a\"}", "issuer");
	assert_claims(*state, "{\"iss\":\"Tests\",\"exp\":1795352400,\"sub\":\"a\"}", "issuer");
	assert_claims(*state, "{\"iss\":\"tests \",\"exp\":1795352400,\"sub\":\"a\"}", "issuer");
	assert_claims(
	    *state, "{\"iss\":[\"tests\"],\"exp\":1795352400,\"sub\":\"a\"}", "malformed");
	assert_claims(
	    *state, "{\"iss\":\"tests\\u0000\",\"exp\":1795352400,\"sub\":\"a\"}", "malformed");
	/* Of two equal claims the last one counts, for this service and for others. */
	assert_claims(
	    *state, "{\"iss\":\"tests\",\"iss\":\"x\",\"exp\":1795352400,\"sub\":\"a\"}", "issuer");
}

#define CLAIMS(more) "{\"iss\":\"tests\",\"sub\":\"a\"," more "}"

static void exp_is_required_and_honoured_with_30_s_leeway(void **state)
{
	assert_claims(*state, "{\"iss\":\"tests\",\"sub\":\"a\"}", "no_expiry");
	assert_claims(*state, CLAIMS("\"exp\":1795348801"), "");
	assert_claims(*state, CLAIMS("\"exp\":1795348771"), "");
	assert_claims(*state, CLAIMS("\"exp\":1795348770"), "expired");
	assert_claims(*state, CLAIMS("\"exp\":1795348770.5"), "");
	assert_claims(*state, CLAIMS("\"exp\":1.7953524e9"), "");
	assert_claims(*state, CLAIMS("\"exp\":0"), "expired");
	assert_claims(*state, CLAIMS("\"exp\":-1e300"), "expired");
	assert_claims(*state, CLAIMS("\"exp\":1e300"), "");
	assert_claims(*state, CLAIMS("\"exp\":9007199254740992"), "");
}

static void dates_are_numbers_and_nothing_else(void **state)
{
	static const char *const names[] = {"exp", "nbf", "passwordExpiryTime"};
	static const char *const values[] = {
	    "\"1795352400\"", "true", "[1795352400]", "{}", "1e999"};
	struct principal principal;

	for (size_t i = 0; i < 3; i++) {
		for (size_t j = 0; j < sizeof values / sizeof values[0]; j++) {
			const char *claims = arena_printf(arena,
			    "{\"iss\":\"tests\",\"sub\":\"a\",\"exp\":1795352400,\"%s\":%s}",
			    names[i], values[j]);

			assert_claims(*state, claims, "malformed");
			assert_non_null(strstr(
			    message_of(*state, hmac_token(SECRET, HS256, claims), &principal),
			    names[i]));
		}
	}
}

static void null_is_absent(void **state)
{
	assert_claims(*state, CLAIMS("\"exp\":null"), "no_expiry");
	assert_claims(*state,
	    CLAIMS("\"exp\":1795352400,\"nbf\":null,\"passwordExpiryTime\":null,"
		   "\"userTenantId\":null,\"id\":null,\"tenantId\":null,"
		   "\"permissions\":null,\"meetingLinkId\":null,\"meetingRole\":null"),
	    "");
	assert_claims(*state, "{\"iss\":null,\"exp\":1795352400,\"sub\":\"a\"}", "issuer");
	assert_claims(*state, "{\"iss\":\"tests\",\"exp\":1795352400,\"sub\":null}", "malformed");
}

static void other_claims_are_ignored(void **state)
{
	assert_claims(*state,
	    CLAIMS("\"exp\":1795352400,\"iat\":\"x\",\"aud\":[1],\"jti\":{},\"name\":5,\"x\":null,"
		   "\"big\":123456789012345678901234567890,\"y\":1e999,\"z\":\"a\\u0000b\""),
	    "");
	/* The first of these claims is the actor. */
	assert_claims(*state,
	    "{\"iss\":\"tests\",\"exp\":1795352400,\"userTenantId\":\"u\",\"id\":{},\"sub\":[]}",
	    "");
}

static void exp_may_be_left_out_when_the_configuration_says_so(void **state)
{
	struct config config = secret_config();
	struct bearer_keys *keys;

	(void)state;
	config.jwt_require_exp = false;
	keys = keys_of(&config);
	assert_claims(keys, "{\"iss\":\"tests\",\"sub\":\"a\"}", "");
	assert_claims(keys, CLAIMS("\"exp\":1795348770"), "expired");
	bearer_keys_free(keys);
}

static void nbf_is_honoured_with_30_s_leeway(void **state)
{
	assert_claims(*state, CLAIMS("\"exp\":1795352400,\"nbf\":1795348830"), "");
	assert_claims(*state, CLAIMS("\"exp\":1795352400,\"nbf\":1795348831"), "not_yet_valid");
	assert_claims(*state, CLAIMS("\"exp\":1795352400,\"nbf\":0"), "");
}

static void a_password_that_has_expired_is_refused(void **state)
{
	assert_claims(
	    *state, CLAIMS("\"exp\":1795352400,\"passwordExpiryTime\":1795348800001"), "");
	assert_claims(*state, CLAIMS("\"exp\":1795352400,\"passwordExpiryTime\":1795348800000"),
	    "password_expired");
	assert_claims(
	    *state, CLAIMS("\"exp\":1795352400,\"passwordExpiryTime\":1"), "password_expired");
}

static void the_actor_is_user_tenant_id_else_id_else_sub(void **state)
{
	static const struct {
		const char *claims;
		const char *actor; /* NULL: the token is malformed */
		const char *named; /* the message names this claim */
	} cases[] = {{"\"userTenantId\":\"u\",\"id\":\"i\",\"sub\":\"s\"", "u", NULL},
	    {"\"id\":\"i\",\"sub\":\"s\"", "i", NULL}, {"\"sub\":\"s\"", "s", NULL},
	    {"\"userTenantId\":\"\",\"sub\":\"s\"", "s", NULL},
	    {"\"userTenantId\":\"u\",\"sub\":1", "u", NULL},
	    {"\"userTenantId\":null,\"sub\":\"s\"", "s", NULL}, {"\"id\":42", "42", NULL},
	    {"\"sub\":-7", "-7", NULL}, {"\"sub\":0", "0", NULL},
	    {"\"id\":9007199254740993", "9007199254740993", NULL},
	    {"\"id\":9223372036854775806", "9223372036854775806", NULL},
	    /* Numbers that json-c changes, or that can be written in several ways. */
	    {"\"id\":9223372036854775808", NULL, "id"}, {"\"id\":99999999999999999999", NULL, "id"},
	    {"\"id\":-99999999999999999999", NULL, "id"}, {"\"id\":4.2e1", NULL, "id"},
	    {"\"id\":42.0", NULL, "id"}, {"\"id\":1.5", NULL, "id"}, {"\"id\":true", NULL, "id"},
	    {"\"userTenantId\":[],\"sub\":\"s\"", NULL, "userTenantId"},
	    {"\"id\":{\"neq\":\"x\"}", NULL, "id"}, {"\"sub\":\"a\\u0000b\"", NULL, "sub"},
	    {"\"userTenantId\":\"\"", NULL, "sub"}, {"\"x\":1", NULL, "sub"}};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *token = hmac_token(SECRET, HS256,
		    arena_printf(
			arena, "{\"iss\":\"tests\",\"exp\":1795352400,%s}", cases[i].claims));
		struct principal principal;
		const char *message = message_of(*state, token, &principal);

		if ((*message == '\0') != (cases[i].actor != NULL))
			fail_msg("%s: %s", cases[i].claims, message);
		if (cases[i].actor != NULL)
			assert_string_equal(principal.actor, cases[i].actor);
		else if (strstr(message, cases[i].named) == NULL)
			fail_msg("%s: %s", cases[i].claims, message);
	}
}

static void an_actor_that_is_too_long_is_refused(void **state)
{
	char name[ACTOR_MAX + 2];

	memset(name, 'x', sizeof name);
	name[ACTOR_MAX] = '\0';
	assert_claims(*state,
	    arena_printf(arena, "{\"iss\":\"tests\",\"exp\":1795352400,\"sub\":\"%s\"}", name), "");
	name[ACTOR_MAX] = 'x';
	name[ACTOR_MAX + 1] = '\0';
	assert_claims(*state,
	    arena_printf(arena, "{\"iss\":\"tests\",\"exp\":1795352400,\"sub\":\"%s\"}", name),
	    "malformed");
}

static void permissions_are_an_array_of_text(void **state)
{
	static const char *const bad[] = {"\"StopMeeting\"", "{}", "[1]", "[null]",
	    "[\"A\",[\"B\"]]", "true", "[\"StopMeeting\\u0000\"]"};

	assert_claims(*state, CLAIMS("\"exp\":1795352400,\"permissions\":[]"), "");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_claims(*state,
		    arena_printf(arena,
			"{\"iss\":\"tests\",\"sub\":\"a\",\"exp\":1795352400,\"permissions\":%s}",
			bad[i]),
		    "malformed");
}

static void restrictions_are_read_and_never_lost(void **state)
{
	static const char *const bad[] = {"\"meetingLinkId\":1.5", "\"meetingLinkId\":\"\"",
	    "\"meetingLinkId\":\"a\\u0000\"", "\"meetingRole\":\"\"", "\"meetingRole\":\"admin\"",
	    "\"meetingRole\":\"Moderator\"", "\"meetingRole\":3"};
	struct principal principal;
	const char *token = hmac_token(SECRET, HS256,
	    CLAIMS("\"exp\":1795352400,\"meetingLinkId\":\"abc\",\"meetingRole\":\"subscriber\""));

	assert_string_equal(
	    verdict_at(*state, arena_printf(arena, "Bearer %s", token), now, &principal), "");
	assert_string_equal(principal.meeting_link, "abc");
	assert_string_equal(principal.meeting_role, "subscriber");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_claims(*state,
		    arena_printf(
			arena, "{\"iss\":\"tests\",\"sub\":\"a\",\"exp\":1795352400,%s}", bad[i]),
		    "malformed");
}

static void the_first_fault_is_reported(void **state)
{
	const char *claims = "{\"iss\":\"x\",\"exp\":0,\"sub\":\"a\",\"nbf\":1e300,"
			     "\"passwordExpiryTime\":0}";

	assert_string_equal(verdict(*state, hmac_token("wrong", "{\"alg\":\"none\"}",
						"{\"iss\":\"x\",\"exp\":\"0\",\"sub\":\"a\"}")),
	    "malformed");
	assert_string_equal(
	    verdict(*state, hmac_token("wrong", "{\"alg\":\"HS512\"}", claims)), "algorithm");
	assert_string_equal(verdict(*state, hmac_token("wrong", HS256, claims)), "signature");
	assert_string_equal(verdict(*state, hmac_token(SECRET, HS256, claims)), "issuer");
	assert_claims(
	    *state, CLAIMS("\"exp\":0,\"nbf\":1e300,\"passwordExpiryTime\":0"), "expired");
	assert_claims(*state, CLAIMS("\"exp\":1e300,\"nbf\":1e300,\"passwordExpiryTime\":0"),
	    "not_yet_valid");
}

/* Public keys. */

struct key_file {
	EVP_PKEY *key;
	char name[64];
	struct config config;
};

static void file_write(char *name, EVP_PKEY *key, bool private_too, const char *text)
{
	FILE *file;
	int fd;

	strcpy(name, "/tmp/confab-key.XXXXXX");
	fd = mkstemp(name);
	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	if (private_too)
		PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	if (key != NULL)
		PEM_write_PUBKEY(file, key);
	if (text != NULL)
		fputs(text, file);
	fclose(file);
}

static struct key_file key_file(EVP_PKEY *key)
{
	struct key_file file = {.key = key, .config = secret_config()};

	assert_non_null(key);
	file_write(file.name, key, false, NULL);
	file.config.jwt_secret = "";
	return file;
}

static void key_file_free(struct key_file *file)
{
	unlink(file->name);
	EVP_PKEY_free(file->key);
}

/* Signs with RS256, or with ES256: JWS wants r and s as bytes. */
static const char *key_token(EVP_PKEY *key, const char *header, const char *payload)
{
	const char *input = signing_input(header, payload);
	unsigned char signature[512], raw[64] = {0};
	size_t len = sizeof signature;
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(
	    EVP_DigestSign(context, signature, &len, (const unsigned char *)input, strlen(input)),
	    1);
	EVP_MD_CTX_free(context);
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
		const unsigned char *der = signature;
		ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);

		assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 32), 32);
		assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 32, 32), 32);
		ECDSA_SIG_free(sig);
		return arena_printf(arena, "%s.%s", input, base64url_encode(arena, raw, 64));
	}
	return arena_printf(arena, "%s.%s", input, base64url_encode(arena, signature, len));
}

static const char *file_text(const char *name)
{
	char *text = arena_alloc(arena, 8192);
	FILE *file = fopen(name, "r");

	assert_non_null(file);
	text[fread(text, 1, 8191, file)] = '\0';
	fclose(file);
	return text;
}

static void public_key_check(EVP_PKEY *key, EVP_PKEY *other, const char *header)
{
	struct key_file file = key_file(key);
	struct bearer_keys *keys;
	const char *token;
	char *flipped;
	struct error error = {0};

	file.config.jwt_public_key_file = file.name;
	keys = keys_of(&file.config);
	assert_string_equal(verdict(keys, key_token(key, header, good_claims)), "");
	assert_string_equal(verdict(keys, key_token(other, header, good_claims)), "signature");
	token = key_token(key, header, good_claims);
	flipped = arena_strdup(arena, token);
	flipped[strlen(token) - 20] = flipped[strlen(token) - 20] == 'A' ? 'B' : 'A';
	assert_string_equal(verdict(keys, flipped), "signature");
	assert_string_equal(
	    verdict(keys, arena_strndup(arena, token, strlen(token) - 8)), "signature");
	/* A known attack: the text of the public key is the secret. */
	assert_string_equal(
	    verdict(keys, hmac_token(file_text(file.name), HS256, good_claims)), "algorithm");
	assert_string_equal(
	    verdict(keys, hmac_token(file_text(file.name), header, good_claims)), "signature");
	assert_false(
	    bearer_mint(keys, arena, &(struct bearer_claims){.actor = "a"}, &token, &error));
	assert_int_equal(error.kind, ERROR_INTERNAL);
	error_clear(&error);
	bearer_keys_free(keys);
	key_file_free(&file);
	EVP_PKEY_free(other);
}

static void rsa_keys_verify_rs256_only(void **state)
{
	(void)state;
	public_key_check(
	    EVP_RSA_gen(2048), EVP_RSA_gen(2048), "{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
}

static void p_256_keys_verify_es256_only(void **state)
{
	(void)state;
	public_key_check(EVP_EC_gen("P-256"), EVP_EC_gen("P-256"), "{\"alg\":\"ES256\"}");
}

static void assert_no_keys(const struct config *config, const char *words)
{
	struct bearer_keys *keys;
	struct error error = {0};

	if (bearer_keys_load(config, &keys, &error))
		fail_msg("taken, though it should say %s", words);
	if (strstr(error.message, words) == NULL)
		fail_msg("%s does not say %s", error.message, words);
	bearer_keys_free(keys);
	error_clear(&error);
}

static void unusable_keys_stop_the_start(void **state)
{
	static const char broken[] = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
	struct config config = secret_config();
	EVP_PKEY *keys[] = {
	    EVP_RSA_gen(1024), EVP_EC_gen("P-384"), EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")};
	EVP_PKEY *good = EVP_EC_gen("P-256");
	char name[64];

	(void)state;
	config.jwt_secret = "";
	config.jwt_public_key_file = name;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		file_write(name, keys[i], false, NULL);
		assert_no_keys(&config, i == 0 ? "JWT_PUBLIC_KEY_FILE: the RSA key has less than"
					       : "JWT_PUBLIC_KEY_FILE: the key must be RSA or");
		unlink(name);
		EVP_PKEY_free(keys[i]);
	}
	file_write(name, good, true, NULL);
	assert_no_keys(&config, "holds a private key");
	unlink(name);
	file_write(name, NULL, false, broken);
	assert_no_keys(&config, "JWT_PUBLIC_KEY_FILE: ");
	unlink(name);
	file_write(name, NULL, false, "");
	assert_no_keys(&config, "holds no public key");
	unlink(name);
	assert_no_keys(&config, "JWT_PUBLIC_KEY_FILE: cannot read");
	EVP_PKEY_free(good);
}

static void the_settings_must_make_sense_together(void **state)
{
	struct config config = secret_config();

	(void)state;
	config.jwt_secret = "";
	assert_no_keys(&config, "JWT_SECRET: is missing");
	config.jwt_secret = SECRET;
	config.jwt_public_key_file = "/nonexistent";
	assert_no_keys(&config, "JWT_SECRET: give it or JWT_PUBLIC_KEY_FILE");
	config = secret_config();
	config.jwt_issuer = "";
	assert_no_keys(&config, "JWT_ISSUER: is missing");
}

static void a_short_secret_has_to_be_allowed(void **state)
{
	struct config config = secret_config();
	struct bearer_keys *keys;

	(void)state;
	config.jwt_secret = "0123456789abcdef0123456789abcde";
	assert_no_keys(&config, "JWT_SECRET: must be at least 32 bytes");
	config.jwt_allow_short_secret = true;
	keys = keys_of(&config);
	assert_string_equal(verdict(keys, hmac_token(config.jwt_secret, HS256, good_claims)), "");
	bearer_keys_free(keys);
}

static void a_minted_token_is_accepted(void **state)
{
	static const char *const permissions[] = {"StopMeeting", "EditMeeting"};
	struct bearer_claims claims = {.actor = "ann",
	    .permissions = permissions,
	    .permission_count = 2,
	    .meeting_link = "abc",
	    .meeting_role = "publisher",
	    .issued_at = now,
	    .expiry = now + HOUR};
	struct principal principal;
	struct error error = {0};
	const char *token, *value;

	assert_true(bearer_mint(*state, arena, &claims, &token, &error));
	value = arena_printf(arena, "Bearer %s", token);
	assert_string_equal(verdict_at(*state, value, now, &principal), "");
	assert_string_equal(principal.actor, "ann");
	assert_true(principal_may(&principal, "EditMeeting"));
	assert_string_equal(principal.meeting_link, "abc");
	assert_string_equal(principal.meeting_role, "publisher");
	assert_string_equal(verdict_at(*state, value, now + HOUR + MINUTE, &principal), "expired");
}

#define INVITE(more) "{\"iss\":\"confab:invite\",\"exp\":1795352400,\"sub\":\"invite-1\"" more "}"
#define MEETING      ",\"meetingLinkId\":\"abc\""

static void an_invite_has_its_role_and_never_a_permission(void **state)
{
	struct principal principal;
	const char *token = hmac_token(SERVICE_SECRET, HS256,
	    INVITE(MEETING ",\"meetingRole\":\"publisher\",\"name\":\"Ann\","
			   "\"permissions\":[\"StopMeeting\"]"));

	assert_string_equal(
	    verdict_at(*state, arena_printf(arena, "Bearer %s", token), now, &principal), "");
	assert_int_equal(principal.invited_as, ROLE_PUBLISHER);
	assert_string_equal(principal.meeting_link, "abc");
	assert_string_equal(principal.invite_name, "Ann");
	assert_string_equal(principal.actor, "invite-1");
	assert_false(principal_may(&principal, "StopMeeting"));
	assert_int_equal(principal_highest_role(&principal), ROLE_PUBLISHER);
}

static void an_invite_is_signed_with_the_service_s_key_alone(void **state)
{
	const char *claims = INVITE(MEETING ",\"meetingRole\":\"moderator\"");

	assert_string_equal(verdict(*state, hmac_token(SERVICE_SECRET, HS256, claims)), "");
	assert_string_equal(verdict(*state, hmac_token(SECRET, HS256, claims)), "signature");
	/* The service does not sign the API's tokens with it. */
	assert_string_equal(
	    verdict(*state, hmac_token(SERVICE_SECRET, HS256, good_claims)), "signature");
	assert_string_equal(
	    verdict(*state, hmac_token(SERVICE_SECRET, "{\"alg\":\"none\"}", claims)), "algorithm");
}

static void an_invite_names_a_meeting_a_role_and_an_expiry(void **state)
{
	static const char *const malformed[] = {
	    INVITE(""),
	    INVITE(MEETING),
	    INVITE(",\"meetingRole\":\"publisher\""),
	    INVITE(MEETING ",\"meetingRole\":\"king\""),
	    INVITE(MEETING ",\"meetingRole\":\"publisher\",\"name\":7"),
	};

	for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++)
		assert_string_equal(
		    verdict(*state, hmac_token(SERVICE_SECRET, HS256, malformed[i])), "malformed");
	assert_string_equal(verdict(*state, hmac_token(SERVICE_SECRET, HS256,
						"{\"iss\":\"confab:invite\",\"sub\":\"i\"" MEETING
						",\"meetingRole\":\"publisher\"}")),
	    "no_expiry");
	assert_string_equal(
	    verdict(
		*state, hmac_token(SERVICE_SECRET, HS256,
			    "{\"iss\":\"confab:invite\",\"exp\":1795348000,\"sub\":\"i\"" MEETING
			    ",\"meetingRole\":\"publisher\"}")),
	    "expired");
}

static void a_minted_invite_is_accepted(void **state)
{
	struct bearer_claims claims = {.actor = "invite-1",
	    .meeting_link = "abc",
	    .meeting_role = "subscriber",
	    .issued_at = now,
	    .expiry = now + HOUR};
	struct principal principal;
	const char *token = bearer_mint_invite(*state, arena, &claims);

	assert_string_equal(
	    verdict_at(*state, arena_printf(arena, "Bearer %s", token), now, &principal), "");
	assert_int_equal(principal.invited_as, ROLE_SUBSCRIBER);
	assert_null(principal.invite_name);
}

static void the_issuer_of_invites_cannot_be_the_api_s(void **state)
{
	struct config config = secret_config();

	(void)state;
	config.jwt_issuer = "confab:invite";
	assert_no_keys(&config, "JWT_ISSUER: confab:invite is the issuer");
}

static void a_guest_is_the_same_with_the_value_signed_for_this_meeting(void **state)
{
	const char *guest = guest_new(arena);
	const char *value = guest_sign(arena, SERVICE_SECRET, "abc", guest);

	(void)state;
	assert_memory_equal(guest, "guest-", 6);
	assert_string_not_equal(guest, guest_new(arena));
	assert_string_equal(guest_verify(arena, SERVICE_SECRET, "abc", value), guest);
	assert_null(guest_verify(arena, SERVICE_SECRET, "abd", value));
	assert_null(guest_verify(arena, SECRET, "abc", value));
	assert_null(guest_verify(arena, SERVICE_SECRET, "abc", guest));
	assert_null(guest_verify(arena, SERVICE_SECRET, "abc", ""));
	assert_null(guest_verify(arena, SERVICE_SECRET, "abc", "."));
	assert_null(guest_verify(arena, SERVICE_SECRET, "abc", arena_printf(arena, "%sx", value)));
	assert_null(
	    guest_verify(arena, SERVICE_SECRET, "abc", arena_printf(arena, "guest-x%s", value)));
	/* A signed value makes nobody a guest with a chosen id. */
	assert_null(guest_verify(
	    arena, SERVICE_SECRET, "abc", guest_sign(arena, SERVICE_SECRET, "abc", "dr-meyer")));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_good_token_gives_its_principal),
	    TEST(permissions_count_letter_for_letter),
	    TEST(only_the_scheme_bearer_is_accepted_in_any_case),
	    TEST(a_refused_token_leaves_the_principal_alone),
	    TEST(a_token_that_is_not_three_parts_of_base64url_is_malformed),
	    TEST(header_and_payload_must_be_json_objects),
	    TEST(typ_must_be_that_of_an_access_token),
	    TEST(a_token_over_16_kib_is_refused_and_one_below_is_not),
	    TEST(the_longest_tokens_of_many_callers_take_little_memory),
	    TEST(only_the_configured_algorithm_letter_for_letter),
	    TEST(an_unsecured_token_is_refused),
	    TEST(critical_extensions_are_refused),
	    TEST(other_header_fields_are_ignored),
	    TEST(a_changed_token_is_refused),
	    TEST(a_token_that_was_good_once_is_checked_again),
	    TEST(tokens_of_many_callers_are_verified),
	    TEST(the_issuer_must_be_ours),
	    TEST(exp_is_required_and_honoured_with_30_s_leeway),
	    TEST(dates_are_numbers_and_nothing_else),
	    TEST(null_is_absent),
	    TEST(other_claims_are_ignored),
	    TEST(exp_may_be_left_out_when_the_configuration_says_so),
	    TEST(nbf_is_honoured_with_30_s_leeway),
	    TEST(a_password_that_has_expired_is_refused),
	    TEST(the_actor_is_user_tenant_id_else_id_else_sub),
	    TEST(an_actor_that_is_too_long_is_refused),
	    TEST(permissions_are_an_array_of_text),
	    TEST(restrictions_are_read_and_never_lost),
	    TEST(the_first_fault_is_reported),
	    TEST(rsa_keys_verify_rs256_only),
	    TEST(p_256_keys_verify_es256_only),
	    TEST(unusable_keys_stop_the_start),
	    TEST(the_settings_must_make_sense_together),
	    TEST(a_short_secret_has_to_be_allowed),
	    TEST(a_minted_token_is_accepted),
	    TEST(an_invite_has_its_role_and_never_a_permission),
	    TEST(an_invite_is_signed_with_the_service_s_key_alone),
	    TEST(an_invite_names_a_meeting_a_role_and_an_expiry),
	    TEST(a_minted_invite_is_accepted),
	    TEST(the_issuer_of_invites_cannot_be_the_api_s),
	    TEST(a_guest_is_the_same_with_the_value_signed_for_this_meeting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
