/* The plugin handles of one session: those that are there, and those that are being attached. */
#ifndef CONFAB_GATE_HANDLES_H
#define CONFAB_GATE_HANDLES_H

#include <stdbool.h>
#include <stdint.h>

/* What a handle does in the room, by what Janus has said. */
enum handle_use {
	HANDLE_IDLE,
	HANDLE_SENDS,  /* has joined as the participant */
	HANDLE_SCREEN, /* has joined as the participant's screen */
	HANDLE_LISTENS,
};

struct handle {
	int64_t id; /* Janus' */
	enum handle_use use;
};

/* All zero: none. */
struct handles {
	unsigned count, attaching_count;
	struct handle *list;
	uint32_t *attaching; /* hashes of the transactions of `attach` */
};

void handles_clear(struct handles *handles);

void handles_add(struct handles *handles, int64_t id);
void handles_remove(struct handles *handles, int64_t id);
bool handles_have(const struct handles *handles, int64_t id);

/* Says what it does now; an unknown one is passed over. */
void handles_use(struct handles *handles, int64_t id, enum handle_use use);

/* May there be one more, with at most `max`? */
bool handles_have_room(const struct handles *handles, int64_t max);

/* An `attach` with this transaction is under way. */
void handles_attach(struct handles *handles, uint32_t transaction);

/* Was one? Then it is not any more. */
bool handles_attached(struct handles *handles, uint32_t transaction);

#endif
