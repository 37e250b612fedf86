/* Finds a path in the route table. */
#include "http/router.h"

#include <string.h>

/* How a pattern fits a path: NO_FIT, or the number of segments that a {name} takes. 0 is a path
 * that equals the pattern. */
enum { NO_FIT = -1 };

static int pattern_fit(
    const char *pattern, const struct request *request, const struct path_segment *parameters[])
{
	int names = 0;

	for (size_t i = 0; i < request->path_len; i++) {
		const struct path_segment *segment = &request->path[i];
		size_t len;

		if (*pattern != '/')
			return NO_FIT;
		pattern++;
		len = strcspn(pattern, "/");
		if (*pattern == '{')
			parameters[names++] = segment;
		else if (len != segment->len || memcmp(pattern, segment->text, len) != 0)
			return NO_FIT;
		pattern += len;
	}
	return *pattern == '\0' ? names : NO_FIT;
}

static bool fits_better(int fit, int best)
{
	return fit != NO_FIT && (best == NO_FIT || fit < best);
}

/* The methods of all rows with this pattern, in the order of the table. HEAD follows GET. */
static const char *methods_list(
    const struct route *routes, size_t count, const char *pattern, struct arena *arena)
{
	char *list = arena_strdup(arena, "");

	for (size_t i = 0; i < count; i++) {
		if (strcmp(routes[i].pattern, pattern) != 0)
			continue;
		list = arena_printf(arena, "%s%s%s%s", list, *list == '\0' ? "" : ", ",
		    method_name(routes[i].method), routes[i].method == METHOD_GET ? ", HEAD" : "");
	}
	return list;
}

bool route_find(const struct route *routes, size_t count, const struct request *request,
    const struct route **route, const struct path_segment *parameters[], const char **allow,
    struct error *error)
{
	const struct path_segment *taken[PATH_SEGMENTS_MAX];
	const char *best_pattern = NULL;
	int best = NO_FIT;

	*route = NULL;
	for (size_t i = 0; i < count; i++) {
		int fit = pattern_fit(routes[i].pattern, request, taken);

		if (fits_better(fit, best)) {
			best = fit;
			best_pattern = routes[i].pattern;
			*route = NULL;
		}
		if (fit != best || fit == NO_FIT || routes[i].method != request->method)
			continue;
		*route = &routes[i];
		memcpy(parameters, taken, (size_t)fit * sizeof *taken);
	}
	if (best_pattern == NULL)
		return error_set(error, ERROR_NOT_FOUND, "There is nothing at this path.");
	if (*route != NULL)
		return true;
	*allow = methods_list(routes, count, best_pattern, request->arena);
	return error_set(error, ERROR_METHOD, "This path does not take the method.");
}
