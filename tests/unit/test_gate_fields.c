/* Every verb and request with every field: allowed, not allowed, of a wrong type, too large. The
 * table here is written from the protocol, not from the gate's own table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "gate/verbs.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const struct speaker who = {.room = "own-room",
    .participant = "own-id",
    .name = "Ann",
    .core_token = "core",
    .room_token = "roomtoken",
    .session = 4711,
    .role = ROLE_MODERATOR,
    .message_max = 65536};

/* A field: where it may be (names with a blank on both sides), a good value, one of a wrong type,
 * one that is too large. NULL: the gate takes any value, because it writes its own. */
struct field {
	const char *name, *places;
	const char *good, *wrong, *large;
};

/* Text of 2,000 letters, longer than any field but a session description's. */
static const char *long_text(void)
{
	char *text = arena_alloc(arena, 2003);

	memset(text, 'x', 2002);
	text[0] = text[2001] = '"';
	text[2002] = '\0';
	return text;
}

#define LONG "(long)"

static const char *value_of(const char *value)
{
	return strcmp(value, LONG) == 0 ? long_text() : value;
}

/* The code of the refusal and its reason; 0 and the message as Janus gets it. */
static int rewrite(const char *text, const char **told)
{
	struct message message;
	struct refusal refusal = {0};

	if (message_read(arena, text, strlen(text), &message, &refusal) &&
	    (message.verb == VERB_CONFAB || message.verb == VERB_CLAIM ||
		message_rewrite(arena, &who, &message, told, &refusal)))
		return 0;
	*told = arena_printf(arena, "%s", refusal.reason);
	return (int)refusal.code;
}

/* A message, cut where the field that is tried comes. */
struct place {
	const char *name, *start, *end;
};

static const char *message_with(const struct place *place, const char *name, const char *value)
{
	return arena_printf(
	    arena, "%s\"%s\":%s%s", place->start, name, value_of(value), place->end);
}

static void field_check(const struct field *field, const struct place *place)
{
	const char *name = field->name, *told = "";
	bool allowed = strstr(field->places, arena_printf(arena, " %s ", place->name)) != NULL;
	int code = rewrite(message_with(place, name, field->good), &told);

	if (code != (allowed ? 0 : REFUSED_FIELD))
		print_message("%s of %s: %d %s\n", name, place->name, code, told);
	assert_int_equal(code, allowed ? 0 : REFUSED_FIELD);
	if (!allowed) {
		assert_non_null(strstr(told, arena_printf(arena, "'%s'", name)));
		return;
	}
	for (int i = 0; i < 2; i++) {
		const char *bad = i == 0 ? field->wrong : field->large;

		if (bad == NULL)
			continue;
		code = rewrite(message_with(place, name, bad), &told);
		if (code != REFUSED_TYPE)
			print_message(
			    "%s of %s, %.20s: %d %s\n", name, place->name, bad, code, told);
		assert_int_equal(code, REFUSED_TYPE);
	}
}

static void fields_check(
    const struct field *fields, size_t field_count, const struct place *places, size_t place_count)
{
	for (size_t i = 0; i < field_count; i++) {
		for (size_t k = 0; k < place_count; k++)
			field_check(&fields[i], &places[k]);
	}
}

