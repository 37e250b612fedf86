/* Reading a request: method, path, query, body, and which headers are trusted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "http/request.h"

/* A front end without a web server: CGI variables, and a body that comes in pieces. */
struct fake {
	const char *params[16][2];
	size_t count;
	const char *body;
	size_t body_len, piece;
	struct front front;
	struct request request;
	struct arena *arena;
	struct error error;
};

static const char *fake_param(void *context, const char *name)
{
	const struct fake *fake = context;

	for (size_t i = 0; i < fake->count; i++) {
		if (strcmp(fake->params[i][0], name) == 0)
			return fake->params[i][1];
	}
	return NULL;
}

static size_t fake_read(void *context, char *bytes, size_t len)
{
	struct fake *fake = context;
	size_t got = fake->body_len < fake->piece ? fake->body_len : fake->piece;

	if (got > len)
		got = len;
	memcpy(bytes, fake->body, got);
	fake->body += got;
	fake->body_len -= got;
	return got;
}

static void fake_set(struct fake *fake, const char *name, const char *value)
{
	fake->params[fake->count][0] = name;
	fake->params[fake->count++][1] = value;
}

static bool read_with(struct fake *fake, const char *method, const char *uri, const char *base_path)
{
	fake->count = 0;
	fake_set(fake, "REQUEST_METHOD", method);
	if (uri != NULL)
		fake_set(fake, "REQUEST_URI", uri);
	error_clear(&fake->error);
	fake->request = (struct request){0};
	fake->front = (struct front){.context = fake, .param = fake_param, .read = fake_read};
	return request_read(&fake->request, fake->arena, &fake->front, base_path, &fake->error);
}

static struct fake *state_of(void **state)
{
	return *state;
}

static int setup(void **state)
{
	static struct fake fake;

	fake = (struct fake){.arena = arena_new(), .piece = 7};
	*state = &fake;
	return 0;
}

static int teardown(void **state)
{
	struct fake *fake = *state;

	error_clear(&fake->error);
	arena_free(fake->arena);
	return 0;
}

/* Compares the segments of the path, each in brackets. */
static void assert_path(struct fake *fake, const char *uri, const char *expected)
{
	char text[512] = "";

	if (!read_with(fake, "GET", uri, ""))
		fail_msg("%s: %s", uri, fake->error.message);
	for (size_t i = 0; i < fake->request.path_len; i++) {
		const struct path_segment *segment = &fake->request.path[i];

		assert_int_equal(strlen(segment->text), segment->len);
		strcat(strcat(strcat(text, "["), segment->text), "]");
	}
	assert_string_equal(text, expected);
}

static void assert_refused(struct fake *fake, const char *uri, enum error_kind kind)
{
	if (read_with(fake, "GET", uri, ""))
		fail_msg("%s is taken", uri);
	if (fake->error.kind != kind)
		fail_msg("%s gives an error of kind %d", uri, (int)fake->error.kind);
}

static void trailing_and_repeated_slashes_are_the_same_path(void **state)
{
	struct fake *fake = *state;

	assert_path(fake, "/session/abc/token", "[session][abc][token]");
	assert_path(fake, "/session/abc/token/", "[session][abc][token]");
	assert_path(fake, "//session///abc/token//", "[session][abc][token]");
	assert_path(fake, "/", "");
	assert_path(fake, "////", "");
}

static void each_segment_is_decoded_once(void **state)
{
	struct fake *fake = *state;

	assert_path(fake, "/session/a%2Fb/token", "[session][a/b][token]");
	assert_path(fake, "/session/a%252Fb", "[session][a%2Fb]");
	assert_path(fake, "/%73ession/%C3%BC+", "[session][\xC3\xBC+]");
	assert_path(fake, "/session/%3Fx%23y", "[session][?x#y]");
	assert_path(fake, "/session/{{x}}", "[session][{{x}}]");
	assert_path(fake, "/session/...", "[session][...]");
}

