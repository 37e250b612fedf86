/* HTTP requests of the gate; the work is libcurl's. */
#include "gate/outward.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/buffer.h"
#include "base/clock.h"

enum {
	CONNECT_LIMIT = 2000, /* milliseconds */
	IDLE_MAX = 8,         /* connections that are kept */
	ANSWER_START = 1024,  /* bytes that an answer has room for at first */
};

struct outward {
	struct gate *gate;
	CURLM *multi;
	struct timer timer;
	struct exchange *exchanges;
};

struct exchange {
	struct outward *outward;
	struct exchange *next, *previous;
	CURL *curl;
	struct curl_slist *headers;
	outward_done *done; /* NULL: nobody wants it any more */
	void *owner;
	struct arena *arena; /* of the answer */
	struct buffer answer;
	size_t answer_max;
};

/* A socket of libcurl's. */
struct socket_watch {
	struct watch watch;
	struct outward *outward;
};

static void exchange_free(struct exchange *exchange)
{
	struct outward *outward = exchange->outward;

	if (exchange->previous == NULL)
		outward->exchanges = exchange->next;
	else
		exchange->previous->next = exchange->next;
	if (exchange->next != NULL)
		exchange->next->previous = exchange->previous;
	curl_multi_remove_handle(outward->multi, exchange->curl);
	curl_easy_cleanup(exchange->curl);
	curl_slist_free_all(exchange->headers);
	arena_free(exchange->arena);
	free(exchange);
}

static void exchange_end(struct exchange *exchange, CURLcode outcome)
{
	long status = 0;

	if (outcome == CURLE_OK)
		curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &status);
	if (exchange->done != NULL)
		exchange->done(
		    exchange->owner, status, exchange->answer.text, exchange->answer.len);
	exchange_free(exchange);
}

static void ended_take(struct outward *outward)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(outward->multi, &left)) != NULL) {
		struct exchange *exchange;
		CURLcode outcome = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
		exchange_end(exchange, outcome);
	}
}

static void act(struct outward *outward, curl_socket_t fd, int events)
{
	int running;

	curl_multi_socket_action(outward->multi, fd, events, &running);
	ended_take(outward);
}

static void outward_fire(void *owner)
{
	act(owner, CURL_SOCKET_TIMEOUT, 0);
}

static void socket_ready(void *owner, uint32_t events)
{
	struct socket_watch *socket = owner;
	int what = 0;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		what |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	act(socket->outward, socket->watch.fd, what);
}

static int socket_set(CURL *curl, curl_socket_t fd, int what, void *context, void *known)
{
	struct outward *outward = context;
	struct loop *loop = outward->gate->loop;
	struct socket_watch *socket = known;
	uint32_t events = 0;

	(void)curl;
	if (what == CURL_POLL_REMOVE) {
		if (socket != NULL) {
			loop_unwatch(loop, &socket->watch);
			curl_multi_assign(outward->multi, fd, NULL);
			loop_later(loop, free, socket);
		}
		return 0;
	}
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= EPOLLOUT;
	if (socket != NULL) {
		loop_change(loop, &socket->watch, events);
		return 0;
	}
	socket = calloc(1, sizeof *socket);
	if (socket == NULL)
		abort();
	*socket = (struct socket_watch){
	    .watch = {.fd = fd, .ready = socket_ready, .owner = socket}, .outward = outward};
	curl_multi_assign(outward->multi, fd, socket);
	loop_watch(loop, &socket->watch, events);
	return 0;
}

static int time_set(CURLM *multi, long milliseconds, void *context)
{
	struct outward *outward = context;
	struct loop *loop = outward->gate->loop;

	(void)multi;
	if (milliseconds < 0)
		timer_stop(loop, &outward->timer);
	else
		timer_set(loop, &outward->timer, clock_monotonic() + milliseconds * MILLISECOND);
	return 0;
}

struct outward *outward_new(struct gate *gate)
{
	struct outward *outward = calloc(1, sizeof *outward);

