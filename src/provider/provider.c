/* The table of providers: a new one adds its line here. */
#include "provider/provider.h"

#include <string.h>

static const struct provider *const providers[] = {
    &provider_janus,
};

const struct provider *provider_find(const char *name)
{
	for (size_t i = 0; i < sizeof providers / sizeof providers[0]; i++) {
		if (strcmp(providers[i]->name, name) == 0)
			return providers[i];
	}
	return NULL;
}

bool provider_can(
    const struct provider *provider, unsigned feature, const char *what, struct error *error)
{
	return (provider->features & feature) != 0 ||
	       error_set_code(error, ERROR_MALFORMED, "NOT_SUPPORTED",
		   "The provider of this service's media cannot %s.", what);
}
