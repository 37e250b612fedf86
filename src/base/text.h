/* Bytes that claim to be text: UTF-8, percent-encoding, and where they may stand. */
#ifndef CONFAB_BASE_TEXT_H
#define CONFAB_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length in bytes (1 to 4) of the UTF-8 sequence at `text`, 0 if there is no valid one: RFC
 * 3629, so no overlong forms, no surrogates, nothing beyond U+10FFFF. `len` is at least 1. */
size_t utf8_sequence(const char *text, size_t len);

/* The same, and the character there; a byte that is part of none counts as U+FFFD. */
size_t utf8_next(const char *text, size_t len, uint32_t *character);

/* Is all of it valid UTF-8? The empty text is. */
bool utf8_valid(const char *text, size_t len);

/* How many characters valid UTF-8 has. */
size_t utf8_length(const char *text, size_t len);

/* How many bytes the first `characters` of valid UTF-8 take, or all of it when it has no more. */
size_t utf8_bytes(const char *text, size_t characters);

/* Decodes %XX in place and ends the result with NUL (there must be room for it at text[len]); with
 * `plus`, `+` becomes a blank as in forms. Gives the new length. False on an invalid escape, a NUL,
 * or a result that is no UTF-8. */
bool percent_decode(char *text, size_t *len, bool plus);

/* Are these the same bytes? Takes the same time whether they are or not (for secrets); only a
 * difference in length shows. */
bool secret_equal(const char *a, size_t a_len, const char *b, size_t b_len);

/* Is it a letter or digit of ASCII, or one of . _ - ? */
bool character_plain(char character);

/* Has the text 1 to `max` of these, and nothing else? So it can be in a path as it is. */
bool text_plain(const char *text, size_t max);

#endif
