/* Audit entries: they name the actor of each change. ADD_AUDIT_LOG_MIXIN switches them on. */
#ifndef CONFAB_SERVICE_AUDIT_H
#define CONFAB_SERVICE_AUDIT_H

#include "meeting/act.h"
#include "service/service.h"

/* One change of one thing. */
struct audit_entry {
	const char *entity; /* "meeting", "archive", "grant", "setting" */
	const char *entity_id;
	const char *action;
	const char *before, *after; /* JSON or NULL */
};

/* Adds the entry, if the service keeps an audit log. Runs in the transaction that makes the change.
 */
enum db_outcome audit_write(
    const struct service *service, const struct act *act, const struct audit_entry *entry);

/* Writes the meeting's fields as JSON text for `before` and `after`, into the arena. */
const char *audit_meeting(struct arena *arena, const struct meeting *meeting);

#endif
