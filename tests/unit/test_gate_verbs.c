/* What a page may say to Janus: each verb and field of the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arena_fixture.h"
#include "gate/verbs.h"

#define TOP  "\"transaction\":\"t\",\"token\":\"core\""
#define HEAD TOP ",\"session_id\":4711"
#define OF   HEAD ",\"handle_id\":9"

static struct speaker speaker(enum role role)
{
	return (struct speaker){.room = "own-room",
	    .participant = "own-id",
	    .name = "Ann \"A\"",
	    .core_token = "core",
	    .room_token = "roomtoken",
	    .session = 4711,
	    .role = role,
	    .message_max = 8192};
}

/* The code of the refusal (and its reason), or 0 and the message as Janus gets it. */
static int rewrite(
    const struct speaker *who, const char *text, const char **written, struct refusal *refusal)
{
	struct message message;

	*refusal = (struct refusal){0};
	if (message_read(arena, text, strlen(text), &message, refusal) &&
	    message_rewrite(arena, who, &message, written, refusal))
		return 0;
	return (int)refusal->code;
}

/* `out`: what Janus gets; or, with a code, a word of the reason. */
struct row {
	const char *in;
	int code;
	const char *out;
};

static void rows_check_as(const struct speaker *who, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *written = "";
		struct refusal refusal;
		int code = rewrite(who, rows[i].in, &written, &refusal);

		if (code != rows[i].code)
			print_message("%s: %d %s\n", rows[i].in, code, refusal.reason);
		assert_int_equal(code, rows[i].code);
		if (code == 0)
			assert_string_equal(written, rows[i].out);
		else
			assert_non_null(strstr(refusal.reason, rows[i].out));
	}
}

static void rows_check(const struct row *rows, size_t count)
{
	const struct speaker who = speaker(ROLE_PUBLISHER);

	rows_check_as(&who, rows, count);
}

#define ROWS_CHECK(rows) rows_check(rows, sizeof(rows) / sizeof(rows)[0])

static void verbs_are_those_of_the_table(void **state)
{
	static const struct row rows[] = {
	    {"{\"janus\":\"create\",\"transaction\":\"t\",\"token\":\"mine\"}", 0,
		"{\"janus\":\"create\"," TOP "}"},
	    {"{\"janus\":\"attach\",\"transaction\":\"t\",\"plugin\":\"janus.plugin.videoroom\","
	     "\"session_id\":1}",
		0, "{\"janus\":\"attach\"," HEAD ",\"plugin\":\"janus.plugin.videoroom\"}"},
	    {"{\"janus\":\"attach\",\"transaction\":\"t\",\"plugin\":\"janus.plugin.textroom\"}",
		453, "janus.plugin.textroom"},
	    {"{\"janus\":\"attach\",\"transaction\":\"t\"}", 456, "plugin"},
	    {"{\"janus\":\"attach\",\"transaction\":\"t\",\"plugin\":\"janus.plugin.videoroom\","
	     "\"opaque_id\":\"x\"}",
		405, "opaque_id"},
	    {"{\"janus\":\"keepalive\",\"transaction\":\"t\",\"session_id\":99}", 0,
		"{\"janus\":\"keepalive\"," HEAD "}"},
	    {"{\"janus\":\"destroy\",\"transaction\":\"t\"}", 0,
		"{\"janus\":\"destroy\"," HEAD "}"},
	    {"{\"janus\":\"detach\",\"transaction\":\"t\",\"handle_id\":9}", 0,
		"{\"janus\":\"detach\"," OF "}"},
	    {"{\"janus\":\"detach\",\"transaction\":\"t\"}", 456, "handle_id"},
	    {"{\"janus\":\"detach\",\"transaction\":\"t\",\"handle_id\":\"9\"}", 467, "handle_id"},
	    {"{\"janus\":\"detach\",\"transaction\":\"t\",\"handle_id\":-9}", 467, "handle_id"},
	    {"{\"janus\":\"hangup\",\"transaction\":\"t\",\"handle_id\":9}", 0,
		"{\"janus\":\"hangup\"," OF "}"},
	    {"{\"janus\":\"info\",\"transaction\":\"t\"}", 453, "info"},
	    {"{\"janus\":\"list_sessions\",\"transaction\":\"t\",\"admin_secret\":\"x\"}", 453,
		"list_sessions"},
	    {"{\"transaction\":\"t\"}", 456, "janus"},
	    {"{\"janus\":1,\"transaction\":\"t\"}", 456, "janus"},
	    {"{\"janus\":\"keepalive\"}", 456, "transaction"},
	    {"{\"janus\":\"keepalive\",\"transaction\":7}", 467, "transaction"},
	    {"{\"janus\":\"keepalive\",\"transaction\":\"t\",\"apisecret\":\"x\"}", 405,
		"apisecret"},
	    {"{\"janus\":\"keepalive\",\"transaction\":\"t\",\"body\":{}}", 405, "body"},
	    {"[]", 454, "JSON"},
	    {"{\"janus\":", 454, "JSON"},
	    {"{\"janus\":\"keepalive\",\"transaction\":\"t\",}", 454, "JSON"},
	};

	(void)state;
	ROWS_CHECK(rows);
}

