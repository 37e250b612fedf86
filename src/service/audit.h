/* Audit entries: who changed what, when ADD_AUDIT_LOG_MIXIN is on. */
#ifndef CONFAB_SERVICE_AUDIT_H
#define CONFAB_SERVICE_AUDIT_H

#include "meeting/act.h"
#include "service/service.h"

/* What was done to what. */
struct audit_entry {
	const char *entity; /* "meeting", "archive", "grant", "setting" */
	const char *entity_id;
	const char *action;
	const char *before, *after; /* JSON or NULL */
};

/* In the transaction that makes the change: adds the entry, if the service keeps an audit log. */
enum db_outcome audit_write(
    const struct service *service, const struct act *act, const struct audit_entry *entry);

/* The meeting's fields as JSON text for `before` and `after`, in the arena. */
const char *audit_meeting(struct arena *arena, const struct meeting *meeting);

#endif
