/* The form of the route table, and how a path is found in it. */
#ifndef CONFAB_HTTP_ROUTER_H
#define CONFAB_HTTP_ROUTER_H

#include "http/request.h"

enum {
	ROUTE_PERMISSIONS_MAX = 2,
};

struct request_context; /* what a handler gets; the api's business */

enum route_body {
	BODY_NONE, /* a body is ignored */
	BODY_JSON, /* a JSON object; no body counts as {} */
	BODY_RAW,  /* bytes that the provider reads */
};

enum route_access {
	ACCESS_BEARER,    /* a bearer token with one of `permissions` */
	ACCESS_INVITED,   /* the same, or an invite */
	ACCESS_ATTENDEE,  /* the same, or a join token, for a person who may be in the call now */
	ACCESS_MODERATOR, /* the same as ACCESS_ATTENDEE, for moderators */
	ACCESS_LINK,      /* the same as ACCESS_MODERATOR, or a signed link to a file */
	ACCESS_PUBLIC,    /* anybody */
	ACCESS_PROVIDER,  /* the handler checks the proof of the provider */
	ACCESS_GATE,      /* the signalling gate, which knows GATE_SECRET */
	ACCESS_LOCAL,     /* only through nginx's loopback location; 404 for others */
};

/* One operation. `pattern` has literal segments and {names}: "/session/{meetingLinkId}/token". */
struct route {
	enum method method;
	const char *pattern;
	enum route_access access;
	const char *permissions[ROUTE_PERMISSIONS_MAX]; /* a bearer token needs one of them */
	enum route_body body;
	bool (*handle)(struct request_context *context, struct error *error);
};

/* Finds the row for the request. `*params` are the decoded segments for the {names} of the pattern,
 * in order. A literal segment wins over a {name}. ERROR_NOT_FOUND when no row has the path.
 * ERROR_METHOD when only rows with other methods have it: then `*allow` is the value for the header
 * Allow ("GET, HEAD"). */
bool route_find(const struct route *routes, size_t count, const struct request *request,
    const struct route **route, const struct path_segment *parameters[], const char **allow,
    struct error *error);

#endif
