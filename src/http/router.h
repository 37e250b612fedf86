/* The route table's form, and how a path is looked up in it. */
#ifndef CONFAB_HTTP_ROUTER_H
#define CONFAB_HTTP_ROUTER_H

#include "http/request.h"

enum {
	ROUTE_PERMISSIONS_MAX = 2,
};

struct request_context; /* what a handler gets; the api's business */

enum route_body {
	BODY_NONE, /* ignored */
	BODY_JSON, /* a JSON object; absent or empty is {} */
	BODY_RAW,  /* bytes, for the provider to read */
};

enum route_access {
	ACCESS_BEARER,    /* a bearer token with one of `permissions` */
	ACCESS_INVITED,   /* the same, or an invite */
	ACCESS_MODERATOR, /* the same, or a moderator's invite */
	ACCESS_PUBLIC,    /* anybody */
	ACCESS_PROVIDER,  /* the handler checks the provider's own proof */
	ACCESS_LOCAL,     /* only over nginx's loopback location; 404 for others */
};

/* One operation. `pattern` has literal segments and {names}: "/session/{meetingLinkId}/token". */
struct route {
	enum method method;
	const char *pattern;
	enum route_access access;
	const char *permissions[ROUTE_PERMISSIONS_MAX]; /* of which a bearer token needs one */
	enum route_body body;
	bool (*handle)(struct request_context *context, struct error *error);
};

/* Finds the row for the request. ERROR_NOT_FOUND if no row has the path. ERROR_METHOD if some have
 * it with other methods: `*allow` then is the value for Allow ("GET, HEAD"). With the row,
 * parameters are the decoded segments for its {names}, in order. A literal wins over a name. */
bool route_find(const struct route *routes, size_t count, const struct request *request,
    const struct route **route, const struct segment *parameters[], const char **allow,
    struct error *error);

#endif
