/* Text: UTF-8, percent-encoding, and comparisons. */
#ifndef CONFAB_BASE_TEXT_H
#define CONFAB_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length in bytes (1 to 4) of the UTF-8 sequence at `text`; 0 when it is not valid (RFC 3629:
 * overlong forms, surrogates and characters beyond U+10FFFF are not). `len` is at least 1. */
size_t utf8_sequence(const char *text, size_t len);

/* The same, and the character. A byte that is not part of a valid sequence counts as U+FFFD. */
size_t utf8_next(const char *text, size_t len, uint32_t *character);

/* Is all of the text valid UTF-8? Empty text is. */
bool utf8_valid(const char *text, size_t len);

/* The number of characters in valid UTF-8. */
size_t utf8_length(const char *text, size_t len);

/* The number of bytes of the first `characters` characters of valid UTF-8, or of all when it has
 * fewer. */
size_t utf8_bytes(const char *text, size_t characters);

/* Decodes %XX in place and adds a NUL (at most at text[len]). With `plus`, `+` becomes a blank, as
 * in forms. `*len` becomes the new length. False for a wrong escape, a NUL, or a result that is not
 * UTF-8. */
bool percent_decode(char *text, size_t *len, bool plus);

/* Are the texts equal, or both NULL? */
bool text_equal(const char *a, const char *b);

/* Are these bytes equal? For secrets: the time does not depend on the bytes, only on the lengths.
 * */
bool secret_equal(const char *a, size_t a_len, const char *b, size_t b_len);

/* Is it a letter or digit of ASCII, or one of . _ - ? */
bool character_plain(char character);

/* Has the text 1 to `max` of these, and nothing else? So it can be in a path as it is. */
bool text_plain(const char *text, size_t max);

#endif
