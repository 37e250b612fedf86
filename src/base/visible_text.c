/* Text that people see. ICU does the work (normalisation, confusable characters); it uses UTF-16.
 * */
#include "base/visible_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>

#include "base/crypto.h"

enum {
	BLACK_FLAG = 0x1F3F4, /* begins the flag of a region; tags follow it */
	TAG_FIRST = 0xE0000,
	TAG_LAST = 0xE007F,
};

/* Text in UTF-16. */
struct units {
	UChar *text;
	int32_t len;
};

/* ICU fails only when there is no memory, or when its data are not installed. */
static void icu_check(UErrorCode code)
{
	if (U_SUCCESS(code))
		return;
	fprintf(stderr, "{\"level\":\"error\",\"message\":\"ICU: %s\"}\n", u_errorName(code));
	abort();
}

static struct units units_new(struct arena *arena, int32_t size)
{
	return (struct units){.text = arena_alloc(arena, (size_t)size * sizeof(UChar))};
}

static struct units units_read(struct arena *arena, const char *text, size_t len)
{
	struct units units = units_new(arena, (int32_t)len + 1);
	UErrorCode code = U_ZERO_ERROR;

	u_strFromUTF8(units.text, (int32_t)len + 1, &units.len, text, (int32_t)len, &code);
	icu_check(code);
	return units;
}

static const char *units_write(struct arena *arena, struct units units)
{
	int32_t size = units.len * 3 + 1; /* a UTF-16 unit takes at most three bytes */
	char *text = arena_alloc(arena, (size_t)size);
	UErrorCode code = U_ZERO_ERROR;

	u_strToUTF8(text, size, NULL, units.text, units.len, &code);
	icu_check(code);
	return text;
}

/* An ICU function that says how much room its result needs. */
typedef int32_t units_function(
    const void *tool, struct units from, UChar *to, int32_t size, UErrorCode *code);

static struct units units_apply(
    struct arena *arena, units_function *function, const void *tool, struct units from)
{
	int32_t size = from.len * 2 + 16;

	for (;;) {
		struct units to = units_new(arena, size);
		UErrorCode code = U_ZERO_ERROR;

		to.len = function(tool, from, to.text, size, &code);
		if (code != U_BUFFER_OVERFLOW_ERROR) {
			icu_check(code);
			return to;
		}
		size = to.len + 1;
	}
}

static int32_t normalise(
    const void *tool, struct units from, UChar *to, int32_t size, UErrorCode *code)
{
	return unorm2_normalize(tool, from.text, from.len, to, size, code);
}

static int32_t skeleton(
    const void *tool, struct units from, UChar *to, int32_t size, UErrorCode *code)
{
	return uspoof_getSkeleton(tool, 0, from.text, from.len, to, size, code);
}

typedef const UNormalizer2 *normaliser_get(UErrorCode *code);

static struct units normalised(struct arena *arena, normaliser_get *get, struct units from)
{
	UErrorCode code = U_ZERO_ERROR;
	const UNormalizer2 *normaliser = get(&code);

	icu_check(code);
	return units_apply(arena, normalise, normaliser, from);
}

/* Replaces each character by the one that it is confused with. The table is opened at the first
 * use: that takes milliseconds, and most processes of a plain CGI do not need it. */
static struct units unconfused(struct arena *arena, struct units from)
{
	static USpoofChecker *checker;
	UErrorCode code = U_ZERO_ERROR;

	if (checker == NULL)
		checker = uspoof_open(&code);
	icu_check(code);
	return units_apply(arena, skeleton, checker, from);
}

/* ICU's macros mix signed and unsigned numbers. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"

/* Gives the character at `*i` and moves `*i` after it. */
static UChar32 character_next(struct units units, int32_t *i)
{
	UChar32 c;

	U16_NEXT(units.text, *i, units.len, c);
	return c;
}

/* Gives the character before `*i` and moves `*i` to its start. */
static UChar32 character_previous(struct units units, int32_t *i)
{
	UChar32 c;

	U16_PREV(units.text, 0, *i, c);
	return c;
}

#pragma GCC diagnostic pop

static bool is_tag(UChar32 c)
{
	return c >= TAG_FIRST && c <= TAG_LAST;
}

static bool turns_direction(UChar32 c)
{
	return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x206F);
}

/* Is the character not allowed in text for people, after the character `before` (0 at the start)?
 * */
static bool is_forbidden(UChar32 c, UChar32 before)
{
	switch (u_charType(c)) {
	case U_CONTROL_CHAR:
	case U_LINE_SEPARATOR:
	case U_PARAGRAPH_SEPARATOR:
	case U_SURROGATE:
		return true;
	default:
		break;
	}
	if (is_tag(c))
		return before != BLACK_FLAG && !is_tag(before);
	return turns_direction(c) || U_IS_UNICODE_NONCHAR(c) || (c >= 0xFFF9 && c <= 0xFFFB);
}

