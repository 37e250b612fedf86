/* How many connections an address has that have not said whose they are. */
#include "gate/nameless.h"

#include <stdlib.h>
#include <string.h>

static intptr_t address_count(const struct gate *gate, const char *address)
{
	void *count = NULL;

	lh_table_lookup_ex(gate->addresses, address, &count);
	return (intptr_t)count;
}

static void address_set(struct gate *gate, const char *address, intptr_t count)
{
	struct lh_entry *entry = lh_table_lookup_entry(gate->addresses, address);

	if (entry != NULL && count == 0)
		lh_table_delete_entry(gate->addresses, entry);
	else if (entry != NULL)
		lh_entry_set_val(entry, (void *)count);
	else
		lh_table_insert(gate->addresses, strdup(address), (void *)count);
}

bool nameless_count(struct client *client, const char *address)
{
	struct gate *gate = client->gate;
	intptr_t count = address_count(gate, address);

	if (count >= gate->config->gate_nameless_max)
		return false;
	client->address = strdup(address);
	address_set(gate, address, count + 1);
	return true;
}

void nameless_uncount(struct client *client)
{
	if (client->address == NULL)
		return;
	address_set(
	    client->gate, client->address, address_count(client->gate, client->address) - 1);
	free(client->address);
	client->address = NULL;
}
