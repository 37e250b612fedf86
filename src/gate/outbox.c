/* The numbered messages of a session to its page, and the page's requests. */
#include "gate/outbox.h"

#include <stdlib.h>
#include <string.h>

static void first_drop(struct outbox *outbox)
{
	struct kept *kept = outbox->first;

	outbox->first = kept->next;
	outbox->bytes -= kept->len;
	free(kept);
}

void outbox_keep(struct outbox *outbox, const char *text, size_t len)
{
	struct kept *kept = malloc(sizeof *kept + len);

	if (kept == NULL)
		abort();
	*kept = (struct kept){.number = outbox->number, .len = len};
	memcpy(kept->text, text, len);
	if (outbox->first == NULL)
		outbox->first = kept;
	else
		outbox->last->next = kept;
	outbox->last = kept;
	outbox->bytes += len;
	while (outbox->first != NULL && outbox->bytes > OUTBOX_MAX)
		first_drop(outbox);
}

void outbox_confirm(struct outbox *outbox, int64_t number)
{
	while (outbox->first != NULL && outbox->first->number <= number)
		first_drop(outbox);
}

bool outbox_has_after(const struct outbox *outbox, int64_t seen)
{
	if (seen < 0 || seen > outbox->number)
		return false;
	return seen == outbox->number ||
	       (outbox->first != NULL && outbox->first->number <= seen + 1);
}

uint32_t transaction_hash(const char *transaction)
{
	uint32_t hash = UINT32_C(2166136261); /* FNV-1a */

	for (; *transaction != '\0'; transaction++)
		hash = (hash ^ (unsigned char)*transaction) * UINT32_C(16777619);
	return hash == 0 ? 1 : hash;
}

bool outbox_request_is_repeated(struct outbox *outbox, const char *transaction)
{
	uint32_t hash = transaction_hash(transaction);
	uint32_t bit = UINT32_C(1) << outbox->next_request;

	for (unsigned i = 0; i < OUTBOX_REQUESTS; i++) {
		if ((outbox->old >> i & 1) != 0 && outbox->requests[i] == hash)
			return true;
	}
	outbox->requests[outbox->next_request] = hash;
	outbox->known |= bit;
	outbox->old &= ~bit;
	outbox->next_request = (outbox->next_request + 1) % OUTBOX_REQUESTS;
	return false;
}

void outbox_come_back(struct outbox *outbox)
{
	outbox->old = outbox->known;
}

void outbox_clear(struct outbox *outbox)
{
	while (outbox->first != NULL)
		first_drop(outbox);
}
