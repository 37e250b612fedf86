/* Janus' Admin API: makes a call, and separates answers from errors. */
#ifndef CONFAB_PROVIDER_JANUS_ADMIN_H
#define CONFAB_PROVIDER_JANUS_ADMIN_H

#include <json-c/json.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "base/http_client.h"
#include "meeting/session_ref.h"

/* The provider's state, and the target of a call. */
struct janus_admin {
	const struct config *config;
	struct http_client *http;
	const char *control; /* the server's gate: "unix:/path", address:port or a URL; NULL in the
				provider's state */
};

/* Makes the target for calls of this server from the provider's state. Borrows the server's text.
 */
struct janus_admin janus_admin_of(const void *state, const struct media_server *server);

/* Codes of the video room plugin and of the core. */
enum {
	JANUS_OK = 0,
	JANUS_NO_ROOM = 426,
	JANUS_ROOM_EXISTS = 427,
	JANUS_NO_USER = 428, /* or the user has no such stream */
	JANUS_NO_SESSION = 458,
};

/* Sends a request to the video room plugin, and frees `request`. On true `*code` is JANUS_OK or the
 * plugin's error code, and `*response` (owned by the arena) the plugin's answer. False if Janus is
 * out of reach (ERROR_UNAVAILABLE) or refuses the call itself (ERROR_PROVIDER). `operation` is the
 * plugin's request and the label of the metrics. */
bool janus_admin_plugin(const struct janus_admin *admin, struct arena *arena, const char *operation,
    struct json_object *request, int *code, struct json_object **response, struct error *error);

/* As janus_admin_plugin(), for requests whose answer is of no interest: a success is not parsed.
 * (Each "allowed" answers with the whole list: 13 kB at 100 entries, 135 kB at 1,000, measured.) */
bool janus_admin_plugin_tell(const struct janus_admin *admin, struct arena *arena,
    const char *operation, struct json_object *request, int *code, struct error *error);

/* Sends a request to the core: {"janus": verb} at `path` ("", "/<session>", "/<session>/<handle>").
 * `*code` is JANUS_OK or the core's error code. */
bool janus_admin_core(const struct janus_admin *admin, struct arena *arena, const char *verb,
    const char *path, int64_t timeout, int *code, struct json_object **answer, struct error *error);

/* The gate's own list: who is connected to the media server. `*answer` has the array "connections";
 * it is owned by the arena. */
bool janus_gate_connections(const struct janus_admin *admin, struct arena *arena,
    struct json_object **answer, struct error *error);

/* Sets the error for an unexpected code. Returns false. */
bool janus_refused(int code, struct error *error);

/* Tells the gate in front of this server (struct provider, gate_tell). */
bool janus_gate_tell(void *state, struct arena *arena, const struct media_server *server,
    const char *path, const char *body, int64_t limit, struct error *error);

#endif