	if (outward == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
	outward->gate = gate;
	outward->timer = (struct timer){.fire = outward_fire, .owner = outward};
	outward->multi = curl_multi_init();
	if (outward->multi == NULL)
		abort();
	curl_multi_setopt(outward->multi, CURLMOPT_SOCKETFUNCTION, socket_set);
	curl_multi_setopt(outward->multi, CURLMOPT_SOCKETDATA, outward);
	curl_multi_setopt(outward->multi, CURLMOPT_TIMERFUNCTION, time_set);
	curl_multi_setopt(outward->multi, CURLMOPT_TIMERDATA, outward);
	curl_multi_setopt(outward->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_MAX);
	return outward;
}

void outward_free(struct outward *outward)
{
	struct exchange *next;

	for (struct exchange *exchange = outward->exchanges; exchange != NULL; exchange = next) {
		next = exchange->next;
		exchange_free(exchange);
	}
	curl_multi_cleanup(outward->multi);
	timer_stop(outward->gate->loop, &outward->timer);
	curl_global_cleanup();
	free(outward);
}

void outward_forget(struct exchange *exchange)
{
	if (exchange != NULL)
		exchange->done = NULL;
}

static size_t answer_take(char *bytes, size_t one, size_t len, void *context)
{
	struct exchange *exchange = context;

	(void)one;
	if (len > exchange->answer_max - exchange->answer.len)
		return 0;
	buffer_put(&exchange->answer, bytes, len);
	return len;
}

static struct exchange *exchange_new(struct outward *outward, const struct outward_call *call,
    const char *base, outward_done *done, void *owner)
{
	struct exchange *exchange = calloc(1, sizeof *exchange);
	CURL *curl = curl_easy_init();

	if (exchange == NULL || curl == NULL)
		abort();
	*exchange = (struct exchange){.outward = outward,
	    .next = outward->exchanges,
	    .curl = curl,
	    .done = done,
	    .owner = owner,
	    .arena = arena_new(),
	    .answer_max = call->answer_max};
	exchange->answer = buffer_new(exchange->arena, ANSWER_START);
	if (exchange->next != NULL)
		exchange->next->previous = exchange;
	outward->exchanges = exchange;
	exchange->headers = curl_slist_append(NULL, "Content-Type: application/json");
	exchange->headers = curl_slist_append(exchange->headers, "Expect:");
	curl_easy_setopt(
	    curl, CURLOPT_URL, arena_printf(exchange->arena, "%s%s", base, call->path));
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	if (*outward->gate->config->gate_tls_ca != '\0')
		curl_easy_setopt(curl, CURLOPT_CAINFO, outward->gate->config->gate_tls_ca);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(call->limit / MILLISECOND));
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_LIMIT);
	/* With a size libcurl copies without a limit. */
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(call->body));
	curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, call->body);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, answer_take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
	curl_easy_setopt(curl, CURLOPT_PRIVATE, exchange);
	return exchange;
}

static struct exchange *exchange_start(struct exchange *exchange)
{
	curl_easy_setopt(exchange->curl, CURLOPT_HTTPHEADER, exchange->headers);
	/* libcurl starts from its timer, not from here. */
	if (curl_multi_add_handle(exchange->outward->multi, exchange->curl) != CURLM_OK)
		abort();
	return exchange;
}

struct exchange *outward_pool(
    struct outward *outward, const struct outward_call *call, outward_done *done, void *owner)
{
	const struct config *config = outward->gate->config;
	struct exchange *exchange = exchange_new(outward, call, config->gate_pool_url, done, owner);

	exchange->headers = curl_slist_append(exchange->headers,
	    arena_printf(exchange->arena, "Authorization: Bearer %s", config->gate_secret));
	return exchange_start(exchange);
}

struct exchange *outward_webhook(
    struct outward *outward, const struct outward_call *call, outward_done *done, void *owner)
{
	const struct config *config = outward->gate->config;
	struct exchange *exchange = exchange_new(outward, call, config->gate_pool_url, done, owner);

	curl_easy_setopt(exchange->curl, CURLOPT_USERNAME, config->janus_event_user);
	curl_easy_setopt(exchange->curl, CURLOPT_PASSWORD, config->janus_event_password);
	return exchange_start(exchange);
}

struct exchange *outward_admin(
    struct outward *outward, const struct outward_call *call, outward_done *done, void *owner)
{
	return exchange_start(
	    exchange_new(outward, call, outward->gate->config->janus_admin_url, done, owner));
}
