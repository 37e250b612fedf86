/* The numbered messages of a session to its page: what the page may not have got yet is kept, so
 * that it can be sent again on a new WebSocket. And which requests the page has sent, so that one
 * that it sends again is not done twice. */
#ifndef CONFAB_GATE_OUTBOX_H
#define CONFAB_GATE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	OUTBOX_MAX = 256 * 1024, /* bytes that are kept */
	OUTBOX_REQUESTS = 32,    /* requests that are known again: one for each bit */
};

struct kept {
	struct kept *next;
	int64_t number;
	size_t len;
	char text[];
};

struct outbox {
	int64_t number; /* of the last message */
	struct kept *first, *last;
	size_t bytes;
	uint32_t requests[OUTBOX_REQUESTS]; /* hashes of transactions */
	uint32_t known, old; /* bits of requests: there is one; it is from before the page came back
			      */
	unsigned next_request;
};

/* Keeps message outbox->number. The oldest are dropped when there is too much. */
void outbox_keep(struct outbox *outbox, const char *text, size_t len);

/* The page has got all messages up to this number. */
void outbox_confirm(struct outbox *outbox, int64_t number);

/* Is all there that comes after message `seen`? */
bool outbox_has_after(const struct outbox *outbox, int64_t seen);

/* Notes a request. True when the page had sent it before it came back: it is not to be done again.
 */
bool outbox_request_is_repeated(struct outbox *outbox, const char *transaction);

/* The page has come back: what it has sent before is old now. */
void outbox_come_back(struct outbox *outbox);

void outbox_clear(struct outbox *outbox);

/* A hash of a transaction, never 0. */
uint32_t transaction_hash(const char *transaction);

#endif