static void bad_escapes_and_dot_segments_are_malformed(void **state)
{
	static const char *const bad[] = {"/session/%", "/session/%4", "/session/%zz", "/a%00b",
	    "/%C3", "/%FF", "/%C0%80", "/\xFF", "/./session", "/session/..", "/session/%2e",
	    "/%2E%2e/session", "/.%2e", "session", "*", "example.com:80"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_refused(state_of(state), bad[i], ERROR_MALFORMED);
}

static void query_and_fragment_are_not_part_of_the_path(void **state)
{
	struct fake *fake = *state;

	assert_path(fake, "/archives?x=/y/../z", "[archives]");
	assert_path(fake, "/archives/?x", "[archives]");
	assert_path(fake, "/archives#/more?x=%zz", "[archives]");
	assert_int_equal(fake->request.query_len, 0);
	assert_path(fake, "/archives?a=1#b=2&c=%zz", "[archives]");
	assert_int_equal(fake->request.query_len, 1);
}

static void a_uri_with_scheme_and_host_works(void **state)
{
	struct fake *fake = *state;

	assert_path(fake, "http://example.com/archives/x?limit=1", "[archives][x]");
	assert_path(fake, "HTTPS://example.com:3000//archives", "[archives]");
	assert_path(fake, "http://example.com", "");
	assert_path(fake, "http://example.com?x=1", "");
	assert_refused(fake, "ftp://example.com/archives", ERROR_MALFORMED);
}

static void a_path_that_is_missing_or_too_long_is_refused(void **state)
{
	struct fake *fake = *state;
	char uri[PATH_MAX_LENGTH + 2];

	assert_refused(fake, NULL, ERROR_MALFORMED);
	memset(uri, 'x', sizeof uri);
	uri[0] = '/';
	uri[PATH_MAX_LENGTH] = '\0';
	assert_true(read_with(fake, "GET", uri, ""));
	uri[PATH_MAX_LENGTH] = 'x';
	uri[PATH_MAX_LENGTH + 1] = '\0';
	assert_refused(fake, uri, ERROR_MALFORMED);
}

static void more_segments_than_any_route_has_are_not_found_but_must_be_readable(void **state)
{
	char uri[128] = "";

	for (int i = 0; i < PATH_SEGMENTS_MAX; i++)
		strcat(uri, "/a");
	assert_true(read_with(*state, "GET", uri, ""));
	strcat(uri, "/a");
	assert_refused(*state, uri, ERROR_NOT_FOUND);
	strcat(uri, "/%zz");
	assert_refused(*state, uri, ERROR_MALFORMED);
}

static void the_base_path_is_removed_by_whole_segments(void **state)
{
	struct fake *fake = *state;

	assert_true(read_with(fake, "GET", "/confab/session/x", "/confab"));
	assert_int_equal(fake->request.path_len, 2);
	assert_string_equal(fake->request.path[0].text, "session");
	assert_string_equal(fake->request.path[1].text, "x");
	assert_true(read_with(fake, "GET", "//confab//session", "/confab"));
	assert_string_equal(fake->request.path[0].text, "session");
	assert_true(read_with(fake, "GET", "/a/b/session", "/a/b"));
	assert_int_equal(fake->request.path_len, 1);
	assert_true(read_with(fake, "GET", "/confab", "/confab"));
	assert_int_equal(fake->request.path_len, 0);
	assert_false(read_with(fake, "GET", "/confabulate/session", "/confab"));
	assert_int_equal(fake->error.kind, ERROR_NOT_FOUND);
	assert_false(read_with(fake, "GET", "/session", "/confab"));
	assert_int_equal(fake->error.kind, ERROR_NOT_FOUND);
	assert_false(read_with(fake, "GET", "/", "/confab"));
	assert_int_equal(fake->error.kind, ERROR_NOT_FOUND);
}

static void methods_are_known_by_their_exact_names(void **state)
{
	static const struct {
		const char *name;
		enum method method;
	} cases[] = {{"GET", METHOD_GET}, {"POST", METHOD_POST}, {"PUT", METHOD_PUT},
	    {"PATCH", METHOD_PATCH}, {"DELETE", METHOD_DELETE}, {"OPTIONS", METHOD_OPTIONS},
	    {"get", METHOD_OTHER}, {"TRACE", METHOD_OTHER}, {"", METHOD_OTHER},
	    {"GETS", METHOD_OTHER}};
	struct fake *fake = *state;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_true(read_with(fake, cases[i].name, "/", ""));
		assert_int_equal(fake->request.method, cases[i].method);
		assert_string_equal(fake->request.method_name, cases[i].name);
		assert_false(fake->request.head);
	}
	assert_string_equal(method_name(METHOD_PATCH), "PATCH");
	assert_string_equal(method_name(METHOD_OPTIONS), "OPTIONS");
}

static void head_is_a_get_without_a_body(void **state)
{
	struct fake *fake = *state;

	assert_true(read_with(fake, "HEAD", "/", ""));
	assert_int_equal(fake->request.method, METHOD_GET);
	assert_true(fake->request.head);
	assert_string_equal(fake->request.method_name, "HEAD");
}

