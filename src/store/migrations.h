/* Bringing the tables up to date with the files in sql/. */
#ifndef CONFAB_STORE_MIGRATIONS_H
#define CONFAB_STORE_MIGRATIONS_H

#include "store/db.h"

/* Applies the files NNNN-name.sql of `dir` that the database does not have yet, in order, and calls
 * `report` (may be NULL) before each. May be started twice at once: each statement in the files can
 * be run again, and what says "exists already" counts as done. `*applied` counts the files. */
bool migrations_apply(struct db *db, struct arena *arena, const char *dir,
    void (*report)(const char *file), unsigned *applied, struct error *error);

/* The newest version the database has ("0001-tables"), NULL for none at all. */
bool migrations_version(
    struct db *db, struct arena *arena, const char **version, struct error *error);

/* The version that this program was written for: the newest file in sql/. */
#define MIGRATIONS_NEWEST "0011-erasure"

/* Are the tables as new as this program, or newer? ERROR_UNAVAILABLE, with what to do, if not. */
bool migrations_check(struct db *db, struct arena *arena, struct error *error);

#endif
