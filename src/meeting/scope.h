/* Which meetings a caller sees, and with them which attendees and archives. */
#ifndef CONFAB_MEETING_SCOPE_H
#define CONFAB_MEETING_SCOPE_H

/* A tenant sees its own meetings and those of no tenant. */
struct scope {
	const char *tenant; /* NULL: all meetings, for operators and the service itself */
};

#define SCOPE_ALL ((struct scope){.tenant = NULL})

/* A meeting (by its link) or an archive (by its id) as a caller names it. What is there but not in
 * the scope is not found, as if it was not there: so no function looks one up without a scope. */
struct target {
	struct scope scope;
	const char *name;
};

#endif
