/* Looks for answers of Janus' Admin API, and of the gate, that crash the provider. Input: answers,
 * one per line; each call of the provider gets the next one. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/http_client.h"
#include "provider/janus_people.h"
#include "provider/janus_rooms.h"

#define SECRET "0123456789abcdef0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
bool __wrap_http_call(struct http_client *client, struct arena *arena, const struct http_call *call,
    struct http_answer *answer, struct error *error);

static const struct media_server server = {.name = "here"};

static const uint8_t *rest;
static size_t rest_len;

/* Replaces http_call(): the linker's option --wrap sends all calls here. */
bool __wrap_http_call(struct http_client *client, struct arena *arena, const struct http_call *call,
    struct http_answer *answer, struct error *error)
{
	const uint8_t *end = rest_len == 0 ? NULL : memchr(rest, '\n', rest_len);
	size_t len = end == NULL ? rest_len : (size_t)(end - rest);

	(void)client;
	(void)call;
	if (rest_len == 0)
		return error_set(error, ERROR_UNAVAILABLE, "no answer");
	*answer = (struct http_answer){
	    .status = 200, .body = arena_strndup(arena, (const char *)rest, len), .body_len = len};
	len += end != NULL;
	rest += len;
	rest_len -= len;
	return true;
}

static bool grants_give(void *context, struct grant **grants, size_t *count, struct error *error)
{
	static struct grant grant = {
	    .attendee = "ann", .role = ROLE_PUBLISHER, .banned_on = TIME_NONE};

	(void)context;
	(void)error;
	*grants = &grant;
	*count = 1;
	return true;
}

static void outcome_check(bool done, struct error *error)
{
	if (!done && error->kind != ERROR_PROVIDER && error->kind != ERROR_UNAVAILABLE)
		abort();
	error_clear(error);
}

static void people_ask(struct janus_admin *janus, struct arena *arena)
{
	static const char *const known[] = {"42"};
	struct participants participants = {0};
	struct error error = {0};
	bool done = janus_participants(janus, arena, &server, known, 1, &participants, &error);

	for (size_t i = 0; done && i < participants.present_count; i++) {
		const struct presence *presence = &participants.present[i];

		if (presence->session_id == NULL || presence->connection.attendee == NULL ||
		    presence->connection.device == NULL || presence->connection.server == NULL)
			abort();
	}
	for (size_t i = 0; done && i < participants.stray_count; i++) {
		if (participants.strays[i] == NULL)
			abort();
	}
	outcome_check(done, &error);
}

static void rooms_ask(struct janus_admin *janus, struct arena *arena)
{
	struct room *rooms;
	size_t count;
	struct error error = {0};
	bool done = janus_rooms_list(janus, arena, &server, &rooms, &count, &error);

	for (size_t i = 0; done && i < count; i++) {
		if (rooms[i].session_id == NULL)
			abort();
	}
	outcome_check(done, &error);
}

static void room_use(struct janus_admin *janus, struct arena *arena)
{
	const struct meeting meeting = {.session_id = "room", .created_on = SECOND};
	const struct grant grant = {
	    .attendee = "bob", .role = ROLE_MODERATOR, .banned_on = TIME_NONE};
	const struct grant_wish wish = {
	    .meeting = &meeting, .grant = &grant, .grants = grants_give};
	const struct session_ref session = {server, "room"};
	static const char *const connections[] = {"42/43"};
	struct error error = {0};
	bool there;

	outcome_check(janus_room_grant(janus, arena, &session, &wish, &error), &error);
	outcome_check(
	    janus_attendee_mute(janus, arena, &session, connections, 1, true, &there, &error),
	    &error);
	outcome_check(janus_device_remove(janus, arena, &server, "42", &error), &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct config config = {.gate_control = "127.0.0.1:1",
	    .gate_tls_ca = "",
	    .gate_secret = "s",
	    .janus_admin_secret = SECRET,
	    .janus_admin_key = SECRET,
	    .janus_token_secret = SECRET,
	    .service_secret = SECRET,
	    .recordings_dir = "",
	    .provider_timeout = SECOND};
	static void (*const uses[])(struct janus_admin *, struct arena *) = {
	    people_ask, rooms_ask, room_use};

	for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
		struct arena *arena = arena_new();
		struct janus_admin janus = {.config = &config};

		rest = data;
		rest_len = size;
		uses[i](&janus, arena);
		arena_free(arena);
	}
	return 0;
}