bool visible_character(uint32_t character)
{
	enum { BRAILLE_BLANK = 0x2800, OBJECT_REPLACEMENT = 0xFFFC, NULL_NOTEHEAD = 0x1D159 };
	UChar32 c = (UChar32)character;

	return !u_isUWhiteSpace(c) && u_charType(c) != U_CONTROL_CHAR &&
	       !u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) && c != BRAILLE_BLANK &&
	       c != OBJECT_REPLACEMENT && c != NULL_NOTEHEAD;
}

/* Does the character belong to the one before it (a joiner, a variant, a letter of a flag)? */
static bool is_attached(UChar32 c)
{
	enum { NON_JOINER = 0x200C, JOINER = 0x200D };

	return c == NON_JOINER || c == JOINER || is_tag(c) ||
	       u_hasBinaryProperty(c, UCHAR_VARIATION_SELECTOR);
}

/* Blanks, ends of lines and invisible characters, except those that are forbidden. */
static bool is_padding(UChar32 c)
{
	return u_isUWhiteSpace(c) || (!visible_character((uint32_t)c) && !is_forbidden(c, 0));
}

static struct units trimmed(struct units units)
{
	int32_t start = 0, end = units.len;

	while (start < end) {
		int32_t next = start;
		UChar32 c = character_next(units, &next);

		if (!is_padding(c) || is_tag(c))
			break;
		start = next;
	}
	while (end > start) {
		int32_t previous = end;
		UChar32 c = character_previous(units, &previous);

		if (!is_padding(c) || is_attached(c))
			break;
		end = previous;
	}
	return (struct units){.text = units.text + start, .len = end - start};
}

/* Fills all members except the text. */
static struct visible_text judged(struct units units)
{
	struct visible_text judged = {.fault = VISIBLE_EMPTY};
	UChar32 before = 0;

	for (int32_t i = 0; i < units.len;) {
		UChar32 c = character_next(units, &i);

		if (is_forbidden(c, before)) {
			judged.fault = VISIBLE_FORBIDDEN;
			judged.forbidden = (uint32_t)c;
			return judged;
		}
		/* A combining mark alone is not visible text. */
		if (visible_character((uint32_t)c) && (U_MASK(u_charType(c)) & U_GC_M_MASK) == 0)
			judged.fault = VISIBLE_GOOD;
		judged.characters++;
		before = c;
	}
	return judged;
}

static struct visible_text units_judge(struct arena *arena, struct units units)
{
	struct units text = trimmed(normalised(arena, unorm2_getNFCInstance, units));
	struct visible_text result = judged(text);

	if (result.fault == VISIBLE_GOOD)
		result.text = units_write(arena, text);
	return result;
}

struct visible_text visible_text_read(struct arena *arena, const char *text, size_t len)
{
	return units_judge(arena, units_read(arena, text, len));
}

/* Copies the characters for which `keep` is true. `keep` also gets the last character that was
 * kept. */
static struct units filtered(
    struct arena *arena, struct units from, bool (*keep)(UChar32 c, UChar32 before))
{
	struct units to = units_new(arena, from.len + 1);
	UChar32 before = 0;

	for (int32_t i = 0; i < from.len;) {
		UChar32 c = character_next(from, &i);

		if (!keep(c, before))
			continue;
		U16_APPEND_UNSAFE(to.text, to.len, c);
		before = c;
	}
	return to;
}

static bool keep_allowed(UChar32 c, UChar32 before)
{
	return !is_forbidden(c, before);
}

static bool keep_visible(UChar32 c, UChar32 before)
{
	(void)before;
	return visible_character((uint32_t)c);
}

/* Is it printable ASCII without blanks at its ends? Most text is, and then there is nothing to do.
 * */
static bool is_plain(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return len > 0 && text[0] != ' ' && text[len - 1] != ' ';
}

const char *visible_text_clean(struct arena *arena, const char *text)
{
	if (text == NULL || is_plain(text))
		return text;
	return units_judge(
	    arena, filtered(arena, units_read(arena, text, strlen(text)), keep_allowed))
	    .text;
}

static void look_write(struct arena *arena, struct units units, char look[static LOOK_SIZE])
{
	const char *text = units_write(arena, units);
	unsigned char digest[SHA256_SIZE];

	sha256(text, strlen(text), digest);
	hex_encode(digest, (LOOK_SIZE - 1) / 2, look);
}

struct look visible_text_look(struct arena *arena, const char *text)
{
	struct units seen = filtered(arena, units_read(arena, text, strlen(text)), keep_visible);
	struct units wide = normalised(arena, unorm2_getNFKCInstance, seen);
	struct units folded = normalised(arena, unorm2_getNFKCCasefoldInstance, seen);
	struct look look = {.shape = ""};

	look_write(arena,
	    normalised(arena, unorm2_getNFKCCasefoldInstance, unconfused(arena, wide)), look.shape);
	look_write(arena, unconfused(arena, folded), look.folded);
	return look;
}
