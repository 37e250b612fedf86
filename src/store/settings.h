/* The table of settings: values that the service remembers. It never holds a secret. */
#ifndef CONFAB_STORE_SETTINGS_H
#define CONFAB_STORE_SETTINGS_H

#include "store/db.h"

/* The provider's last start, in microseconds. The provider has forgotten everything from before. */
#define SETTING_PROVIDER_EPOCH "provider.epoch"
/* The storage target of new recordings, as JSON. */
#define SETTING_STORAGE_TARGET "storage.target"

/* The epoch in this text; 0 for NULL. */
int64_t setting_epoch(const char *value);

/* The value of the setting; NULL when it is not set. */
enum db_outcome setting_get(
    struct db *db, struct arena *arena, const char *name, const char **value);

enum db_outcome setting_put(struct db *db, const char *name, const char *value, int64_t now);

/* Raises the epoch to `epoch`. It never falls, so late and repeated events do no harm. */
enum db_outcome setting_raise_epoch(struct db *db, int64_t epoch, int64_t now);

#endif
