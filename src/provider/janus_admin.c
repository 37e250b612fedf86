/* Janus' Admin API: makes a call, and separates answers from errors. The HTTP status of errors is
 * 200 too, and "success" also wraps the errors of the plugin (measured with Janus 1.1.2). */
#include "provider/janus_admin.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/metrics.h"

enum {
	GATE_ANSWER_MAX = 4096,        /* bytes */
	ANSWER_MAX = 16 * 1024 * 1024, /* bytes: list_sessions of a large installation */
};

/* Where everything for a media server goes: the control socket of its gate, which hands requests of
 * the Admin API on to Janus. */
static const char *control_address(const struct config *config, const struct media_server *server)
{
	return server->control_url != NULL ? server->control_url : config->gate_control;
}

struct janus_admin janus_admin_of(const void *state, const struct media_server *server)
{
	struct janus_admin admin = *(const struct janus_admin *)state;

	admin.control = control_address(admin.config, server);
	return admin;
}

/* Why an answer with this status is none of the gate's, or of Janus'. Between this host and a gate
 * on another one is that host's nginx. */
static const char *status_reason(struct arena *arena, long status)
{
	switch (status) {
	case 401:
		return "its gate has another GATE_SECRET";
	case 403:
		return "its nginx refuses this host";
	case 404:
		return "its control URL does not lead to a gate";
	case 502:
	case 503:
	case 504:
		return "its gate or Janus does not answer";
	default:
		return arena_printf(arena, "its gate answers with %ld", status);
	}
}

/* Sends JSON, or asks (`body` NULL), at the control socket. The host of GATE_CONTROL's first
 * address is this one. True only with status 200. */
static bool control_send(const struct janus_admin *admin, struct arena *arena, const char *path,
    const char *body, int64_t timeout, struct http_answer *answer, struct error *error)
{
	static const char local[] = "unix:";
	const char *control = arena_strndup(arena, admin->control, strcspn(admin->control, ","));
	bool is_local = strncmp(control, local, sizeof local - 1) == 0;
	const char *const headers[] = {"Content-Type: application/json",
	    arena_printf(arena, "Authorization: Bearer %s", admin->config->gate_secret), NULL};
	const struct http_call call = {.method = body == NULL ? "GET" : "POST",
	    .url = arena_printf(arena, "%s%s%s", strstr(control, "://") != NULL ? "" : "http://",
		is_local ? "gate" : control, path),
	    .unix_socket = is_local ? control + sizeof local - 1 : NULL,
	    .headers = headers,
	    .body = body,
	    .body_len = body == NULL ? 0 : strlen(body),
	    .ca_file = *admin->config->gate_tls_ca == '\0' ? NULL : admin->config->gate_tls_ca,
	    .timeout = timeout,
	    .answer_max = ANSWER_MAX};

	if (!http_call(admin->http, arena, &call, answer, error))
		return error_set(error, ERROR_UNAVAILABLE,
		    "The media server is out of reach: %.300s.", error->message);
	return answer->status == 200 ||
	       error_set(error, ERROR_UNAVAILABLE, "The media server is out of reach: %s.",
		   status_reason(arena, answer->status));
}

static bool message_send(const struct janus_admin *admin, struct arena *arena, const char *path,
    struct json_object *message, int64_t timeout, struct http_answer *answer, struct error *error)
{
	return control_send(admin, arena, arena_printf(arena, "/admin%s", path), json_text(message),
	    timeout, answer, error);
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

bool janus_gate_connections(const struct janus_admin *admin, struct arena *arena,
    struct json_object **answer, struct error *error)
{
	struct http_answer http;
	bool done = control_send(admin, arena, "/connections", NULL,
			admin->config->provider_timeout, &http, error) &&
		    answer_parse(arena, &http, answer, error) &&
		    (json_member(*answer, "connections", json_type_array) != NULL ||
			error_set(error, ERROR_PROVIDER, "The gate's answer cannot be read."));

	metrics_provider_call("connections", !done);
	return done;
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

bool janus_gate_tell(void *state, struct arena *arena, const struct media_server *server,
    const char *path, const char *body, int64_t limit, struct error *error)
{
	const struct janus_admin admin = janus_admin_of(state, server);
	struct http_answer answer;

	return control_send(&admin, arena, path, body, limit, &answer, error);
}
