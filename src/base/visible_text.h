/* Text that people see, such as names: one rule for it, and whether two of them look alike. */
#ifndef CONFAB_BASE_VISIBLE_TEXT_H
#define CONFAB_BASE_VISIBLE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum visible_fault {
	VISIBLE_GOOD,
	VISIBLE_EMPTY,     /* nothing in it can be seen */
	VISIBLE_FORBIDDEN, /* it holds `forbidden` */
};

struct visible_text {
	const char *text;   /* in the arena; only when it is good */
	size_t characters;  /* code points of `text` */
	uint32_t forbidden; /* the first character that no such text may hold */
	enum visible_fault fault;
};

/* Reads `len` bytes of valid UTF-8 without NUL as text for people: normalises it (NFC) and removes
 * blanks and invisible characters at both ends. Forbidden are control characters, line and
 * paragraph separators, characters that turn the direction of the text around them (embedding,
 * override, isolate), tags that do not belong to a flag, and code points that never are characters.
 * Joiners and emoji that are newer than the library are fine. */
struct visible_text visible_text_read(struct arena *arena, const char *text, size_t len);

/* The same for text that must not be refused any more, as it is stored or signed already: removes
 * the forbidden characters. NULL when `text` is NULL or nothing in it can be seen. Plain text comes
 * back as it is, borrowed. */
const char *visible_text_clean(struct arena *arena, const char *text);

/* Does this code point leave a mark on the screen (or, as combining marks do, change one)? Blanks
 * and invisible characters do not. Unassigned ones count as visible. */
bool visible_character(uint32_t character);

enum {
	LOOK_SIZE = 33, /* bytes of a digest in hex, with a NUL */
};

/* How a text looks, as two digests: two texts look alike if they have the first or the second in
 * common. Letter case, width, blanks, invisible characters and letters that are easily confused
 * (Latin, Greek and Cyrillic a; 1, l and I) make no difference. Two are needed: capital letters are
 * confused with others than their small letters. */
struct look {
	char shape[LOOK_SIZE];  /* confusable letters first, then letter case */
	char folded[LOOK_SIZE]; /* letter case first, then confusable letters */
};
struct look visible_text_look(struct arena *arena, const char *text);

#endif