/* A speaker who only tests: Janus' echo is all there is, and the gate says all that it hears. */
static void a_test_reaches_the_echo_alone(void **state)
{
	static const struct row rows[] = {
	    {"{\"janus\":\"attach\",\"transaction\":\"t\",\"plugin\":\"janus.plugin.echotest\"}", 0,
		"{\"janus\":\"attach\"," HEAD ",\"plugin\":\"janus.plugin.echotest\"}"},
	    {"{\"janus\":\"attach\",\"transaction\":\"t\",\"plugin\":\"janus.plugin.videoroom\"}",
		453, "janus.plugin.videoroom"},
	    {"{\"janus\":\"message\",\"transaction\":\"t\",\"handle_id\":9,\"body\":{},"
	     "\"jsep\":{\"type\":\"offer\",\"sdp\":\"s\"}}",
		0,
		"{\"janus\":\"message\"," OF ",\"body\":{\"audio\":true,\"video\":true,"
		"\"bitrate\":600000},\"jsep\":{\"type\":\"offer\",\"sdp\":\"s\"}}"},
	    {"{\"janus\":\"message\",\"transaction\":\"t\",\"handle_id\":9,\"body\":{},"
	     "\"jsep\":{\"type\":\"offer\",\"sdp\":\"v=0\\r\\nm=application 9\"}}",
		405, "Data channels"},
	    {"{\"janus\":\"message\",\"transaction\":\"t\",\"handle_id\":9,\"body\":"
	     "{\"record\":true}}",
		405, "record"},
	    {"{\"janus\":\"message\",\"transaction\":\"t\",\"handle_id\":9}", 467, "body"},
	};
	struct speaker who = speaker(ROLE_PUBLISHER);

	(void)state;
	who.is_echo = true;
	rows_check_as(&who, rows, sizeof rows / sizeof rows[0]);
}

#define TRICKLE  "{\"janus\":\"trickle\",\"transaction\":\"t\",\"handle_id\":9,\"candidate\":"
#define TRICKLED "{\"janus\":\"trickle\"," OF ",\"candidate\":"

