/* The plugin handles of one session. */
#include "gate/handles.h"

#include <stdlib.h>

void handles_clear(struct handles *handles)
{
	free(handles->ids);
	free(handles->attaching);
	*handles = (struct handles){0};
}

void handles_add(struct handles *handles, int64_t id)
{
	handles->ids = realloc(handles->ids, (handles->count + 1) * sizeof *handles->ids);
	if (handles->ids == NULL)
		abort();
	handles->ids[handles->count++] = id;
}

void handles_remove(struct handles *handles, int64_t id)
{
	for (unsigned i = 0; i < handles->count; i++) {
		if (handles->ids[i] == id)
			handles->ids[i] = handles->ids[--handles->count];
	}
}

bool handles_have(const struct handles *handles, int64_t id)
{
	for (unsigned i = 0; i < handles->count; i++) {
		if (handles->ids[i] == id)
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
