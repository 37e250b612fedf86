/* Tenants: gives a tenant to meetings that have none. */
#ifndef CONFAB_SERVICE_TENANTS_H
#define CONFAB_SERVICE_TENANTS_H

#include "base/clock.h"
#include "service/service.h"

/* The first step may read the whole table of meetings. */
#define TENANTS_STATEMENT_MAX HOUR

/* The meetings, and the tenant that gets them. */
struct assignment {
	const char *tenant;
	const char *creator; /* the exact createdBy of the meetings */
	bool dry_run;        /* only count them */
};

/* Gives the meetings to the tenant, in batches. `*total` counts the meetings, also after an error.
 * `service` needs no more than service_prepare_database(). */
bool tenant_assign(struct service *service, const struct assignment *assignment,
    unsigned long long *total, struct error *error);

#endif