static void candidates_are_copied(void **state)
{
	static const struct row rows[] = {
	    {TRICKLE "{\"candidate\":\"c\",\"sdpMid\":\"0\",\"sdpMLineIndex\":0,"
		     "\"usernameFragment\":\"u\"}}",
		0,
		TRICKLED "{\"candidate\":\"c\",\"sdpMid\":\"0\",\"sdpMLineIndex\":0,"
			 "\"usernameFragment\":\"u\"}}"},
	    {TRICKLE "{\"candidate\":\"c\",\"sdpMid\":null}}", 0,
		TRICKLED "{\"candidate\":\"c\"}}"},
	    {TRICKLE "{\"completed\":true}}", 0, TRICKLED "{\"completed\":true}}"},
	    {TRICKLE "{\"completed\":1}}", 467, "completed"},
	    {TRICKLE "{\"candidate\":5}}", 467, "candidate"},
	    {TRICKLE "{\"sdpMLineIndex\":1001}}", 467, "sdpMLineIndex"},
	    {TRICKLE "{\"more\":5}}", 405, "more"},
	    {TRICKLE "[]}", 467, "candidate"},
	    {"{\"janus\":\"trickle\",\"transaction\":\"t\",\"handle_id\":9}", 467, "candidate"},
	    {"{\"janus\":\"trickle\",\"transaction\":\"t\",\"handle_id\":9,\"candidates\":[]}", 405,
		"candidates"},
	};

	(void)state;
	ROWS_CHECK(rows);
}

#define BODY   "{\"janus\":\"message\",\"transaction\":\"t\",\"handle_id\":9,\"body\":"
#define BODIED "{\"janus\":\"message\"," OF ",\"body\":"
#define JOIN   BODY "{\"request\":\"join\",\"ptype\":\"publisher\""
#define NAMED  "\\\"name\\\":\\\"Ann \\\\\\\"A\\\\\\\"\\\""
#define JOINED                                                                                     \
	BODIED "{\"request\":\"join\",\"ptype\":\"publisher\",\"token\":\"roomtoken\","            \
	       "\"room\":\"own-room\",\"id\":"
#define QUIET "\"display\":\"{" NAMED ",\\\"audio\\\":false,\\\"video\\\":false}\"}}"
#define LOUD  "\"display\":\"{" NAMED ",\\\"audio\\\":true,\\\"video\\\":false}\"}}"

static void whoever_joins_joins_as_themselves(void **state)
{
	static const struct row rows[] = {
	    {JOIN "}}", 0, JOINED "\"own-id\"," QUIET},
	    {JOIN ",\"room\":\"another-room\",\"token\":\"another\",\"id\":\"another-id\"}}", 0,
		JOINED "\"own-id\"," QUIET},
	    {JOIN ",\"id\":\"own-id-screen\"}}", 0, JOINED "\"own-id-screen\"," QUIET},
	    {JOIN ",\"screen\":true}}", 0, JOINED "\"own-id-screen\"," QUIET},
	    {JOIN ",\"display\":\"{\\\"name\\\":\\\"Bob\\\",\\\"audio\\\":true,\\\"x\\\":1}\"}}", 0,
		JOINED "\"own-id\"," LOUD},
	    {JOIN ",\"display\":\"Bob\"}}", 0, JOINED "\"own-id\"," QUIET},
	    {JOIN ",\"display\":7}}", 467, "display"},
	    {JOIN ",\"record\":true}}", 405, "record"},
	    {JOIN ",\"filename\":\"/tmp/x\"}}", 405, "filename"},
	    {JOIN ",\"streams\":[]}}", 405, "streams"},
	    {BODY "{\"request\":\"join\"}}", 456, "ptype"},
	    {BODY "{\"request\":\"join\",\"ptype\":\"moderator\"}}", 467, "ptype"},
	    {BODY "{\"request\":\"join\",\"ptype\":\"subscriber\",\"room\":\"another\","
		  "\"streams\":[{\"feed\":\"f\",\"mid\":\"0\"}],\"private_id\":7}}",
		0,
		BODIED "{\"request\":\"join\",\"ptype\":\"subscriber\",\"token\":\"roomtoken\","
		       "\"room\":\"own-room\",\"streams\":[{\"feed\":\"f\",\"mid\":\"0\"}],"
		       "\"private_id\":7}}"},
	    {BODY "{\"request\":\"join\",\"ptype\":\"subscriber\",\"display\":\"x\"}}", 405,
		"display"},
	    {BODY "{\"request\":\"listparticipants\",\"room\":\"another\"}}", 0,
		BODIED "{\"request\":\"listparticipants\",\"room\":\"own-room\"}}"},
	};

	(void)state;
	ROWS_CHECK(rows);
}

