/* What an invited person may know of a meeting before it opens. */
#ifndef CONFAB_SERVICE_VISIT_H
#define CONFAB_SERVICE_VISIT_H

#include "base/arena.h"
#include "base/config.h"
#include "meeting/meeting.h"

struct json_object;

/* The meeting's time and what visit_read() finds in its extMetadata; BRAND_NAME, BRAND_COLOR and
 * BRAND_LOGO where the meeting has no branding of its own. A new object; NULL: there is nothing to
 * tell. */
struct json_object *visit_json(
    const struct config *config, struct arena *arena, const struct meeting *meeting);

/* Have BRAND_COLOR and BRAND_LOGO the right form? */
bool visit_check_settings(const struct config *config, struct error *error);

#endif
