/* The table of settings: values that the service remembers. It never holds a secret. */
#ifndef CONFAB_STORE_SETTINGS_H
#define CONFAB_STORE_SETTINGS_H

#include "store/db.h"

/* The epoch of the only media server of earlier versions, in microseconds. */
#define SETTING_PROVIDER_EPOCH "provider.epoch"
/* The storage target of new recordings, as JSON. */
#define SETTING_STORAGE_TARGET "storage.target"

/* The value of the setting; NULL when it is not set. */
enum db_outcome setting_get(
    struct db *db, struct arena *arena, const char *name, const char **value);

enum db_outcome setting_put(struct db *db, const char *name, const char *value, int64_t now);

/* Removes the setting, if it is set. */
enum db_outcome setting_delete(struct db *db, const char *name);

#endif