static void requests_and_their_fields_are_those_of_the_table(void **state)
{
	static const struct row rows[] = {
	    {BODY "{\"request\":\"publish\",\"bitrate\":5}}", 0,
		BODIED "{\"request\":\"publish\",\"bitrate\":5}}"},
	    {BODY "{\"request\":\"publish\",\"bitrate\":-5}}", 467, "bitrate"},
	    {BODY "{\"request\":\"publish\",\"bitrate\":1.5}}", 467, "bitrate"},
	    {BODY "{\"request\":\"publish\",\"audiocodec\":\"opus\"}}", 405, "audiocodec"},
	    {BODY "{\"request\":\"unpublish\"}}", 0, BODIED "{\"request\":\"unpublish\"}}"},
	    {BODY "{\"request\":\"configure\",\"keyframe\":true,\"restart\":true,\"update\":true,"
		  "\"mid\":\"1\",\"send\":false,\"substream\":2,\"temporal\":0,\"fallback\":5}}",
		0,
		BODIED "{\"request\":\"configure\",\"keyframe\":true,\"restart\":true,"
		       "\"update\":true,\"mid\":\"1\",\"send\":false,\"substream\":2,"
		       "\"temporal\":0,\"fallback\":5}}"},
	    {BODY "{\"request\":\"configure\",\"display\":\"{\\\"audio\\\":true}\"}}", 0,
		BODIED "{\"request\":\"configure\"," LOUD},
	    {BODY "{\"request\":\"configure\",\"substream\":3}}", 467, "substream"},
	    {BODY "{\"request\":\"configure\",\"record\":true}}", 405, "record"},
	    {BODY "{\"request\":\"configure\",\"room\":\"x\"}}", 405, "room"},
	    {BODY "{\"request\":\"subscribe\",\"streams\":[{\"feed\":\"f\"}]}}", 0,
		BODIED "{\"request\":\"subscribe\",\"streams\":[{\"feed\":\"f\"}]}}"},
	    {BODY "{\"request\":\"unsubscribe\",\"streams\":[{\"sub_mid\":\"1\"}]}}", 0,
		BODIED "{\"request\":\"unsubscribe\",\"streams\":[{\"sub_mid\":\"1\"}]}}"},
	    {BODY "{\"request\":\"update\",\"subscribe\":[{\"feed\":\"f\",\"send\":true,"
		  "\"substream\":1,\"temporal\":1}],\"unsubscribe\":[]}}",
		0,
		BODIED "{\"request\":\"update\",\"subscribe\":[{\"feed\":\"f\",\"send\":true,"
		       "\"substream\":1,\"temporal\":1}],\"unsubscribe\":[]}}"},
	    {BODY "{\"request\":\"update\",\"subscribe\":[{\"feed\":\"f\",\"room\":\"x\"}]}}", 405,
		"room"},
	    {BODY "{\"request\":\"update\",\"subscribe\":[{\"feed\":7}]}}", 467, "feed"},
	    {BODY "{\"request\":\"update\",\"subscribe\":[7]}}", 467, "subscribe"},
	    {BODY "{\"request\":\"update\",\"subscribe\":{}}}", 467, "subscribe"},
	    {BODY "{\"request\":\"update\",\"streams\":[]}}", 405, "streams"},
	    {BODY "{\"request\":\"switch\",\"streams\":[{\"feed\":\"f\",\"mid\":\"0\","
		  "\"sub_mid\":\"1\"}]}}",
		0,
		BODIED "{\"request\":\"switch\",\"streams\":[{\"feed\":\"f\",\"mid\":\"0\","
		       "\"sub_mid\":\"1\"}]}}"},
	    {BODY "{\"request\":\"start\"}}", 0, BODIED "{\"request\":\"start\"}}"},
	    {BODY "{\"request\":\"pause\"}}", 0, BODIED "{\"request\":\"pause\"}}"},
	    {BODY "{\"request\":\"leave\"}}", 0, BODIED "{\"request\":\"leave\"}}"},
	    {BODY "{\"request\":\"leave\",\"room\":\"x\"}}", 405, "room"},
	    {BODY "{}}", 456, "request"},
	    {BODY "[]}", 467, "body"},
	    {"{\"janus\":\"message\",\"transaction\":\"t\",\"handle_id\":9}", 467, "body"},
	};

	(void)state;
	ROWS_CHECK(rows);
}

