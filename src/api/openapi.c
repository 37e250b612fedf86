/* GET /openapi.json: the description of the interface. */
#include "api/openapi.h"

#include <string.h>

#include "api/request_context.h"
#include "api/routes.h"

bool openapi_get(struct request_context *context, struct error *error)
{
	size_t len = 0;
	char *text, *end;

	(void)error;
	for (size_t i = 0; i < openapi_line_count; i++)
		len += strlen(openapi_lines[i]);
	text = end = arena_alloc(context->arena, len + 1);
	for (size_t i = 0; i < openapi_line_count; i++)
		end = stpcpy(end, openapi_lines[i]);
	context->response->status = 200;
	context->response->content_type = "application/json; charset=utf-8";
	context->response->body = text;
	context->response->body_len = len;
	return true;
}
