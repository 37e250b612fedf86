/* Applies the files of sql/ to the database. */
#ifndef CONFAB_STORE_MIGRATIONS_H
#define CONFAB_STORE_MIGRATIONS_H

#include "store/db.h"

/* Applies the files NNNN-name.sql of `dir` that the database does not have yet, in order. Calls
 * `report` (may be NULL) before each file. Two processes may run it at the same time: each
 * statement can run twice, and the error "exists already" counts as success. `*applied` is the
 * number of files. */
bool migrations_apply(struct db *db, struct arena *arena, const char *dir,
    void (*report)(const char *file), unsigned *applied, struct error *error);

/* The newest version in the database ("0001-tables"); NULL when there is none. */
bool migrations_version(
    struct db *db, struct arena *arena, const char **version, struct error *error);

/* The version that this program needs: the newest file in sql/. */
#define MIGRATIONS_NEWEST "0016-invite-codes"

/* Are the tables as new as this program, or newer? If not, ERROR_UNAVAILABLE with what to do. */
bool migrations_check(struct db *db, struct arena *arena, struct error *error);

#endif
