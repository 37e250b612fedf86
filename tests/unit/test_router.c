/* Finding a path in a route table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/router.h"

static const struct route table[] = {
    {METHOD_POST, "/session", ACCESS_BEARER, {"A"}, BODY_JSON, NULL},
    {METHOD_PATCH, "/session/{link}", ACCESS_BEARER, {"B"}, BODY_JSON, NULL},
    {METHOD_PATCH, "/session/{link}/end", ACCESS_BEARER, {"C"}, BODY_NONE, NULL},
    {METHOD_GET, "/archives", ACCESS_BEARER, {"D"}, BODY_NONE, NULL},
    {METHOD_GET, "/archives/{id}", ACCESS_BEARER, {"E"}, BODY_NONE, NULL},
    {METHOD_DELETE, "/archives/{id}", ACCESS_BEARER, {"F"}, BODY_NONE, NULL},
    {METHOD_PUT, "/archives/storage-target", ACCESS_BEARER, {"G"}, BODY_JSON, NULL},
    {METHOD_GET, "/{a}/x/{b}", ACCESS_PUBLIC, {NULL}, BODY_NONE, NULL},
};

static const size_t rows = sizeof table / sizeof table[0];

struct found {
	struct arena *arena;
	struct request request; /* the parameters point to its segments */
	const struct route *route;
	const struct path_segment *parameters[PATH_SEGMENTS_MAX];
	const char *allow;
	struct error error;
};

static int setup(void **state)
{
	static struct found found;

	found = (struct found){.arena = arena_new()};
	*state = &found;
	return 0;
}

static int teardown(void **state)
{
	struct found *found = *state;

	error_clear(&found->error);
	arena_free(found->arena);
	return 0;
}

/* `path` is a list of decoded segments, with blanks between them. */
static bool find(struct found *found, enum method method, const char *path)
{
	struct request *request = &found->request;

	*request = (struct request){.arena = found->arena, .method = method};
	while (*path != '\0') {
		size_t len = strcspn(path, " ");

		request->path[request->path_len++] = (struct path_segment){
		    .text = arena_strndup(found->arena, path, len), .len = len};
		path += len + (path[len] == ' ');
	}
	error_clear(&found->error);
	found->allow = NULL;
	return route_find(
	    table, rows, request, &found->route, found->parameters, &found->allow, &found->error);
}

static void assert_row(struct found *found, enum method method, const char *path, size_t row)
{
	if (!find(found, method, path))
		fail_msg("%s: %s", path, found->error.message);
	assert_ptr_equal(found->route, &table[row]);
}

static void assert_not_found(struct found *found, enum method method, const char *path)
{
	assert_false(find(found, method, path));
	assert_null(found->route);
	assert_int_equal(found->error.kind, ERROR_NOT_FOUND);
}

static void assert_method(
    struct found *found, enum method method, const char *path, const char *allow)
{
	assert_false(find(found, method, path));
	assert_null(found->route);
	assert_int_equal(found->error.kind, ERROR_METHOD);
	assert_string_equal(found->allow, allow);
}

static void paths_are_found_with_their_parameters(void **state)
{
	struct found *found = *state;

	assert_row(found, METHOD_POST, "session", 0);
	assert_row(found, METHOD_PATCH, "session abc", 1);
	assert_string_equal(found->parameters[0]->text, "abc");
	assert_row(found, METHOD_PATCH, "session abc end", 2);
	assert_string_equal(found->parameters[0]->text, "abc");
	assert_row(found, METHOD_DELETE, "archives 1", 5);
	assert_row(found, METHOD_GET, "p x q", 7);
	assert_string_equal(found->parameters[0]->text, "p");
	assert_string_equal(found->parameters[1]->text, "q");
}

static void other_paths_are_not_found_with_any_method(void **state)
{
	struct found *found = *state;

	assert_not_found(found, METHOD_GET, "");
	assert_not_found(found, METHOD_GET, "nothing");
	assert_not_found(found, METHOD_POST, "session abc token");
	assert_not_found(found, METHOD_PATCH, "session abc end more");
	assert_not_found(found, METHOD_OTHER, "sessio");
	assert_not_found(found, METHOD_POST, "sessions");
}

static void letter_case_counts(void **state)
{
	assert_not_found(*state, METHOD_POST, "Session");
	assert_not_found(*state, METHOD_PATCH, "session abc END");
}

static void another_method_gets_the_allowed_ones(void **state)
{
	struct found *found = *state;

	assert_method(found, METHOD_GET, "session", "POST");
	assert_method(found, METHOD_OPTIONS, "session", "POST");
	assert_method(found, METHOD_OTHER, "session abc end", "PATCH");
}

static void head_is_allowed_where_get_is(void **state)
{
	struct found *found = *state;

	assert_method(found, METHOD_POST, "archives", "GET, HEAD");
	assert_method(found, METHOD_PATCH, "archives 1", "GET, HEAD, DELETE");
}

static void a_literal_wins_over_a_name(void **state)
{
	struct found *found = *state;

	assert_row(found, METHOD_PUT, "archives storage-target", 6);
	assert_method(found, METHOD_GET, "archives storage-target", "PUT");
	assert_method(found, METHOD_DELETE, "archives storage-target", "PUT");
	assert_row(found, METHOD_GET, "archives storage-targets", 4);
}

static void a_slash_inside_a_segment_does_not_end_it(void **state)
{
	struct found *found = *state;

	assert_not_found(found, METHOD_PATCH, "session/abc");
	assert_row(found, METHOD_PATCH, "session abc/end", 1);
	assert_string_equal(found->parameters[0]->text, "abc/end");
}

static void the_text_of_a_name_is_not_special(void **state)
{
	struct found *found = *state;

	assert_row(found, METHOD_PATCH, "session {link}", 1);
	assert_string_equal(found->parameters[0]->text, "{link}");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(paths_are_found_with_their_parameters),
	    TEST(other_paths_are_not_found_with_any_method),
	    TEST(letter_case_counts),
	    TEST(another_method_gets_the_allowed_ones),
	    TEST(head_is_allowed_where_get_is),
	    TEST(a_literal_wins_over_a_name),
	    TEST(a_slash_inside_a_segment_does_not_end_it),
	    TEST(the_text_of_a_name_is_not_special),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
