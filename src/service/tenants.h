/* Tenants: giving meetings that have no tenant to one. */
#ifndef CONFAB_SERVICE_TENANTS_H
#define CONFAB_SERVICE_TENANTS_H

#include "base/clock.h"
#include "service/service.h"

/* The first step may have to read the whole table of meetings. */
#define TENANTS_STATEMENT_MAX HOUR

/* Which meetings to give to which tenant. */
struct assignment {
	const char *tenant;
	const char *creator; /* the meetings' createdBy, letter for letter */
	bool dry_run;        /* only count them */
};

/* Gives the meetings to the tenant, in batches. `*total` counts those that were given, also before
 * an error. The service needs its database alone. */
bool tenant_assign(struct service *service, const struct assignment *assignment,
    unsigned long long *total, struct error *error);

#endif
