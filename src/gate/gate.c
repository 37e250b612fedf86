/* confab-gate: stands between nginx and one Janus. It knows whose each connection is, lets through
 * what its table allows, and brings events both ways. */
#include "gate/gate.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "auth/join_token.h"
#include "base/clock.h"
#include "base/log.h"
#include "gate/client.h"
#include "gate/control.h"
#include "gate/echo_places.h"
#include "gate/events.h"
#include "gate/janus_side.h"
#include "gate/ledger.h"
#include "gate/outward.h"
#include "gate/pool.h"
#include "gate/room.h"
#include "gate/session.h"

enum {
	ACCEPT_MAX = 64,   /* connections of one round */
	SECRET_MIN = 32,   /* bytes of GATE_SECRET and GATE_JOIN_KEY */
	TABLE_START = 256, /* entries that a table has room for at first */
};

#define ACCEPT_PAUSE (100 * MILLISECOND) /* when there are no descriptors left */

/* A listening socket. */
struct door {
	struct gate *gate;
	struct watch watch;
	struct timer timer;
	void (*accept)(struct gate *gate, int fd);
};

struct doors {
	struct door all[2 * ADDRESSES_MAX];
	size_t count;
};

static void door_fire(void *owner)
{
	struct door *door = owner;

	loop_change(door->gate->loop, &door->watch, EPOLLIN);
}

static void door_ready(void *owner, uint32_t events)
{
	struct door *door = owner;

	(void)events;
	for (int i = 0; i < ACCEPT_MAX; i++) {
		int fd = accept4(door->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			door->accept(door->gate, fd);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
			loop_change(door->gate->loop, &door->watch, 0);
			timer_set(door->gate->loop, &door->timer,
			    loop_now(door->gate->loop) + ACCEPT_PAUSE);
			return;
		} else if (errno != ECONNABORTED && errno != EINTR) {
			return;
		}
	}
}

static bool doors_open(struct gate *gate, struct doors *doors, const char *text,
    const char *setting, void (*accept)(struct gate *, int), struct error *error)
{
	struct address addresses[ADDRESSES_MAX];
	size_t count;

	if (!addresses_read(text, setting, addresses, &count, error))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct door *door = &doors->all[doors->count];
		int fd = address_listen(&addresses[i]);

		if (fd < 0)
			return error_set(error, ERROR_INTERNAL, "%s: cannot listen: %s", setting,
			    strerror(errno));
		*door = (struct door){.gate = gate,
		    .watch = {.fd = fd, .ready = door_ready, .owner = door},
		    .timer = {.fire = door_fire, .owner = door},
		    .accept = accept};
		loop_watch(gate->loop, &door->watch, EPOLLIN);
		doors->count++;
	}
	return true;
}

static void doors_close(struct doors *doors)
{
	for (size_t i = 0; i < doors->count; i++) {
		timer_stop(doors->all[i].gate->loop, &doors->all[i].timer);
		close(doors->all[i].watch.fd);
	}
}

static void key_free(struct lh_entry *entry)
{
	free((void *)(uintptr_t)lh_entry_k(entry));
}

static bool need(const char *value, const char *name, struct error *error)
{
	return *value != '\0' || error_set(error, ERROR_INTERNAL, "%s: is missing", name);
}

static bool settings_check(const struct config *config, struct error *error)
{
	if (!need(config->gate_state_dir, "GATE_STATE_DIR", error) ||
	    !need(config->janus_token_secret, "JANUS_TOKEN_SECRET", error) ||
	    !need(config->janus_event_user, "JANUS_EVENT_USER", error) ||
	    !need(config->janus_event_password, "JANUS_EVENT_PASSWORD", error) ||
	    !need(config->janus_admin_url, "JANUS_ADMIN_URL", error))
		return false;
	if (strlen(config->gate_join_key) < SECRET_MIN)
		return error_set(error, ERROR_INTERNAL,
		    "GATE_JOIN_KEY: is missing (confabctl gate-key prints it)");
	return strlen(config->gate_secret) >= SECRET_MIN ||
	       error_set(
		   error, ERROR_INTERNAL, "GATE_SECRET: must be at least %d bytes", SECRET_MIN);
}

