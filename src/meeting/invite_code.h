/* The codes of short links: 80 random bits as 16 characters that people can read aloud. */
#ifndef CONFAB_MEETING_INVITE_CODE_H
#define CONFAB_MEETING_INVITE_CODE_H

#include "base/arena.h"
#include "base/crypto.h"

enum {
	INVITE_CODE_BYTES = 10,
	INVITE_CODE_LEN = 16, /* characters: each has 5 bits */
	INVITE_CODE_MAX = 64, /* characters of a code as people write it, with blanks and hyphens */
};

/* Writes the code of these random bytes, and a NUL. */
void invite_code_write(
    const unsigned char bytes[static INVITE_CODE_BYTES], char code[static INVITE_CODE_LEN + 1]);

/* The SHA-256 of a code as a person writes it. Letter case, blanks and hyphens do not count; O is
 * read as 0, I and L as 1. Text that is no code has a digest that no code has. */
void invite_code_digest(
    struct arena *arena, const char *text, unsigned char digest[static SHA256_SIZE]);

#endif
