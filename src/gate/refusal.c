/* Why a message or a connection is refused. */
#include "gate/refusal.h"

#include <stdarg.h>
#include <stdio.h>

bool refuse(struct refusal *refusal, enum refusal_code code, const char *format, ...)
{
	va_list args;

	refusal->code = code;
	va_start(args, format);
	vsnprintf(refusal->reason, sizeof refusal->reason, format, args);
	va_end(args);
	return false;
}

bool refuse_field(struct refusal *refusal, const char *name)
{
	return refuse(refusal, REFUSED_FIELD, "The field '%.64s' is not allowed here.", name);
}

bool refuse_type(struct refusal *refusal, const char *name)
{
	return refuse(
	    refusal, REFUSED_TYPE, "The field '%.64s' has a wrong type, or is too large.", name);
}

bool refuse_missing(struct refusal *refusal, const char *name)
{
	return refuse(refusal, REFUSED_MISSING, "The field '%.64s' is missing.", name);
}
