/* Text that people see: which text is allowed, and which names look alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "base/text.h"
#include "base/visible_text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct visible_text read(const char *text)
{
	return visible_text_read(arena, text, strlen(text));
}

/* The text, and what is kept of it. */
static const char *const good[][2] = {
    {"Ann Meyer", "Ann Meyer"},
    {"  Ann\t\r\n", "Ann"},
    {u8"\u00A0\u3000Ann\u200B\uFEFF", "Ann"},
    {u8"Zoe\u0308", u8"Zo\u00EB"},
    {u8"\u1112\u1161\u11AB", u8"\uD55C"},   /* Hangul in pieces */
    {u8"محمد علی", u8"محمد علی"},           /* Arabic */
    {u8"می\u200Cخواهم", u8"می\u200Cخواهم"}, /* Persian, with a non-joiner */
    {u8"דוד בן־גוריון", u8"דוד בן־גוריון"}, /* Hebrew */
    {u8"ท่านผู้หญิง", u8"ท่านผู้หญิง"},             /* Thai, with marks on marks */
    {u8"क्\u200Dष", u8"क्\u200Dष"},           /* Hindi, with a joiner */
    {u8"ශ්\u200Dරී", u8"ශ්\u200Dරී"},           /* Sinhala */
    {u8"李小龍", u8"李小龍"},
    {u8"O\u2019Neil\u2013Smith, Jr. (dev) <x>", u8"O\u2019Neil\u2013Smith, Jr. (dev) <x>"},
    {u8"\U0001F469\U0001F3FD\u200D\U0001F4BB", u8"\U0001F469\U0001F3FD\u200D\U0001F4BB"},
    {u8"\u2764\uFE0F", u8"\u2764\uFE0F"},                 /* ends with a variant selector */
    {u8"\U0001F1E9\U0001F1EA", u8"\U0001F1E9\U0001F1EA"}, /* a country's flag */
    {u8"\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F",
	u8"\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F"}, /* Scotland */
    {u8"\U0001FAE9", u8"\U0001FAE9"}, /* an emoji newer than the library */
    {u8"A\u200Bnn", u8"A\u200Bnn"},
    {".", "."},
};

static void good_text_is_normalised_and_trimmed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct visible_text text = read(good[i][0]);

		assert_int_equal(text.fault, VISIBLE_GOOD);
		assert_string_equal(text.text, good[i][1]);
		assert_int_equal(text.characters, utf8_length(good[i][1], strlen(good[i][1])));
	}
}

static void invisible_text_is_empty(void **state)
{
	static const char *const empty[] = {"", " ", "\t\r\n", u8"\u00A0", u8"\u2003\u3000",
	    u8"\u200B", u8"\u200C\u200D", u8"\u2060\uFEFF", u8"\u00AD", u8"\u034F", u8"\u061C",
	    u8"\u200E\u200F", u8"\u115F\u1160", u8"\u3164", u8"\uFFA0", u8"\u180E", u8"\u17B4",
	    u8"\u2800", u8"\uFE0F", u8"\u0301", u8"\u0301\u0308", u8"\uFFFC", u8"\U000E0100"};

	(void)state;
	for (size_t i = 0; i < COUNT(empty); i++)
		assert_int_equal(read(empty[i]).fault, VISIBLE_EMPTY);
}