static void each_verb_has_its_fields_and_no_other(void **state)
{
	static const struct place verbs[] = {
	    {"confab", "{\"janus\":\"confab\",\"transaction\":\"t\",", "}"},
	    {"claim", "{\"janus\":\"claim\",\"transaction\":\"t\",", "}"},
	    {"create", "{\"janus\":\"create\",\"transaction\":\"t\",", "}"},
	    {"keepalive", "{\"janus\":\"keepalive\",\"transaction\":\"t\",", "}"},
	    {"destroy", "{\"janus\":\"destroy\",\"transaction\":\"t\",", "}"},
	    {"attach",
		"{\"janus\":\"attach\",\"transaction\":\"t\",\"plugin\":"
		"\"janus.plugin.videoroom\",",
		"}"},
	    {"detach", "{\"janus\":\"detach\",\"transaction\":\"t\",\"handle_id\":9,", "}"},
	    {"hangup", "{\"janus\":\"hangup\",\"transaction\":\"t\",\"handle_id\":9,", "}"},
	    {"trickle",
		"{\"janus\":\"trickle\",\"transaction\":\"t\",\"handle_id\":9,"
		"\"candidate\":{\"completed\":true},",
		"}"},
	    {"message",
		"{\"janus\":\"message\",\"transaction\":\"t\",\"handle_id\":9,"
		"\"body\":{\"request\":\"publish\"},",
		"}"},
	};
#define EVERY " confab claim create keepalive destroy attach detach hangup trickle message "
	static const struct field fields[] = {
	    {"transaction", EVERY, "\"u\"", "7", LONG},
	    {"token", EVERY, "\"mine\"", "7", NULL},
	    {"session_id", EVERY, "\"anything\"", NULL, NULL},
	    {"seen", " confab claim ", "7", "\"7\"", "-1"},
	    {"ticket", " confab claim ", "\"x\"", "7", LONG},
	    {"handle_id", " detach hangup trickle message ", "8", "\"8\"", "-8"},
	    {"plugin", " attach ", "\"janus.plugin.videoroom\"", NULL, NULL},
	    {"candidate", " trickle ", "{\"completed\":true}", "[]", NULL},
	    {"body", " message ", "{\"request\":\"pause\"}", "[]", NULL},
	    {"jsep", " message ", "{\"type\":\"offer\",\"sdp\":\"v=0\"}", "[]", NULL},
	    {"apisecret", "", "\"x\"", NULL, NULL},
	    {"admin_secret", "", "\"x\"", NULL, NULL},
	    {"opaque_id", "", "\"x\"", NULL, NULL},
	    {"candidates", "", "[]", NULL, NULL},
	    {"id", "", "1", NULL, NULL},
	};

	(void)state;
	fields_check(fields, COUNT(fields), verbs, COUNT(verbs));
}

#define BODY(request)                                                                              \
	"{\"janus\":\"message\",\"transaction\":\"t\",\"handle_id\":9,\"body\":{" request ",", "}}"
#define REQUEST(name)                                                                              \
	{                                                                                          \
		name, BODY("\"request\":\"" name "\"")                                             \
	}

static void each_request_has_its_fields_and_no_other(void **state)
{
	static const struct place requests[] = {
	    {"publisher", BODY("\"request\":\"join\",\"ptype\":\"publisher\"")},
	    {"subscriber", BODY("\"request\":\"join\",\"ptype\":\"subscriber\"")},
	    REQUEST("publish"),
	    REQUEST("unpublish"),
	    REQUEST("configure"),
	    REQUEST("subscribe"),
	    REQUEST("unsubscribe"),
	    REQUEST("update"),
	    REQUEST("start"),
	    REQUEST("pause"),
	    REQUEST("switch"),
	    REQUEST("leave"),
	    REQUEST("listparticipants"),
	};
#define STREAMS "[{\"feed\":\"f\"}]"
	static const struct field fields[] = {
	    /* Whatever they say, the gate writes them. */
	    {"room", " publisher subscriber listparticipants ", "\"another-room\"", NULL, NULL},
	    {"token", " publisher subscriber ", "\"another\"", NULL, NULL},
	    {"id", " publisher ", "\"another-id\"", NULL, NULL},
	    {"screen", " publisher ", "true", NULL, NULL},
	    {"display", " publisher configure ", "\"{}\"", "7", LONG},
	    /* These are copied. */
	    {"private_id", " subscriber ", "7", "\"7\"", "4294967296"},
	    {"bitrate", " publish configure ", "7", "\"7\"", "100000001"},
	    {"keyframe", " configure ", "true", "1", NULL},
	    {"restart", " configure ", "true", "1", NULL},
	    {"update", " configure ", "true", "1", NULL},
	    {"mid", " configure ", "\"0\"", "0", LONG},
	    {"send", " configure ", "true", "1", NULL},
	    {"substream", " configure ", "2", "\"2\"", "3"},
	    {"temporal", " configure ", "2", "\"2\"", "3"},
	    {"fallback", " subscriber configure ", "7", "\"7\"", "60000001"},
	    {"streams", " subscriber configure subscribe unsubscribe switch ", STREAMS, "{}", NULL},
	    {"subscribe", " update ", STREAMS, "{}", NULL},
	    {"unsubscribe", " update ", STREAMS, "{}", NULL},
	    /* What Janus would obey. */
	    {"record", "", "true", NULL, NULL},
	    {"filename", "", "\"/tmp/x\"", NULL, NULL},
	    {"secret", "", "\"x\"", NULL, NULL},
	    {"admin_key", "", "\"x\"", NULL, NULL},
	    {"feed", "", "\"f\"", NULL, NULL},
	    {"feeds", "", "[]", NULL, NULL},
	    {"audiocodec", "", "\"opus\"", NULL, NULL},
	    {"descriptions", "", "[]", NULL, NULL},
	    {"metadata", "", "{}", NULL, NULL},
	    {"data", "", "true", NULL, NULL},
	    {"use_msid", "", "true", NULL, NULL},
	    {"autoupdate", "", "true", NULL, NULL},
	};

	(void)state;
	fields_check(fields, COUNT(fields), requests, COUNT(requests));
}

