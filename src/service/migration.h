/* Migration: brings the database's tables up to date. */
#ifndef CONFAB_SERVICE_MIGRATION_H
#define CONFAB_SERVICE_MIGRATION_H

#include "base/clock.h"
#include "service/service.h"

/* A statement may rebuild a large table; no request waits for it. */
#define MIGRATION_STATEMENT_MAX (24 * HOUR)

/* Applies the SQL files of `dir` that the database does not have yet, in order. Calls `report`
 * before each file. `*applied` counts the files. If the table has no media server, this adds the
 * one of this host (MEDIA_SERVER). `service` needs no more than service_prepare_database(). */
bool migration_apply(struct service *service, const char *dir, void (*report)(const char *file),
    unsigned *applied, struct error *error);

#endif