static const char *id_with(struct fake *fake, const char *id)
{
	fake->count = 0;
	fake_set(fake, "REQUEST_METHOD", "GET");
	fake_set(fake, "REQUEST_URI", "/");
	fake_set(fake, "HTTP_X_REQUEST_ID", "chosen-by-the-client");
	if (id != NULL)
		fake_set(fake, "REQUEST_ID", id);
	fake->request = (struct request){0};
	assert_true(request_read(&fake->request, fake->arena, &fake->front, "", &fake->error));
	return fake->request.id;
}

static void the_request_id_is_nginx_s_or_our_own_never_the_client_s(void **state)
{
	static const char *const bad[] = {NULL, "", "a b", "a\nb", "a\"b", "\xC3\xBC",
	    "0123456789012345678901234567890123456789012345678901234567890123x"};
	struct fake *fake = *state;
	char first[65];

	read_with(fake, "GET", "/", "");
	assert_string_equal(
	    id_with(fake, "0123456789abcdef0123456789abcdef"), "0123456789abcdef0123456789abcdef");
	assert_false(fake->request.id_is_ours);
	assert_string_equal(id_with(fake, "aZ_-9"), "aZ_-9");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(first, sizeof first, "%s", id_with(fake, bad[i]));
		assert_true(fake->request.id_is_ours);
		assert_int_equal(strlen(first), 32);
		assert_string_not_equal(id_with(fake, bad[i]), first);
	}
}

static void only_nginx_s_own_parameter_makes_a_request_local(void **state)
{
	struct fake *fake = *state;

	read_with(fake, "GET", "/", "");
	assert_false(fake->request.local);
	fake_set(fake, "HTTP_CONFAB_LOCAL", "1");
	assert_true(request_read(&fake->request, fake->arena, &fake->front, "", &fake->error));
	assert_false(fake->request.local);
	fake_set(fake, "CONFAB_LOCAL", "1");
	fake->request = (struct request){0};
	assert_true(request_read(&fake->request, fake->arena, &fake->front, "", &fake->error));
	assert_true(fake->request.local);
	fake->params[fake->count - 1][1] = "10";
	fake->request = (struct request){0};
	assert_true(request_read(&fake->request, fake->arena, &fake->front, "", &fake->error));
	assert_false(fake->request.local);
}

static void apache_s_name_for_authorization_is_known(void **state)
{
	struct fake *fake = *state;

	read_with(fake, "GET", "/", "");
	assert_null(request_param(&fake->request, "HTTP_AUTHORIZATION"));
	fake_set(fake, "REDIRECT_HTTP_AUTHORIZATION", "Bearer redirected");
	assert_string_equal(
	    request_param(&fake->request, "HTTP_AUTHORIZATION"), "Bearer redirected");
	fake_set(fake, "HTTP_AUTHORIZATION", "Bearer direct");
	assert_string_equal(request_param(&fake->request, "HTTP_AUTHORIZATION"), "Bearer direct");
}

static void a_header_is_found_by_its_own_name(void **state)
{
	struct fake *fake = *state;

	read_with(fake, "GET", "/", "");
	fake_set(fake, "HTTP_X_TWILIO_SIGNATURE", "signed");
	fake_set(fake, "CONTENT_TYPE", "application/json");
	assert_string_equal(request_header(&fake->request, "X-Twilio-Signature"), "signed");
	assert_string_equal(request_header(&fake->request, "Content-Type"), "application/json");
	assert_null(request_header(&fake->request, "Authorization"));
	assert_null(request_header(&fake->request,
	    "X-A-Header-With-A-Name-That-Is-Longer-Than-Any-Header-That-A-Provider-Sends"));
}

static const char *query(struct fake *fake, const char *uri, const char *name)
{
	const char *value = NULL;

	if (!read_with(fake, "GET", uri, "") ||
	    !request_query(&fake->request, name, &value, &fake->error))
		return "(refused)";
	return value == NULL ? "(absent)" : value;
}

