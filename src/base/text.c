/* Text: UTF-8 and percent-encoding. */
#include "base/text.h"

#include <openssl/crypto.h>
#include <string.h>

size_t utf8_sequence(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char low = 0x80, high = 0xBF;
	size_t need;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xC2 && s[0] <= 0xDF)
		need = 2;
	else if (s[0] >= 0xE0 && s[0] <= 0xEF)
		need = 3;
	else if (s[0] >= 0xF0 && s[0] <= 0xF4)
		need = 4;
	else
		return 0;
	/* These ranges exclude overlong forms, surrogates and characters beyond U+10FFFF. */
	if (s[0] == 0xE0)
		low = 0xA0;
	else if (s[0] == 0xED)
		high = 0x9F;
	else if (s[0] == 0xF0)
		low = 0x90;
	else if (s[0] == 0xF4)
		high = 0x8F;
	if (len < need || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < need; i++) {
		if (s[i] < 0x80 || s[i] > 0xBF)
			return 0;
	}
	return need;
}

size_t utf8_next(const char *text, size_t len, uint32_t *character)
{
	static const unsigned char first_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	size_t step = utf8_sequence(text, len);

	if (step == 0) {
		*character = 0xFFFD;
		return 1;
	}
	*character = (unsigned char)text[0] & first_bits[step];
	for (size_t i = 1; i < step; i++)
		*character = *character << 6 | ((unsigned char)text[i] & 0x3F);
	return step;
}

bool utf8_valid(const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t step = utf8_sequence(text + i, len - i);

		if (step == 0)
			return false;
		i += step;
	}
	return true;
}

size_t utf8_length(const char *text, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xC0) != 0x80;
	return count;
}

size_t utf8_bytes(const char *text, size_t characters)
{
	size_t bytes = 0;

	while (text[bytes] != '\0' && characters-- > 0) {
		do
			bytes++;
		while (((unsigned char)text[bytes] & 0xC0) == 0x80);
	}
	return bytes;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool percent_decode(char *text, size_t *len, bool plus)
{
	size_t to = 0;

	for (size_t from = 0; from < *len; from++) {
		char c = text[from];

		if (c == '%') {
			int high, low;

			if (*len - from < 3)
				return false;
			high = hex_digit(text[from + 1]);
			low = hex_digit(text[from + 2]);
			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			from += 2;
		} else if (plus && c == '+') {
			c = ' ';
		}
		if (c == '\0')
			return false;
		text[to++] = c;
	}
	text[to] = '\0';
	*len = to;
	return utf8_valid(text, to);
}

bool text_equal(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool secret_equal(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && CRYPTO_memcmp(a, b, a_len) == 0;
}

bool character_plain(char character)
{
	return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
	       (character >= '0' && character <= '9') ||
	       (character != '\0' && strchr("._-", character) != NULL);
}

bool text_plain(const char *text, size_t max)
{
	size_t len = strlen(text), good = 0;

	while (good < len && character_plain(text[good]))
		good++;
	return len > 0 && len <= max && good == len;
}
