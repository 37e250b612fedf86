/* GET /openapi.json: the description of the interface. */
#include "api/openapi.h"

#include <string.h>

#include "api/call.h"
#include "api/routes.h"

bool openapi_get(struct call *call, struct error *error)
{
	size_t len = 0;
	char *text, *end;

	(void)error;
	for (size_t i = 0; i < openapi_line_count; i++)
		len += strlen(openapi_lines[i]);
	text = end = arena_alloc(call->arena, len + 1);
	for (size_t i = 0; i < openapi_line_count; i++)
		end = stpcpy(end, openapi_lines[i]);
	call->response->status = 200;
	call->response->content_type = "application/json; charset=utf-8";
	call->response->body = text;
	call->response->body_len = len;
	return true;
}
