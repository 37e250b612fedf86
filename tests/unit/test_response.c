/* Answers: their headers, the form of errors, and types that a client accepts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "http/accept.h"
#include "http/response.h"

/* An answer, and the text that was sent. */
struct sent {
	struct arena *arena;
	struct front front;
	struct request request;
	struct response response;
	char text[32768];
	size_t len;
};

static const char *no_param(void *context, const char *name)
{
	(void)context;
	(void)name;
	return NULL;
}

static bool sent_write(void *context, const char *bytes, size_t len)
{
	struct sent *sent = context;

	assert_true(sent->len + len < sizeof sent->text);
	memcpy(sent->text + sent->len, bytes, len);
	sent->len += len;
	sent->text[sent->len] = '\0';
	return true;
}

static int setup(void **state)
{
	static struct sent sent;

	sent = (struct sent){.arena = arena_new()};
	sent.front = (struct front){.context = &sent, .param = no_param, .write = sent_write};
	sent.request = (struct request){.arena = sent.arena, .front = &sent.front, .id = "the-id"};
	sent.response = (struct response){.arena = sent.arena};
	*state = &sent;
	return 0;
}

static int teardown(void **state)
{
	struct sent *sent = *state;

	arena_free(sent->arena);
	return 0;
}

static void answer_send(struct sent *sent)
{
	sent->len = 0;
	*sent->text = '\0';
	response_send(&sent->response, &sent->request);
}

static const char *body(const struct sent *sent)
{
	const char *end = strstr(sent->text, "\r\n\r\n");

	assert_non_null(end);
	return end + 4;
}

/* Does the head have this line exactly once? */
static bool has_header(struct sent *sent, const char *line)
{
	const char *with_ends = arena_printf(sent->arena, "\r\n%s\r\n", line);
	const char *at = strstr(sent->text, with_ends);

	return at != NULL && at < body(sent) && strstr(at + 2, with_ends) == NULL;
}

static void assert_header(struct sent *sent, const char *line)
{
	if (!has_header(sent, line))
		fail_msg("%s is not in\n%s", line, sent->text);
}

static void json_is_sent_with_its_length(void **state)
{
	struct sent *sent = *state;
	struct json_object *value = json_object_new_object();

	json_add_text(value, "a", "\xC3\xBC/");
	response_json(&sent->response, value);
	json_object_put(value); /* the text was copied */
	answer_send(sent);
	assert_memory_equal(sent->text, "Status: 200 OK\r\n", 16);
	assert_header(sent, "Content-Type: application/json; charset=utf-8");
	assert_header(sent, "Content-Length: 11");
	assert_string_equal(body(sent), "{\"a\":\"\xC3\xBC/\"}");
}

static void text_is_sent_as_text(void **state)
{
	struct sent *sent = *state;

	response_text(&sent->response, "null");
	answer_send(sent);
	assert_header(sent, "Content-Type: text/plain; charset=utf-8");
	assert_header(sent, "Content-Length: 4");
	assert_string_equal(body(sent), "null");
}

static void every_answer_has_the_safety_headers(void **state)
{
	struct sent *sent = *state;

	for (int i = 0; i < 2; i++) {
		if (i == 0)
			response_text(&sent->response, "x");
		else
			response_empty(&sent->response);
		answer_send(sent);
		assert_header(sent, "X-Content-Type-Options: nosniff");
		assert_header(sent, "Cache-Control: no-store");
	}
}

static void no_content_has_neither_body_nor_type(void **state)
{
	struct sent *sent = *state;

	response_text(&sent->response, "dropped");
	response_empty(&sent->response);
	answer_send(sent);
	assert_memory_equal(sent->text, "Status: 204 No Content\r\n", 24);
	assert_null(strstr(sent->text, "\r\nContent-Type"));
	assert_null(strstr(sent->text, "Content-Length"));
	assert_string_equal(body(sent), "");
}

static void head_has_the_length_but_not_the_body(void **state)
{
	struct sent *sent = *state;

	sent->request.head = true;
	response_text(&sent->response, "null");
	answer_send(sent);
	assert_header(sent, "Content-Length: 4");
	assert_string_equal(body(sent), "");
}

static void the_request_id_is_sent_when_nginx_has_none(void **state)
{
	struct sent *sent = *state;

	response_text(&sent->response, "x");
	answer_send(sent);
	assert_null(strstr(sent->text, "X-Request-Id")); /* nginx adds its own */
	sent->request.id_is_ours = true;
	answer_send(sent);
	assert_header(sent, "X-Request-Id: the-id");
}

static void headers_are_added_up_to_a_bound(void **state)
{
	struct sent *sent = *state;

	response_text(&sent->response, "x");
	response_header(&sent->response, "Location", "/session/x");
	for (int i = 0; i < RESPONSE_HEADERS_MAX + 5; i++)
		response_header(&sent->response, "X-More", "y");
	answer_send(sent);
	assert_header(sent, "Location: /session/x");
	assert_int_equal(sent->response.header_count, RESPONSE_HEADERS_MAX);
}

