/* The storage target: the remote place for recordings. */
#ifndef CONFAB_SERVICE_STORAGE_TARGET_H
#define CONFAB_SERVICE_STORAGE_TARGET_H

#include "meeting/act.h"
#include "meeting/storage_target.h"
#include "service/service.h"

/* Tries the target with a small object, then keeps it. ERROR_UNAVAILABLE if credentials are
 * missing: the message names the setting. ERROR_MALFORMED if the target refuses the object. */
bool storage_target_set(struct service *service, struct arena *arena, const struct act *act,
    const struct storage_target *target, struct error *error);

/* Forgets the target: files of new recordings stay on their host. Archives keep the target that
 * they have. */
bool storage_target_drop(
    struct service *service, struct arena *arena, const struct act *act, struct error *error);

#endif
