/* Text that people see, such as names: which text is allowed, and which texts look alike. */
#ifndef CONFAB_BASE_VISIBLE_TEXT_H
#define CONFAB_BASE_VISIBLE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum visible_fault {
	VISIBLE_GOOD,
	VISIBLE_EMPTY,     /* it has no visible character */
	VISIBLE_FORBIDDEN, /* it contains `forbidden` */
};

struct visible_text {
	const char *text;   /* in the arena; NULL when there is a fault */
	size_t characters;  /* code points of `text` */
	uint32_t forbidden; /* the first character that is not allowed */
	enum visible_fault fault;
};

/* Reads `len` bytes of valid UTF-8 without NUL as text for people: normalises it (NFC) and removes
 * blanks and invisible characters at both ends. Forbidden are control characters, line and
 * paragraph separators, characters that change the direction of the text around them (embedding,
 * override, isolate), tags outside of a flag, and code points that are never characters. Joiners
 * are allowed, and emoji that the library does not know yet. */
struct visible_text visible_text_read(struct arena *arena, const char *text, size_t len);

/* The same for text that is already stored or signed, and so cannot be refused: removes the
 * forbidden characters. NULL when `text` is NULL or has no visible character. Plain text is
 * returned as it is (borrowed). */
const char *visible_text_clean(struct arena *arena, const char *text);

/* Does this code point change what is on the screen? Combining marks do; blanks and invisible
 * characters do not. Unassigned code points count as visible. */
bool visible_character(uint32_t character);

enum {
	LOOK_SIZE = 33, /* bytes of a digest as hex, NUL included */
};

/* The look of a text, as two digests: two texts look alike when they have one of the two digests in
 * common. Letter case, width, blanks, invisible characters and letters that are easily confused
 * (Latin, Greek and Cyrillic a; 1, l and I) make no difference. There are two, because a capital
 * letter is confused with other letters than its small letter. */
struct look {
	char shape[LOOK_SIZE];  /* confusable letters replaced first, then letter case */
	char folded[LOOK_SIZE]; /* letter case first, then confusable letters */
};
struct look visible_text_look(struct arena *arena, const char *text);

#endif
