/* Taking somebody who was put out of a meeting off the provider's list of those who may send. */
#ifndef CONFAB_API_DISMISSAL_H
#define CONFAB_API_DISMISSAL_H

#include "api/call.h"

/* Has the provider let this person send no more. To be called after the ban is committed: whoever
 * lets them in meanwhile looks at it after the provider's call. Should they be readmitted while
 * this is at work, their next token puts them on the list again. */
bool dismissal_carry_out(struct service *service, struct arena *arena,
    const struct meeting *meeting, const char *attendee, struct error *error);

#endif