static void query_parameters_are_decoded(void **state)
{
	struct fake *fake = *state;

	assert_string_equal(query(fake, "/a?x=1&y=2", "y"), "2");
	assert_string_equal(query(fake, "/a?x=a+b%2B%26", "x"), "a b+&");
	assert_string_equal(query(fake, "/a?%78=1", "x"), "1");
	assert_string_equal(query(fake, "/a?x=a=b", "x"), "a=b");
	assert_string_equal(query(fake, "/a?x", "x"), "");
	assert_string_equal(query(fake, "/a?x=", "x"), "");
	assert_string_equal(query(fake, "/a?&&y=1&", "y"), "1");
	assert_string_equal(query(fake, "/a?y=1", "x"), "(absent)");
	assert_string_equal(query(fake, "/a?", "x"), "(absent)");
	assert_string_equal(query(fake, "/a?X=1", "x"), "(absent)");
	assert_string_equal(query(fake, "/a?x=1?y=2", "x"), "1?y=2");
}

static void bad_queries_are_malformed(void **state)
{
	static const char *const bad[] = {
	    "/a?x=%", "/a?x=%zz", "/a?%00=1", "/a?x=%FF", "/a?x=1&y=%4"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_refused(state_of(state), bad[i], ERROR_MALFORMED);
}

static void a_parameter_given_twice_is_malformed_when_asked_for(void **state)
{
	struct fake *fake = *state;

	assert_string_equal(query(fake, "/a?x=1&x=1", "x"), "(refused)");
	assert_int_equal(fake->error.kind, ERROR_MALFORMED);
	assert_string_equal(query(fake, "/a?x=1&%78=2", "x"), "(refused)");
	assert_string_equal(query(fake, "/a?x=1&x=1&y=3", "y"), "3");
}

static void the_number_of_parameters_is_bounded(void **state)
{
	char uri[256] = "/a?";

	for (int i = 0; i < QUERY_MAX; i++)
		strcat(uri, "x=1&");
	assert_true(read_with(*state, "GET", uri, ""));
	strcat(uri, "x=1");
	assert_refused(*state, uri, ERROR_MALFORMED);
}

static void whole_numbers_in_the_query_have_bounds(void **state)
{
	static const char *const bad[] = {"/a?n=0", "/a?n=1001", "/a?n=-1", "/a?n=+1", "/a?n=%201",
	    "/a?n=1%20", "/a?n=", "/a?n=x", "/a?n=1.0", "/a?n=99999999999999999999", "/a?n=0x1",
	    "/a?n=1&n=1"};
	struct fake *fake = *state;
	long number = 50;

	assert_true(read_with(fake, "GET", "/a", ""));
	assert_true(request_query_integer(&fake->request, "n", 1, 1000, &number, &fake->error));
	assert_int_equal(number, 50);
	assert_true(read_with(fake, "GET", "/a?n=1000", ""));
	assert_true(request_query_integer(&fake->request, "n", 1, 1000, &number, &fake->error));
	assert_int_equal(number, 1000);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_true(read_with(fake, "GET", bad[i], ""));
		if (request_query_integer(&fake->request, "n", 1, 1000, &number, &fake->error))
			fail_msg("%s is taken", bad[i]);
		assert_int_equal(fake->error.kind, ERROR_MALFORMED);
		assert_int_equal(number, 1000);
	}
}

static void dates_in_the_query_have_the_forms_of_bodies(void **state)
{
	static const struct {
		const char *uri;
		int64_t time;
	} good[] = {{"/a?t=1970-01-01T00:00:00Z", 0}, {"/a?t=0", 0},
	    {"/a?t=1970-01-01t02:00:01.1239%2B02:00", 1123000},
	    {"/a?t=1795348800123", 1795348800123000}, {"/a?t=-5", -5000},
	    {"/a?t=9999-12-31T23:59:59.999999Z", TIME_MAX},
	    {"/a?t=0001-01-01T00:00:00Z", TIME_MIN}};
	static const char *const bad[] = {"/a?t=", "/a?t=tomorrow", "/a?t=2026-11-22", "/a?t=1.5",
	    "/a?t=1e9", "/a?t=%2B5", "/a?t=+5", "/a?t=5+", "/a?t=-", "/a?t=--5", "/a?t=0x5",
	    "/a?t=2026-11-22T12:00:00", "/a?t=2026-11-22T12:00:00+02:00",
	    "/a?t=2026-13-22T12:00:00Z", "/a?t=253402300800000", "/a?t=-62135596800001",
	    "/a?t=99999999999999999999", "/a?t=-99999999999999999999", "/a?t=5&t=5"};
	struct fake *fake = *state;
	int64_t time = 17;

	assert_true(read_with(fake, "GET", "/a", ""));
	assert_true(request_query_time(&fake->request, "t", &time, &fake->error));
	assert_int_equal(time, 17);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(read_with(fake, "GET", good[i].uri, ""));
		if (!request_query_time(&fake->request, "t", &time, &fake->error) ||
		    time != good[i].time)
			fail_msg("%s is not read", good[i].uri);
	}
	time = 17;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_true(read_with(fake, "GET", bad[i], ""));
		if (request_query_time(&fake->request, "t", &time, &fake->error))
			fail_msg("%s is taken", bad[i]);
		assert_int_equal(fake->error.kind, ERROR_MALFORMED);
		assert_int_equal(time, 17);
	}
}

