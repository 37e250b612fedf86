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
	while (outbox->bytes > OUTBOX_MAX)
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

uint64_t transaction_hash(const char *transaction)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

	for (; *transaction != '\0'; transaction++)
		hash = (hash ^ (unsigned char)*transaction) * UINT64_C(1099511628211);
	return hash == 0 ? 1 : hash;
}

bool outbox_request_is_repeated(struct outbox *outbox, const char *transaction)
{
	uint64_t hash = transaction_hash(transaction);

	for (unsigned i = 0; i < OUTBOX_REQUESTS; i++) {
		if (outbox->requests[i].hash == hash && outbox->requests[i].is_old)
			return true;
	}
	outbox->requests[outbox->next_request].hash = hash;
	outbox->requests[outbox->next_request].is_old = false;
	outbox->next_request = (outbox->next_request + 1) % OUTBOX_REQUESTS;
	return false;
}

void outbox_come_back(struct outbox *outbox)
{
	for (unsigned i = 0; i < OUTBOX_REQUESTS; i++)
		outbox->requests[i].is_old = true;
}

void outbox_clear(struct outbox *outbox)
{
	while (outbox->first != NULL)
		first_drop(outbox);
}
