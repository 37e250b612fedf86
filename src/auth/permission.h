/* The permissions that a bearer token may hold. */
#ifndef CONFAB_AUTH_PERMISSION_H
#define CONFAB_AUTH_PERMISSION_H

#include <stddef.h>

/* All permissions. The route table says which operation needs which. */
extern const char *const permission_names[];
extern const size_t permission_count;

#endif