static void requests_that_no_page_needs_are_refused_by_name(void **state)
{
	static const char *const requests[] = {"joinandconfigure", "exists", "create", "destroy",
	    "edit", "kick", "moderate", "allowed", "enable_recording", "rtp_forward",
	    "stop_rtp_forward", "listforwarders", "list", "add_remote_publisher",
	    "publish_remotely", "hangup"};
	const struct speaker who = speaker(ROLE_MODERATOR);

	(void)state;
	for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
		const char *text = arena_printf(arena, BODY "{\"request\":\"%s\"}}", requests[i]);
		const char *written;
		struct refusal refusal;

		assert_int_equal(rewrite(&who, text, &written, &refusal), REFUSED_VERB);
		assert_non_null(strstr(refusal.reason, requests[i]));
	}
}

#define JSEP(request, jsep)   BODY "{\"request\":\"" request "\"},\"jsep\":" jsep "}"
#define JSEPED(request, jsep) BODIED "{\"request\":\"" request "\"},\"jsep\":" jsep "}"

static void session_descriptions_are_of_sound_and_pictures(void **state)
{
	static const struct row rows[] = {
	    {JSEP("publish",
		 "{\"type\":\"offer\",\"sdp\":\"v=0\\r\\nm=audio 9\\r\\n\",\"e2ee\":true}"),
		0,
		JSEPED("publish",
		    "{\"type\":\"offer\",\"sdp\":\"v=0\\r\\nm=audio 9\\r\\n\",\"e2ee\":true}")},
	    {JSEP("start", "{\"type\":\"answer\",\"sdp\":\"v=0\"}"), 0,
		JSEPED("start", "{\"type\":\"answer\",\"sdp\":\"v=0\"}")},
	    {JSEP("configure", "{\"type\":\"offer\",\"sdp\":\"v=0\"}"), 0,
		JSEPED("configure", "{\"type\":\"offer\",\"sdp\":\"v=0\"}")},
	    {JSEP("publish", "{\"type\":\"offer\",\"sdp\":\"v=0\\r\\nm=application 9\\r\\n\"}"),
		405, "Data channels"},
	    {JSEP("publish", "{\"type\":\"offer\",\"sdp\":\"m=application 9\"}"), 405,
		"Data channels"},
	    {JSEP("publish", "{\"type\":\"offer\",\"sdp\":\"v=0\\nm=application 9\"}"), 405,
		"Data channels"},
	    {JSEP("publish", "{\"type\":\"pranswer\",\"sdp\":\"v=0\"}"), 467, "type"},
	    {JSEP("publish", "{\"sdp\":\"v=0\"}"), 467, "type"},
	    {JSEP("publish", "{\"type\":\"offer\"}"), 456, "sdp"},
	    {JSEP("publish", "{\"type\":\"offer\",\"sdp\":7}"), 456, "sdp"},
	    {JSEP("publish", "{\"type\":\"offer\",\"sdp\":\"a\\u0000b\"}"), 456, "sdp"},
	    {JSEP("publish", "{\"type\":\"offer\",\"sdp\":\"v=0\",\"force_relay\":true}"), 405,
		"force_relay"},
	    {JSEP("publish", "[]"), 467, "jsep"},
	    {JSEP("leave", "{\"type\":\"offer\",\"sdp\":\"v=0\"}"), 405, "jsep"},
	};

	(void)state;
	ROWS_CHECK(rows);
}

