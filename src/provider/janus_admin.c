/* Janus' Admin API: makes a call, and separates answers from errors. The HTTP status of errors is
 * 200 too, and "success" also wraps the errors of the plugin (measured with Janus 1.1.2). */
#include "provider/janus_admin.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/metrics.h"

enum {
	ANSWER_MAX = 16 * 1024 * 1024, /* bytes: list_sessions of a large installation */
};

struct janus_admin janus_admin_of(const void *state, const struct media_server *server)
{
	struct janus_admin admin = *(const struct janus_admin *)state;

	admin.url =
	    server->control_url != NULL ? server->control_url : admin.config->janus_admin_url;
	return admin;
}

static bool message_send(const struct janus_admin *admin, struct arena *arena, const char *path,
    struct json_object *message, int64_t timeout, struct http_answer *answer, struct error *error)
{
	static const char *const headers[] = {"Content-Type: application/json", NULL};
	const char *text = json_text(message);
	struct http_call call = {.method = "POST",
	    .url = arena_printf(arena, "%s%s", admin->url, path),
	    .headers = headers,
	    .body = text,
	    .body_len = strlen(text),
	    .timeout = timeout,
	    .answer_max = ANSWER_MAX};

	if (!http_call(admin->http, arena, &call, answer, error))
		return error_set(error, ERROR_UNAVAILABLE,
		    "The media server is out of reach: %.300s.", error->message);
	return true;
}

static bool answer_parse(struct arena *arena, const struct http_answer *http,
    struct json_object **answer, struct error *error)
{
	struct error nonsense = {0};
	/* Janus' own ids may be beyond 2^53: only the syntax must be right. */
	bool good = json_parse(arena, http->body, http->body_len, answer, &nonsense) ||
		    nonsense.kind == ERROR_INVALID;

	error_clear(&nonsense);
	if (!good || !json_object_is_type(*answer, json_type_object))
		return error_set(
		    error, ERROR_PROVIDER, "The media server's answer cannot be read.");
	return true;
}

/* Reads the core's result of the call: JANUS_OK, or an error code. */
static bool core_code(struct json_object *answer, int *code, struct error *error)
{
	const char *outcome = json_text_member(answer, "janus");
	struct json_object *details = json_member(answer, "error", json_type_object);
	int64_t number = 0;

	*code = JANUS_OK;
	if (outcome != NULL && (strcmp(outcome, "success") == 0 || strcmp(outcome, "pong") == 0 ||
				   strcmp(outcome, "server_info") == 0))
		return true;
	if (outcome == NULL || strcmp(outcome, "error") != 0 ||
	    !json_integer_member(details, "code", &number))
		return error_set(
		    error, ERROR_PROVIDER, "The media server's answer cannot be read.");
	*code = (int)number;
	return true;
}

static struct json_object *message_new(const struct janus_admin *admin, const char *verb)
{
	struct json_object *message = json_object_new_object();

	json_add_text(message, "janus", verb);
	json_add_text(message, "transaction", "confab");
	json_add_text(message, "admin_secret", admin->config->janus_admin_secret);
	return message;
}

bool janus_admin_core(const struct janus_admin *admin, struct arena *arena, const char *verb,
    const char *path, int64_t timeout, int *code, struct json_object **answer, struct error *error)
{
	struct json_object *message = message_new(admin, verb);
	struct http_answer http;
	bool done = message_send(admin, arena, path, message, timeout, &http, error) &&
		    answer_parse(arena, &http, answer, error) && core_code(*answer, code, error);

	json_object_put(message);
	metrics_provider_call(verb, !done);
	return done;
}

static bool plugin_code(
    struct json_object *answer, int *code, struct json_object **response, struct error *error)
{
	int64_t number = 0;

	if (!core_code(answer, code, error))
		return false;
	if (*code != JANUS_OK)
		return error_set(
		    error, ERROR_PROVIDER, "The media server refused a call (code %d).", *code);
	*response = json_member(answer, "response", json_type_object);
	if (*response == NULL)
		return error_set(
		    error, ERROR_PROVIDER, "The media server's answer cannot be read.");
	if (json_integer_member(*response, "error_code", &number))
		*code = (int)number;
	return true;
}

/* Frees `request`. */
static bool plugin_send(const struct janus_admin *admin, struct arena *arena, const char *operation,
    struct json_object *request, struct http_answer *http, struct error *error)
{
	struct json_object *message = message_new(admin, "message_plugin");
	bool sent;

	json_add_text(request, "request", operation);
	json_add_text(message, "plugin", "janus.plugin.videoroom");
	json_object_object_add(message, "request", request);
	sent =
	    message_send(admin, arena, "", message, admin->config->provider_timeout, http, error);
	json_object_put(message);
	return sent;
}

bool janus_admin_plugin(const struct janus_admin *admin, struct arena *arena, const char *operation,
    struct json_object *request, int *code, struct json_object **response, struct error *error)
{
	struct json_object *answer;
	struct http_answer http;
	bool done = plugin_send(admin, arena, operation, request, &http, error) &&
		    answer_parse(arena, &http, &answer, error) &&
		    plugin_code(answer, code, response, error);

	metrics_provider_call(operation, !done);
	return done;
}

/* Inside a JSON string these quotation marks would have a backslash. */
static bool plain_success(const struct http_answer *http)
{
	return strstr(http->body, "\"error\"") == NULL &&
	       strstr(http->body, "\"error_code\"") == NULL &&
	       strstr(http->body, "\"janus\":\"success\"") != NULL;
}

bool janus_admin_plugin_tell(const struct janus_admin *admin, struct arena *arena,
    const char *operation, struct json_object *request, int *code, struct error *error)
{
	struct json_object *answer, *response;
	struct http_answer http;
	bool done = plugin_send(admin, arena, operation, request, &http, error);

	*code = JANUS_OK;
	if (done && !plain_success(&http))
		done = answer_parse(arena, &http, &answer, error) &&
		       plugin_code(answer, code, &response, error);
	metrics_provider_call(operation, !done);
	return done;
}

bool janus_refused(int code, struct error *error)
{
	return error_set(error, ERROR_PROVIDER, "The media server refused a call (code %d).", code);
}
