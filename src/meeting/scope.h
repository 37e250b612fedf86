/* The meetings that a caller sees, with their attendees and archives. */
#ifndef CONFAB_MEETING_SCOPE_H
#define CONFAB_MEETING_SCOPE_H

/* A tenant sees its own meetings and those of no tenant. */
struct scope {
	const char *tenant; /* NULL: all meetings (for operators and for the service itself) */
};

#define SCOPE_ALL ((struct scope){.tenant = NULL})

/* A meeting (by its link) or an archive (by its id), as a caller names it. Outside of the scope it
 * counts as not existing: every function that looks one up takes a scope. */
struct target {
	struct scope scope;
	const char *name;
};

#endif
