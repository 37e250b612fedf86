/* Migration: bringing the database's tables up to date. */
#ifndef CONFAB_SERVICE_MIGRATION_H
#define CONFAB_SERVICE_MIGRATION_H

#include "base/clock.h"
#include "service/service.h"

/* A statement may have to build a large table anew; no request waits for it. */
#define MIGRATION_STATEMENT_MAX (24 * HOUR)

/* Applies the SQL files of `dir` that the database does not have yet, in order, and calls `report`
 * before each. `*applied` counts the files. The service needs its database alone. */
bool migration_apply(struct service *service, const char *dir, void (*report)(const char *file),
    unsigned *applied, struct error *error);

#endif
