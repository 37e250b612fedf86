/* The version of Janus: should the operator replace it? */
#ifndef CONFAB_PROVIDER_JANUS_SOFTWARE_H
#define CONFAB_PROVIDER_JANUS_SOFTWARE_H

#include "provider/provider.h"

/* The provider's software(): asks the Admin API for the version, and CONFAB_JANUS_DIR for the time
 * of the last update. */
bool janus_software(void *state, struct arena *arena, const struct media_server *server,
    int64_t timeout, struct software *software, struct error *error);

/* Judges a version ("1.4.1"; "": not known) and the time of the last update (TIME_NONE: not known),
 * at `now`. The text lies in the arena. */
struct software janus_software_judge(
    struct arena *arena, const char *version, int64_t updated, int64_t now);

#endif