/* Sends `error` as an answer and gives its member "error". Clears `error`. */
static struct json_object *error_body(struct sent *sent, struct error *error)
{
	struct json_object *document;
	struct error ignored = {0};

	response_error(&sent->response, error);
	error_clear(error);
	answer_send(sent);
	assert_true(json_parse(sent->arena, body(sent), strlen(body(sent)), &document, &ignored));
	assert_int_equal(json_object_object_length(document), 1);
	assert_header(sent, "Content-Type: application/json; charset=utf-8");
	return json_member(document, "error", json_type_object);
}

static void each_kind_has_its_status_and_name(void **state)
{
	static const struct {
		enum error_kind kind;
		int status;
		const char *name;
		const char *first_line;
	} kinds[] = {
	    {ERROR_MALFORMED, 400, "BadRequestError", "Status: 400 Bad Request\r\n"},
	    {ERROR_UNAUTHENTICATED, 401, "UnauthorizedError", "Status: 401 Unauthorized\r\n"},
	    {ERROR_FORBIDDEN, 403, "ForbiddenError", "Status: 403 Forbidden\r\n"},
	    {ERROR_NOT_FOUND, 404, "NotFoundError", "Status: 404 Not Found\r\n"},
	    {ERROR_METHOD, 405, "MethodNotAllowedError", "Status: 405 Method Not Allowed\r\n"},
	    {ERROR_NOT_ACCEPTABLE, 406, "NotAcceptableError", "Status: 406 Not Acceptable\r\n"},
	    {ERROR_CONFLICT, 409, "ConflictError", "Status: 409 Conflict\r\n"},
	    {ERROR_TOO_LARGE, 413, "PayloadTooLargeError", "Status: 413 Content Too Large\r\n"},
	    {ERROR_MEDIA_TYPE, 415, "UnsupportedMediaTypeError",
		"Status: 415 Unsupported Media Type\r\n"},
	    {ERROR_INVALID, 422, "UnprocessableEntityError",
		"Status: 422 Unprocessable Content\r\n"},
	    {ERROR_INTERNAL, 500, "InternalServerError", "Status: 500 Internal Server Error\r\n"},
	    {ERROR_PROVIDER, 502, "BadGatewayError", "Status: 502 Bad Gateway\r\n"},
	    {ERROR_UNAVAILABLE, 503, "ServiceUnavailableError",
		"Status: 503 Service Unavailable\r\n"},
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct sent *sent = *state;
		struct error error = {0};
		struct json_object *told;
		int64_t status = 0;

		sent->response = (struct response){.arena = sent->arena};
		error_set(&error, kinds[i].kind, "What happened.");
		told = error_body(sent, &error);
		assert_int_equal(error_status(kinds[i].kind), kinds[i].status);
		assert_int_equal(sent->response.status, kinds[i].status);
		assert_memory_equal(sent->text, kinds[i].first_line, strlen(kinds[i].first_line));
		assert_true(json_integer_member(told, "statusCode", &status));
		assert_int_equal(status, kinds[i].status);
		assert_string_equal(json_text_member(told, "name"), kinds[i].name);
		if (kinds[i].kind != ERROR_INTERNAL)
			assert_string_equal(json_text_member(told, "message"), "What happened.");
		assert_false(json_object_object_get_ex(told, "code", NULL));
		assert_false(json_object_object_get_ex(told, "details", NULL));
	}
}

static void a_500_tells_no_internals(void **state)
{
	struct error error = {0};

	error_set(&error, ERROR_INTERNAL, "table meetings is gone");
	assert_null(strstr(json_text_member(error_body(*state, &error), "message"), "meetings"));
}

static void code_and_details_are_sent(void **state)
{
	struct error error = {0};
	struct json_object *told, *detail, *info = json_object_new_object();

	json_add_integer(info, "limit", 255);
	error_fault(&error, "/extId", "maxLength", info, "extId is too long.");
	error_fault(&error, "/data", "type", NULL, "data must be text.");
	told = error_body(*state, &error);
	assert_string_equal(json_text_member(told, "code"), "VALIDATION_FAILED");
	assert_int_equal(
	    json_object_array_length(json_member(told, "details", json_type_array)), 2);
	detail = json_object_array_get_idx(json_member(told, "details", json_type_array), 0);
	assert_string_equal(json_text(detail), "{\"path\":\"/extId\",\"code\":\"maxLength\","
					       "\"message\":\"extId is too long.\","
					       "\"info\":{\"limit\":255}}");
	detail = json_object_array_get_idx(json_member(told, "details", json_type_array), 1);
	assert_non_null(json_member(detail, "info", json_type_object));
}

