/* Reads a storage target from a body. */
#ifndef CONFAB_API_STORAGE_TARGET_H
#define CONFAB_API_STORAGE_TARGET_H

#include "api/body.h"
#include "meeting/storage_target.h"

/* Reads the target. The caller then calls body_close(): if it is true, `*target` is good. With
 * `http_allowed` addresses may be http://. confab(7), ARCHIVES, has the rules. */
void storage_target_read(struct body *body, bool http_allowed, struct storage_target *target);

#endif