static void controls_and_changes_of_direction_are_forbidden(void **state)
{
	static const struct {
		const char *text;
		uint32_t character;
	} hostile[] = {
	    {"A\tB", '\t'},
	    {"A\nB", '\n'},
	    {"\033[2JAnn", 0x1B},
	    {"\x7F", 0x7F},
	    {"A\xC2\x85"
	     "B",
		0x85},
	    {u8"A\u2028B", 0x2028},
	    {u8"A\u2029B", 0x2029},
	    {u8"\u202AAnn", 0x202A},
	    {u8"Ann\u202B", 0x202B},
	    {u8"Ann\u202C", 0x202C},
	    {u8"Ann\u202Dx", 0x202D},
	    {u8"Ann\u202Egnp.exe", 0x202E},
	    {u8"\u202E", 0x202E},
	    {u8"Ann\u2066", 0x2066},
	    {u8"\u2067Ann", 0x2067},
	    {u8"\u2068Ann\u2069", 0x2068},
	    {u8"Ann\u2069", 0x2069},
	    {u8"Ann\u206A", 0x206A},
	    {u8"Ann\uFFF9x", 0xFFF9},
	    {u8"Ann\uFFFE", 0xFFFE},
	    {u8"Ann\U0010FFFF", 0x10FFFF},
	    {u8"Ann\U000E0041", 0xE0041},
	    {u8"\U000E0001Ann", 0xE0001},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(hostile); i++) {
		struct visible_text text = read(hostile[i].text);

		assert_int_equal(text.fault, VISIBLE_FORBIDDEN);
		assert_int_equal(text.forbidden, hostile[i].character);
		assert_null(text.text);
	}
}

static void stored_text_is_cleaned_instead(void **state)
{
	(void)state;
	assert_null(visible_text_clean(arena, NULL));
	assert_null(visible_text_clean(arena, u8"\u202E\u200B"));
	assert_string_equal(visible_text_clean(arena, u8"\u202EAnn\u202C Meyer\n"), "Ann Meyer");
	assert_string_equal(visible_text_clean(arena, u8"A\ann\U000E0041"), "Ann");
	for (size_t i = 0; i < COUNT(good); i++)
		assert_string_equal(visible_text_clean(arena, good[i][1]), good[i][1]);
}

static bool alike(const char *one, const char *other)
{
	struct look a = visible_text_look(arena, one), b = visible_text_look(arena, other);

	return strcmp(a.shape, b.shape) == 0 || strcmp(a.folded, b.folded) == 0;
}

static void names_that_look_alike(void **state)
{
	static const char *const same[][2] = {
	    {"Ann", "ANN"},
	    {"Ann", u8"\uFF21\uFF4E\uFF4E"},             /* wide letters */
	    {"Ann", u8"\u0391\u039D\u039D"},             /* Greek capitals */
	    {"Ann", u8"\u0410nn"},                       /* Cyrillic */
	    {"Ann", u8"\U0001D400\U0001D427\U0001D427"}, /* mathematical letters */
	    {"Ann Meyer", "AnnMeyer"},
	    {"Ann Meyer", u8"Ann\u3000\u00A0Meyer"},
	    {"Ann", u8"A\u200Bn\u2060n\uFE0F"},
	    {"Ian", "lan"},
	    {"Ian", "1an"},
	    {"IAN", "ian"},
	    {"Ann Meyer", "Ann rneyer"},
	    {u8"Νίκος", u8"ΝΊΚΟΣ"},
	    {u8"Straße", "STRASSE"},
	    {u8"Zo\u00EB", u8"Zoe\u0308"},
	    {u8"\u202EAnn", "Ann"},
	};
	static const char *const other[][2] = {{"Ann", "Anna"}, {"Ann", u8"Änn"}, {"Ann", "Bob"},
	    {u8"李", u8"王"}, {"Ann", "Ann (guest)"}};

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		if (!alike(same[i][0], same[i][1]))
			fail_msg("%s does not look like %s", same[i][0], same[i][1]);
	}
	for (size_t i = 0; i < COUNT(other); i++) {
		if (alike(other[i][0], other[i][1]))
			fail_msg("%s looks like %s", other[i][0], other[i][1]);
	}
}

/* Some characters become eighteen characters when letter case is removed. */
static void text_may_grow(void **state)
{
	char text[3 * 1000 + 1] = "";

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		memcpy(text + 3 * i, u8"\uFDFA", 4);
	assert_int_equal(read(text).characters, 1000);
	assert_int_equal(strlen(visible_text_look(arena, text).folded), LOOK_SIZE - 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, arena_setup, arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(good_text_is_normalised_and_trimmed),
	    TEST(invisible_text_is_empty),
	    TEST(controls_and_changes_of_direction_are_forbidden),
	    TEST(stored_text_is_cleaned_instead),
	    TEST(names_that_look_alike),
	    TEST(text_may_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
