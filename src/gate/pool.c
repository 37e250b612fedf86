/* Asking the service whether identities may come in. */
#include "gate/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "gate/outward.h"
#include "gate/session.h"

enum {
	FLIGHT_MAX =
	    200, /* identities of one request: JOIN_TOKEN_MAX each, and the service takes 1 MiB */
	ANSWER_MAX = 1024 * 1024, /* bytes */
};

#define ASK_LIMIT (3 * SECOND)
#define ASK_AGAIN (5 * SECOND)

struct pool {
	struct gate *gate;
	struct session *first, *last;       /* that are unanswered */
	struct session *flight[FLIGHT_MAX]; /* that the request under way is for; NULL: gone */
	size_t flight_count;
	struct exchange *exchange; /* NULL: no request is under way */
	struct timer timer;
	bool away;
};

static void ask_start(struct pool *pool);

static void pool_fire(void *owner)
{
	ask_start(owner);
}

struct pool *pool_new(struct gate *gate)
{
	struct pool *pool = calloc(1, sizeof *pool);

	if (pool == NULL)
		abort();
	pool->gate = gate;
	pool->timer = (struct timer){.fire = pool_fire, .owner = pool};
	return pool;
}

void pool_free(struct pool *pool)
{
	outward_forget(pool->exchange);
	timer_stop(pool->gate->loop, &pool->timer);
	free(pool);
}

bool pool_is_away(const struct pool *pool)
{
	return pool->away;
}

static void unasked(struct pool *pool, struct session *session)
{
	if (!session->is_asked)
		return;
	session->is_asked = false;
	*(session->ask_previous == NULL ? &pool->first : &session->ask_previous->ask_next) =
	    session->ask_next;
	*(session->ask_next == NULL ? &pool->last : &session->ask_next->ask_previous) =
	    session->ask_previous;
}

void pool_forget(struct pool *pool, struct session *session)
{
	unasked(pool, session);
	if (session->flight_place > 0)
		pool->flight[session->flight_place - 1] = NULL;
	session->flight_place = 0;
}

static void flight_end(struct pool *pool)
{
	for (size_t i = 0; i < pool->flight_count; i++) {
		if (pool->flight[i] != NULL)
			pool->flight[i]->flight_place = 0;
	}
	pool->flight_count = 0;
	pool->exchange = NULL;
}

static bool verdict_read(struct json_object *one, enum verdict *verdict, enum role *role)
{
	static const struct {
		const char *name;
		enum verdict verdict;
	} states[] = {{"admitted", VERDICT_ADMITTED}, {"waiting", VERDICT_WAITING},
	    {"removed", VERDICT_REMOVED}, {"ended", VERDICT_ENDED}};
	const char *state = json_text_member(one, "state");
	const char *name = json_text_member(one, "role");

	for (size_t i = 0; state != NULL && i < sizeof states / sizeof states[0]; i++) {
		if (strcmp(states[i].name, state) == 0) {
			*verdict = states[i].verdict;
			return *verdict != VERDICT_ADMITTED ||
			       (name != NULL && role_parse(name, role));
		}
	}
	return false;
}

/* One verdict for each session of the request, in its order. */
static bool answer_take(struct pool *pool, const char *body, size_t len)
{
	struct error nonsense = {0};
	struct json_object *answer, *list;
	bool good = json_parse(pool->gate->arena, body, len, &answer, &nonsense);

	error_clear(&nonsense);
	list = good ? json_member(answer, "connections", json_type_array) : NULL;
	if (list == NULL || json_object_array_length(list) != pool->flight_count)
		return false;
	for (size_t i = 0; i < pool->flight_count; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		struct session *session = pool->flight[i];
		enum role role = ROLE_SUBSCRIBER;
		enum verdict verdict;
		int64_t seq = -1;

		if (session == NULL || !verdict_read(one, &verdict, &role))
			continue; /* it is asked for again */
		json_integer_member(one, "seq", &seq);
		pool_forget(pool, session);
		session_verdict(session, verdict, role, seq);
	}
	return true;
}

static void answer_none(struct pool *pool)
{
	for (size_t i = 0; i < pool->flight_count; i++) {
		if (pool->flight[i] != NULL)
			session_unanswered(pool->flight[i]);
	}
}

static void answered(void *owner, long status, const char *body, size_t len)
{
	struct pool *pool = owner;

	pool->away = status != 200 || !answer_take(pool, body, len);
	if (pool->away)
		answer_none(pool);
	flight_end(pool);
	if (pool->first != NULL)
		timer_set(pool->gate->loop, &pool->timer,
		    loop_now(pool->gate->loop) + (pool->away ? ASK_AGAIN : 0));
}

static const char *question_write(struct pool *pool)
{
	struct json_writer writer = json_writer_new(pool->gate->arena, JSON_START);

	json_write_object(&writer, NULL);
	json_write_array(&writer, "tokens");
	for (struct session *session = pool->first;
	     session != NULL && pool->flight_count < FLIGHT_MAX; session = session->ask_next) {
		json_write_text(&writer, NULL, session->identity.token);
		pool->flight[pool->flight_count++] = session;
		session->flight_place = pool->flight_count;
	}
	json_close_array(&writer);
	json_close_object(&writer);
	return writer.buffer.text;
}

static void ask_start(struct pool *pool)
{
	const struct outward_call call = {.path = "/internal/connections",
	    .body = question_write(pool),
	    .limit = ASK_LIMIT,
	    .answer_max = ANSWER_MAX};

	pool->exchange = outward_pool(pool->gate->outward, &call, answered, pool);
}

void pool_ask(struct pool *pool, struct session *session)
{
	if (session->is_asked)
		return;
	session->is_asked = true;
	session->ask_next = NULL;
	session->ask_previous = pool->last;
	*(pool->last == NULL ? &pool->first : &pool->last->ask_next) = session;
	pool->last = session;
	session->asked_at = loop_now(pool->gate->loop);
	if (pool->away)
		session_unanswered(session);
	if (pool->exchange == NULL && pool->timer.place == 0)
		timer_set(pool->gate->loop, &pool->timer,
		    loop_now(pool->gate->loop) + (pool->away ? ASK_AGAIN : 0));
}