static void unavailable_says_when_to_try_again(void **state)
{
	struct sent *sent = *state;
	struct error error = {0};

	error_set(&error, ERROR_UNAVAILABLE, "x");
	error_body(sent, &error);
	assert_header(sent, "Retry-After: 1");
	sent->response = (struct response){.arena = sent->arena};
	error_set(&error, ERROR_CONFLICT, "x");
	error.retry_after = 7;
	error_body(sent, &error);
	assert_header(sent, "Retry-After: 7");
	sent->response = (struct response){.arena = sent->arena};
	error_set(&error, ERROR_CONFLICT, "x");
	error_body(sent, &error);
	assert_null(strstr(sent->text, "Retry-After"));
}

static void a_401_challenges_as_rfc_6750_says(void **state)
{
	struct sent *sent = *state;
	struct error error = {0};
	struct json_object *told;

	error_set_code(&error, ERROR_UNAUTHENTICATED, NULL, "x");
	error_body(sent, &error);
	assert_header(sent, "WWW-Authenticate: Bearer");
	sent->response = (struct response){.arena = sent->arena};
	error_set_code(&error, ERROR_UNAUTHENTICATED, "expired", "x");
	told = error_body(sent, &error);
	assert_header(sent, "WWW-Authenticate: Bearer error=\"invalid_token\", "
			    "error_description=\"expired\"");
	assert_false(json_object_object_get_ex(told, "code", NULL));
}

static void a_message_is_cut_between_characters(void **state)
{
	struct sent *sent = *state;

	for (size_t shift = 0; shift < 2; shift++) {
		char text[ERROR_MESSAGE_MAX * 2] = "x";
		struct error error = {0};
		const char *message;

		for (size_t i = shift; i + 2 < sizeof text; i += 2)
			memcpy(text + i, "\xC3\xBC", 3);
		sent->response = (struct response){.arena = sent->arena};
		error_set(&error, ERROR_MALFORMED, "%s", text);
		/* error_body() has read the answer with the strict reader. */
		message = json_text_member(error_body(sent, &error), "message");
		assert_true(strlen(message) >= ERROR_MESSAGE_MAX - 2);
	}
}

static void a_message_may_contain_the_one_before(void **state)
{
	struct error error = {0};

	(void)state;
	error_set(&error, ERROR_MALFORMED, "inner");
	error_set(&error, ERROR_PROVIDER, "outer: %s", error.message);
	assert_string_equal(error.message, "outer: inner");
	error_clear(&error);
	assert_int_equal(error.kind, ERROR_NONE);
}

static void what_a_client_accepts_has_a_weight(void **state)
{
	static const struct {
		const char *accept;
		unsigned json, text;
	} cases[] = {
	    {NULL, 1000, 1000},
	    {"", 0, 0},
	    {"*/*", 1000, 1000},
	    {"application/json", 1000, 0},
	    {"text/plain", 0, 1000},
	    {"text/*", 0, 1000},
	    {"application/json, text/plain", 1000, 1000},
	    {"APPLICATION/JSON;Q=0.5", 500, 0},
	    {"application/json;q=0.5, text/plain;q=0.51", 500, 510},
	    {"application/json; q=0.5 , */*;q=0.1", 500, 100},
	    {"*/*, text/plain;q=0", 1000, 0},
	    {"text/*;q=0.2, text/plain;q=0.9, */*;q=0.3", 300, 900},
	    {"application/json;charset=utf-8;q=0.7", 700, 0},
	    {"application/json;q=0", 0, 0},
	    {"application/json;q=1.000", 1000, 0},
	    {"application/json;q=x", 0, 0},
	    {"application/json;q=2", 0, 0},
	    {"application/json;q=1.5", 0, 0},
	    {"application/json;q=", 0, 0},
	    {"application/jsonp", 0, 0},
	    {"application/jso", 0, 0},
	    {"application", 0, 0},
	    {"image/png, ,", 0, 0},
	    {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 800, 800},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		unsigned json = accept_weight(cases[i].accept, "application/json");
		unsigned text = accept_weight(cases[i].accept, "text/plain");

		if (json != cases[i].json || text != cases[i].text)
			fail_msg("%s: %u and %u", cases[i].accept, json, text);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(json_is_sent_with_its_length),
	    TEST(text_is_sent_as_text),
	    TEST(every_answer_has_the_safety_headers),
	    TEST(no_content_has_neither_body_nor_type),
	    TEST(head_has_the_length_but_not_the_body),
	    TEST(the_request_id_is_sent_when_nginx_has_none),
	    TEST(headers_are_added_up_to_a_bound),
	    TEST(each_kind_has_its_status_and_name),
	    TEST(a_500_tells_no_internals),
	    TEST(code_and_details_are_sent),
	    TEST(unavailable_says_when_to_try_again),
	    TEST(a_401_challenges_as_rfc_6750_says),
	    TEST(a_message_is_cut_between_characters),
	    TEST(a_message_may_contain_the_one_before),
	    TEST(what_a_client_accepts_has_a_weight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
