/* Why a message or a connection is refused. */
#ifndef CONFAB_GATE_REFUSAL_H
#define CONFAB_GATE_REFUSAL_H

#include <stdbool.h>

enum {
	REFUSAL_MAX = 200, /* bytes of a refusal's reason, NUL included */
};

/* Codes of refusals: Janus' own where there is one for it. */
enum refusal_code {
	REFUSED_IDENTITY = 403,
	REFUSED_FIELD = 405, /* not in the table */
	REFUSED_SIZE = 413,
	REFUSED_LIMIT = 429,
	REFUSED_VERB = 453, /* no such verb or request */
	REFUSED_JSON = 454,
	REFUSED_MISSING = 456,
	REFUSED_SESSION = 458,
	REFUSED_HANDLE = 459,
	REFUSED_TYPE = 467,
};

struct refusal {
	enum refusal_code code;
	char reason[REFUSAL_MAX];
};

/* Fills the refusal; false, so that a function can end with it. */
__attribute__((format(printf, 3, 4))) bool refuse(
    struct refusal *refusal, enum refusal_code code, const char *format, ...);

/* The same for a field of this name, which may come from the page: it is not allowed, it has a
 * wrong type or is too large, it is missing. */
bool refuse_field(struct refusal *refusal, const char *name);
bool refuse_type(struct refusal *refusal, const char *name);
bool refuse_missing(struct refusal *refusal, const char *name);

#endif
