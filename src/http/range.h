/* The header Range: a piece of a file (RFC 9110, section 14). */
#ifndef CONFAB_HTTP_RANGE_H
#define CONFAB_HTTP_RANGE_H

#include <stdint.h>

enum range_kind {
	RANGE_WHOLE, /* the whole file: there is no header, or it counts as absent */
	RANGE_PIECE,
	RANGE_NONE, /* the file has no byte of this range, or it cannot be read */
};

struct range {
	enum range_kind kind;
	int64_t from, size; /* of RANGE_PIECE */
};

/* Reads the header's value; NULL: there is none. `size` is the file's. Several ranges, and other
 * units than bytes, count as absent, as the RFC allows (and as nginx does with max_ranges 1). */
struct range range_read(const char *value, int64_t size);

#endif