static bool body_with(struct fake *fake, const char *length, const char *body, size_t max)
{
	read_with(fake, "POST", "/", "");
	if (length != NULL)
		fake_set(fake, "CONTENT_LENGTH", length);
	fake->body = body;
	fake->body_len = strlen(body);
	return request_body_read(&fake->request, max, &fake->error);
}

static void a_body_is_read_in_pieces_to_its_length(void **state)
{
	struct fake *fake = *state;

	assert_true(body_with(fake, "26", "abcdefghijklmnopqrstuvwxyz", 26));
	assert_int_equal(fake->request.body_len, 26);
	assert_string_equal(fake->request.body, "abcdefghijklmnopqrstuvwxyz");
	assert_true(body_with(fake, "3", "abcdef", 26)); /* CGI: only CONTENT_LENGTH bytes */
	assert_string_equal(fake->request.body, "abc");
}

static void no_length_is_an_empty_body(void **state)
{
	struct fake *fake = *state;

	assert_true(body_with(fake, NULL, "", 10));
	assert_int_equal(fake->request.body_len, 0);
	assert_string_equal(fake->request.body, "");
	assert_true(body_with(fake, "", "", 10));
	assert_int_equal(fake->request.body_len, 0);
	assert_true(body_with(fake, "0", "", 10));
}

static void a_body_that_is_too_large_is_refused_unread(void **state)
{
	struct fake *fake = *state;

	assert_false(body_with(fake, "11", "abcdefghijk", 10));
	assert_int_equal(fake->error.kind, ERROR_TOO_LARGE);
	assert_int_equal(fake->body_len, 11);
	assert_false(body_with(fake, "18446744073709551615", "", 10));
	assert_int_equal(fake->error.kind, ERROR_TOO_LARGE);
}

static void a_body_that_is_cut_short_is_malformed(void **state)
{
	struct fake *fake = *state;

	assert_false(body_with(fake, "10", "abc", 10));
	assert_int_equal(fake->error.kind, ERROR_MALFORMED);
}

static void a_length_that_is_no_number_is_malformed(void **state)
{
	static const char *const bad[] = {
	    "x", "-1", "+1", " 1", "1 ", "1x", "99999999999999999999999"};
	struct fake *fake = *state;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (body_with(fake, bad[i], "a", 10))
			fail_msg("%s is taken", bad[i]);
		assert_int_equal(fake->error.kind, ERROR_MALFORMED);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(trailing_and_repeated_slashes_are_the_same_path),
	    TEST(each_segment_is_decoded_once),
	    TEST(bad_escapes_and_dot_segments_are_malformed),
	    TEST(query_and_fragment_are_not_part_of_the_path),
	    TEST(a_uri_with_scheme_and_host_works),
	    TEST(a_path_that_is_missing_or_too_long_is_refused),
	    TEST(more_segments_than_any_route_has_are_not_found_but_must_be_readable),
	    TEST(the_base_path_is_removed_by_whole_segments),
	    TEST(methods_are_known_by_their_exact_names),
	    TEST(head_is_a_get_without_a_body),
	    TEST(the_request_id_is_nginx_s_or_our_own_never_the_client_s),
	    TEST(only_nginx_s_own_parameter_makes_a_request_local),
	    TEST(apache_s_name_for_authorization_is_known),
	    TEST(a_header_is_found_by_its_own_name),
	    TEST(query_parameters_are_decoded),
	    TEST(bad_queries_are_malformed),
	    TEST(a_parameter_given_twice_is_malformed_when_asked_for),
	    TEST(the_number_of_parameters_is_bounded),
	    TEST(whole_numbers_in_the_query_have_bounds),
	    TEST(dates_in_the_query_have_the_forms_of_bodies),
	    TEST(a_body_is_read_in_pieces_to_its_length),
	    TEST(no_length_is_an_empty_body),
	    TEST(a_body_that_is_too_large_is_refused_unread),
	    TEST(a_body_that_is_cut_short_is_malformed),
	    TEST(a_length_that_is_no_number_is_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
