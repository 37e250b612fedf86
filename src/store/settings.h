/* The table of settings: what the service itself has to remember. Never a secret. */
#ifndef CONFAB_STORE_SETTINGS_H
#define CONFAB_STORE_SETTINGS_H

#include "store/db.h"

/* When the provider was last (re)started, in microseconds: what it was told before, it has
 * forgotten. */
#define SETTING_PROVIDER_EPOCH "provider.epoch"
/* Where new recordings go, as JSON. */
#define SETTING_STORAGE_TARGET "storage.target"

/* The epoch written in this text; 0 for NULL. */
int64_t setting_epoch(const char *value);

/* The setting's value, NULL if it is not set. */
enum db_outcome setting_get(
    struct db *db, struct arena *arena, const char *name, const char **value);

enum db_outcome setting_put(struct db *db, const char *name, const char *value, int64_t now);

/* Raises the epoch to `epoch`; it never falls, so that late and repeated events do no harm. */
enum db_outcome setting_raise_epoch(struct db *db, int64_t epoch, int64_t now);

#endif
