/* The codes of short links. */
#include "meeting/invite_code.h"

#include <string.h>

/* Crockford's Base32: without I, L and O, which look like digits, and without U. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

enum {
	CHARACTER_BITS = 5,
};

void invite_code_write(
    const unsigned char bytes[static INVITE_CODE_BYTES], char code[static INVITE_CODE_LEN + 1])
{
	unsigned bits = 0, held = 0; /* the last `held` bits of `bits` are not written yet */
	size_t len = 0;

	for (size_t i = 0; i < INVITE_CODE_BYTES; i++) {
		bits = bits << 8 | bytes[i];
		held += 8;
		while (held >= CHARACTER_BITS) {
			held -= CHARACTER_BITS;
			code[len++] = alphabet[bits >> held & (sizeof alphabet - 2)];
		}
	}
	code[len] = '\0';
}

/* The character of the alphabet that this one stands for; others as they are. */
static char character_read(char character)
{
	if (character >= 'A' && character <= 'Z')
		character = (char)(character - 'A' + 'a');
	switch (character) {
	case 'o':
		return '0';
	case 'i':
	case 'l':
		return '1';
	default:
		return character;
	}
}

void invite_code_digest(
    struct arena *arena, const char *text, unsigned char digest[static SHA256_SIZE])
{
	char *code = arena_alloc(arena, strlen(text) + 1);
	size_t len = 0;

	for (; *text != '\0'; text++) {
		if (*text != ' ' && *text != '-')
			code[len++] = character_read(*text);
	}
	sha256(code, len, digest);
}
