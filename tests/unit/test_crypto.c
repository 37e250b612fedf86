/* Random ids, digests and encodings, compared with published test vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "base/crypto.h"

static void assert_hex(const unsigned char *digest, size_t len, const char *expected)
{
	char text[2 * SHA256_SIZE + 1];

	hex_encode(digest, len, text);
	assert_string_equal(text, expected);
}

static void digests_are_those_of_the_standards(void **state)
{
	unsigned char digest[SHA256_SIZE];
	static const char question[] = "what do ya want for nothing?";

	(void)state;
	sha256("abc", 3, digest); /* FIPS 180-4 */
	assert_hex(digest, SHA256_SIZE,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	hmac_sha1("Jefe", 4, question, strlen(question), digest); /* RFC 2202 */
	assert_hex(digest, SHA1_SIZE, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	hmac_sha256("Jefe", 4, question, strlen(question), digest); /* RFC 4231 */
	assert_hex(digest, SHA256_SIZE,
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	hmac_sha256("", 0, "", 0, digest);
	assert_hex(digest, SHA256_SIZE,
	    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static const struct {
	const char *bytes;
	const char *base64;
	const char *base64url;
} vectors[] = {
    {"", "", ""},
    {"f", "Zg==", "Zg"},
    {"fo", "Zm8=", "Zm8"},
    {"foo", "Zm9v", "Zm9v"},
    {"foob", "Zm9vYg==", "Zm9vYg"},
    {"fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy", "Zm9vYmFy"}, /* RFC 4648 */
    {"\xFB\xFF\xBF", "+/+/", "-_-_"},
};

static void base64_is_written_in_both_alphabets(void **state)
{
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		size_t len = strlen(vectors[i].bytes);

		assert_string_equal(
		    base64_encode(*state, vectors[i].bytes, len), vectors[i].base64);
		assert_string_equal(
		    base64url_encode(*state, vectors[i].bytes, len), vectors[i].base64url);
	}
}

static void base64_is_read_in_both_alphabets(void **state)
{
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		size_t len = 99, url_len = 99;
		unsigned char *bytes =
		    base64_decode(*state, vectors[i].base64, strlen(vectors[i].base64), &len);
		unsigned char *url_bytes = base64url_decode(
		    *state, vectors[i].base64url, strlen(vectors[i].base64url), &url_len);

		assert_non_null(bytes);
		assert_non_null(url_bytes);
		assert_int_equal(len, strlen(vectors[i].bytes));
		assert_int_equal(url_len, strlen(vectors[i].bytes));
		assert_string_equal((char *)bytes, vectors[i].bytes);
		assert_string_equal((char *)url_bytes, vectors[i].bytes);
	}
}

static void text_that_is_not_exactly_base64_is_refused(void **state)
{
	static const char *const bad[] = {"Zg", "Zg=", "Zg===", "Z===", "====", "Zm9v\n", " Zm9v",
	    "Zm9v    ", "Zm 9", "Zg=v", "=g==", "-_-_", "Zm9vYg==Zm9v", "Zm9\xC3"};
	static const char *const bad_url[] = {
	    "Zg==", "Z", "Zm9vY", "+/+/", "Zm 9", "Zm9v\n", "Zm.9", "Zm9\xC3"};
	size_t len;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (base64_decode(*state, bad[i], strlen(bad[i]), &len) != NULL)
			fail_msg("%s is taken as base64", bad[i]);
	}
	for (size_t i = 0; i < sizeof bad_url / sizeof bad_url[0]; i++) {
		if (base64url_decode(*state, bad_url[i], strlen(bad_url[i]), &len) != NULL)
			fail_msg("%s is taken as base64url", bad_url[i]);
	}
}

static void every_byte_survives_both_encodings(void **state)
{
	unsigned char bytes[256];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 7 + 3);
	for (size_t size = 0; size <= sizeof bytes; size++) {
		const char *text = base64_encode(*state, bytes, size);
		const char *url = base64url_encode(*state, bytes, size);
		size_t len = 0;

		assert_memory_equal(base64_decode(*state, text, strlen(text), &len), bytes, size);
		assert_int_equal(len, size);
		assert_memory_equal(base64url_decode(*state, url, strlen(url), &len), bytes, size);
		assert_int_equal(len, size);
	}
}

static void random_ids_use_their_alphabet_and_differ(void **state)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	char ids[1000][11];
	unsigned seen[256] = {0};
	unsigned letters = 0;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		random_id(ids[i], 10);
		assert_int_equal(strlen(ids[i]), 10);
		assert_int_equal(strspn(ids[i], allowed), 10);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(ids[i], ids[j]);
		for (size_t j = 0; j < 10; j++)
			seen[(unsigned char)ids[i][j]]++;
	}
	for (size_t i = 0; i < 256; i++)
		letters += seen[i] > 0;
	assert_int_equal(letters, 64); /* 10,000 ids contain all characters */
}

static void random_numbers_stay_below_their_bound(void **state)
{
	bool seen[5] = {false};

	(void)state;
	assert_int_equal(random_below(1), 0);
	for (int i = 0; i < 1000; i++) {
		uint32_t number = random_below(5);

		assert_in_range(number, 0, 4);
		seen[number] = true;
	}
	for (size_t i = 0; i < 5; i++)
		assert_true(seen[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(digests_are_those_of_the_standards),
	    cmocka_unit_test(base64_is_written_in_both_alphabets),
	    cmocka_unit_test(base64_is_read_in_both_alphabets),
	    cmocka_unit_test(text_that_is_not_exactly_base64_is_refused),
	    cmocka_unit_test(every_byte_survives_both_encodings),
	    cmocka_unit_test(random_ids_use_their_alphabet_and_differ),
	    cmocka_unit_test(random_numbers_stay_below_their_bound),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
