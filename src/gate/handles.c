/* The plugin handles of one session. */
#include "gate/handles.h"

#include <stdlib.h>

void handles_clear(struct handles *handles)
{
	free(handles->list);
	free(handles->attaching);
	*handles = (struct handles){0};
}

void handles_add(struct handles *handles, int64_t id)
{
	handles->list = realloc(handles->list, (handles->count + 1) * sizeof *handles->list);
	if (handles->list == NULL)
		abort();
	handles->list[handles->count++] = (struct handle){.id = id, .use = HANDLE_IDLE};
}

void handles_remove(struct handles *handles, int64_t id)
{
	for (unsigned i = 0; i < handles->count; i++) {
		if (handles->list[i].id == id)
			handles->list[i] = handles->list[--handles->count];
	}
}

void handles_use(struct handles *handles, int64_t id, enum handle_use use)
{
	for (unsigned i = 0; i < handles->count; i++) {
		if (handles->list[i].id == id)
			handles->list[i].use = use;
	}
}

bool handles_have(const struct handles *handles, int64_t id)
{
	for (unsigned i = 0; i < handles->count; i++) {
		if (handles->list[i].id == id)
			return true;
	}
	return false;
}

bool handles_have_room(const struct handles *handles, int64_t max)
{
	return handles->count + handles->attaching_count < max;
}

void handles_attach(struct handles *handles, uint32_t transaction)
{
	handles->attaching = realloc(
	    handles->attaching, (handles->attaching_count + 1) * sizeof *handles->attaching);
	if (handles->attaching == NULL)
		abort();
	handles->attaching[handles->attaching_count++] = transaction;
}

bool handles_attached(struct handles *handles, uint32_t transaction)
{
	for (unsigned i = 0; i < handles->attaching_count; i++) {
		if (handles->attaching[i] == transaction) {
			handles->attaching[i] = handles->attaching[--handles->attaching_count];
			return true;
		}
	}
	return false;
}