static void each_part_has_its_fields_and_no_other(void **state)
{
	static const struct place parts[] = {
	    {"stream",
		"{\"janus\":\"message\",\"transaction\":\"t\",\"handle_id\":9,\"body\":"
		"{\"request\":\"update\",\"subscribe\":[{",
		"}]}}"},
	    {"candidate",
		"{\"janus\":\"trickle\",\"transaction\":\"t\",\"handle_id\":9,"
		"\"candidate\":{",
		"}}"},
	    {"jsep",
		"{\"janus\":\"message\",\"transaction\":\"t\",\"handle_id\":9,\"body\":"
		"{\"request\":\"publish\"},\"jsep\":{\"type\":\"offer\",\"sdp\":\"v=0\","
		"",
		"}}"},
	};
	static const struct field fields[] = {
	    {"feed", " stream ", "\"f\"", "7", LONG},
	    {"mid", " stream ", "\"0\"", "0", LONG},
	    {"sub_mid", " stream ", "\"0\"", "0", LONG},
	    {"send", " stream ", "true", "1", NULL},
	    {"substream", " stream ", "2", "\"2\"", "3"},
	    {"temporal", " stream ", "2", "\"2\"", "3"},
	    {"candidate", " candidate ", "\"c\"", "7", LONG},
	    {"sdpMid", " candidate ", "\"0\"", "0", LONG},
	    {"sdpMLineIndex", " candidate ", "7", "\"7\"", "1001"},
	    {"usernameFragment", " candidate ", "\"u\"", "7", LONG},
	    {"completed", " candidate ", "true", "1", NULL},
	    {"type", " jsep ", "\"answer\"", "7", LONG},
	    {"e2ee", " jsep ", "true", "1", NULL},
	    {"room", "", "\"another-room\"", NULL, NULL},
	    {"record", "", "true", NULL, NULL},
	    {"min_delay", "", "7", NULL, NULL},
	    {"crossrefid", "", "\"x\"", NULL, NULL},
	    {"rid_order", "", "\"hml\"", NULL, NULL},
	    {"force_relay", "", "true", NULL, NULL},
	    {"simulcast", "", "{}", NULL, NULL},
	};

	(void)state;
	fields_check(fields, COUNT(fields), parts, COUNT(parts));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, arena_setup, arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(each_verb_has_its_fields_and_no_other),
	    TEST(each_request_has_its_fields_and_no_other),
	    TEST(each_part_has_its_fields_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
