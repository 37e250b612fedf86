/* Reading a storage target from a body. */
#ifndef CONFAB_API_STORAGE_TARGET_H
#define CONFAB_API_STORAGE_TARGET_H

#include "api/body.h"
#include "meeting/storage_target.h"

/* Reads the target; the caller closes the body, and `*target` is good when that says so. Addresses
 * may be http:// where `http_allowed`. What is taken is in confab(7), ARCHIVES. */
void storage_target_read(struct body *body, bool http_allowed, struct storage_target *target);

#endif
