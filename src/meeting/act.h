/* An act: its actor, its request and its time. */
#ifndef CONFAB_MEETING_ACT_H
#define CONFAB_MEETING_ACT_H

#include <stddef.h>
#include <stdint.h>

#include "meeting/scope.h"

struct act {
	const char *actor;
	const char *tenant;       /* of the actor; NULL: none, so the actor sees all meetings */
	const char *meeting_link; /* the actor may use only this meeting; NULL: all */
	const char *request_id;   /* a retry of the same request has the same id */
	int64_t at;               /* microseconds */
};

/* The meetings that the actor sees. */
static inline struct scope act_scope(const struct act *act)
{
	return (struct scope){.tenant = act->tenant};
}

/* A meeting (by its link) or an archive (by its id) as the actor names it. */
static inline struct target act_target(const struct act *act, const char *name)
{
	return (struct target){.scope = act_scope(act), .name = name};
}

#endif
