/* The storage target: where recordings go. */
#ifndef CONFAB_SERVICE_STORAGE_TARGET_H
#define CONFAB_SERVICE_STORAGE_TARGET_H

#include "meeting/act.h"
#include "meeting/storage_target.h"
#include "service/service.h"

/* Tries the target, and keeps it. ERROR_UNAVAILABLE, naming the setting, without credentials for
 * it; ERROR_MALFORMED when it refuses a small object. */
bool storage_target_set(struct service *service, struct arena *arena, const struct act *act,
    const struct storage_target *target, struct error *error);

#endif