/* What it can do without its parts. */
static void gate_init(struct gate *gate, const struct config *config)
{
	*gate = (struct gate){.config = config,
	    .loop = loop_new(),
	    .arena = arena_new(),
	    .rooms = lh_kchar_table_new(TABLE_START, NULL),
	    .sessions = lh_kchar_table_new(TABLE_START, key_free),
	    .addresses = lh_kchar_table_new(TABLE_START, key_free),
	    .janus_queue = janus_queue_new()};
	join_key_load(config->gate_join_key, &gate->join_key);
	derive(gate->arena, config->gate_join_key, "ticket", "", NULL, gate->ticket_key);
	gate->echo_places = calloc(1, sizeof *gate->echo_places);
	if (gate->echo_places == NULL)
		abort();
	gate->outward = outward_new(gate);
	gate->pool = pool_new(gate);
}

static bool gate_open(struct gate *gate, struct doors *doors, struct error *error)
{
	const struct config *config = gate->config;
	size_t count;

	if (!addresses_read(config->gate_janus, "GATE_JANUS", &gate->janus, &count, error))
		return false;
	gate->ledger = ledger_open(gate, error);
	if (gate->ledger == NULL)
		return false;
	gate->events = events_open(gate, error);
	return gate->events != NULL &&
	       doors_open(
		   gate, doors, config->gate_control, "GATE_CONTROL", control_accept, error) &&
	       doors_open(gate, doors, config->gate_listen, "GATE_LISTEN", client_accept, error);
}

/* Pages come back to the next gate: Janus keeps their sessions for a minute. */
static void connections_end(struct gate *gate)
{
	struct client *next;
	struct lh_entry *at;

	lh_foreach(gate->rooms, at)
	{
		const struct room *room = lh_entry_v(at);

		while (room->sessions != NULL)
			session_abandon(room->sessions);
	}
	while (gate->echoes != NULL)
		session_abandon(gate->echoes);
	for (struct client *client = gate->clients; client != NULL; client = next) {
		next = client->next;
		client_cut(client);
	}
}

static void gate_close(struct gate *gate)
{
	connections_end(gate);
	controls_end(gate);
	loop_settle(gate->loop);
	if (gate->events != NULL)
		events_close(gate->events);
	if (gate->ledger != NULL)
		ledger_close(gate->ledger);
	pool_free(gate->pool);
	outward_free(gate->outward);
	free(gate->echo_places);
	lh_table_free(gate->rooms);
	lh_table_free(gate->sessions);
	lh_table_free(gate->addresses);
	loop_free(gate->loop);
	janus_queue_free(gate->janus_queue);
	key_clear(&gate->join_key);
	arena_free(gate->arena);
}

static void signal_take(void *owner, uint32_t events)
{
	(void)events;
	loop_end(owner);
}

static void round_end(void *owner)
{
	struct gate *gate = owner;

	arena_reset(gate->arena);
}

static void gate_run(struct gate *gate)
{
	struct watch signals = {.ready = signal_take, .owner = gate->loop};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	loop_watch(gate->loop, &signals, EPOLLIN);
	gate->started_at = loop_now(gate->loop);
	log_event("info", "confab-gate is ready");
	loop_run(gate->loop, round_end, gate);
	close(signals.fd);
}

/* Two for each connection, and as many as the system allows. */
static void descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	struct config config;
	struct error error = {0};
	struct doors doors = {0};
	struct gate gate;
	bool good;

	if (argc > 1) {
		puts(
		    "Usage: confab-gate\n\nThe signalling gate beside a Janus. Settings come from "
		    "the environment and from the\nfile that CONFAB_CONF names (default " CONFAB_GATE_CONF_FILE
		    ").");
		return strcmp(argv[1], "--help") == 0 ? 0 : 2;
	}
	if (!config_load(&config, CONFAB_GATE_CONF_FILE, &error) ||
	    !settings_check(&config, &error)) {
		fprintf(stderr, "confab-gate: %s\n", error.message);
		config_free(&config);
		return 2;
	}
	descriptors_raise();
	gate_init(&gate, &config);
	good = gate_open(&gate, &doors, &error);
	if (good)
		gate_run(&gate);
	else
		fprintf(stderr, "confab-gate: %s\n", error.message);
	doors_close(&doors);
	gate_close(&gate);
	config_free(&config);
	return good ? 0 : 2;
}