/* A message whose field holds `len` bytes of x. */
static const char *long_field(const char *start, size_t len, const char *end)
{
	char *filling = arena_alloc(arena, len + 1);

	memset(filling, 'x', len);
	return arena_printf(arena, "%s%s%s", start, filling, end);
}

static void too_long_is_refused(void **state)
{
	static const struct {
		const char *start, *end;
		size_t max;
		int code;
	} rows[] = {
	    {"{\"janus\":\"keepalive\",\"transaction\":\"", "\"}", TRANSACTION_MAX, REFUSED_TYPE},
	    {JOIN ",\"display\":\"", "\"}}", 1024, REFUSED_TYPE},
	    {BODY "{\"request\":\"update\",\"subscribe\":[{\"feed\":\"", "\"}]}}", 300,
		REFUSED_TYPE},
	    {BODY "{\"request\":\"configure\",\"mid\":\"", "\"}}", 32, REFUSED_TYPE},
	    {TRICKLE "{\"candidate\":\"", "\"}}", 1024, REFUSED_TYPE},
	    {TRICKLE "{\"usernameFragment\":\"", "\"}}", 256, REFUSED_TYPE},
	    {JOIN ",\"token\":\"", "\"}}", 8000, REFUSED_SIZE},
	};
	const struct speaker who = speaker(ROLE_PUBLISHER);
	const char *written;
	struct refusal refusal;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *text = long_field(rows[i].start, rows[i].max, rows[i].end);

		assert_int_equal(rewrite(&who, text, &written, &refusal), 0);
		text = long_field(rows[i].start, rows[i].max + 200, rows[i].end);
		assert_int_equal(rewrite(&who, text, &written, &refusal), rows[i].code);
	}
	/* With a session description there may be more. */
	assert_int_equal(
	    rewrite(&who,
		long_field(BODY "{\"request\":\"publish\"},\"jsep\":{\"type\":\"offer\",\"sdp\":\"",
		    100000, "\"}}"),
		&written, &refusal),
	    0);
}

static void those_who_only_watch_cannot_send(void **state)
{
	const struct speaker watcher = speaker(ROLE_SUBSCRIBER);
	const char *written;
	struct refusal refusal;

	(void)state;
	assert_int_equal(rewrite(&watcher, JOIN "}}", &written, &refusal), REFUSED_IDENTITY);
	assert_int_equal(rewrite(&watcher, BODY "{\"request\":\"publish\"}}", &written, &refusal),
	    REFUSED_IDENTITY);
	assert_int_equal(rewrite(&watcher, BODY "{\"request\":\"join\",\"ptype\":\"subscriber\"}}",
			     &written, &refusal),
	    0);
}

static void nothing_is_said_without_a_session(void **state)
{
	struct speaker who = speaker(ROLE_PUBLISHER);
	const char *written;
	struct refusal refusal;

	(void)state;
	who.session = 0;
	assert_int_equal(rewrite(&who, JOIN "}}", &written, &refusal), REFUSED_SESSION);
	assert_int_equal(
	    rewrite(&who, "{\"janus\":\"create\",\"transaction\":\"t\"}", &written, &refusal), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, arena_setup, arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(verbs_are_those_of_the_table),
	    TEST(a_test_reaches_the_echo_alone),
	    TEST(candidates_are_copied),
	    TEST(whoever_joins_joins_as_themselves),
	    TEST(requests_and_their_fields_are_those_of_the_table),
	    TEST(requests_that_no_page_needs_are_refused_by_name),
	    TEST(session_descriptions_are_of_sound_and_pictures),
	    TEST(too_long_is_refused),
	    TEST(those_who_only_watch_cannot_send),
	    TEST(nothing_is_said_without_a_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
