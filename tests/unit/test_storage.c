/* The storage of recordings: links, lists, faults and parts, without a store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "archive/storage_driver.h"
#include "archive/storage_xml.h"
#include "arena_fixture.h"
#include "base/clock.h"

#define MIB         INT64_C(1048576)
#define MAY_24_2013 (INT64_C(1369353600) * SECOND)

/* The example in Amazon's "Authenticating Requests: Using Query Parameters". */
static void a_link_to_s3_is_signed_as_amazon_does_it(void **state)
{
	const struct storage_s3_link link = {.host = "examplebucket.s3.amazonaws.com",
	    .path = "/test.txt",
	    .region = "us-east-1",
	    .access_key = "AKIAIOSFODNN7EXAMPLE",
	    .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
	    .now = MAY_24_2013,
	    .life = 86400 * SECOND};

	(void)state;
	assert_string_equal(storage_s3_sign(arena, &link),
	    "X-Amz-Algorithm=AWS4-HMAC-SHA256"
	    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
	    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
	    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

/* Microsoft's @azure/storage-blob 12.17 has computed the signatures. */
static void a_link_to_azure_is_signed_as_microsoft_does_it(void **state)
{
	struct storage_azure_link link = {.account = "myaccount",
	    .key = "dGhlIGFjY291bnQga2V5IG9mIHRoaXMgdGVzdA==",
	    .container = "recordings",
	    .object = "a/meeting.mp4",
	    .now = MAY_24_2013,
	    .life = 86400 * SECOND};

	(void)state;
	assert_string_equal(storage_azure_sign(arena, &link),
	    "sv=2021-08-06&sr=b&sp=r&se=2013-05-25T00%3A00%3A00Z&spr=https"
	    "&sig=rYIXk9dOTUHvBMnOBdh6geebIFykZf%2FrwKVQcWL35T8%3D");
	link.http = true;
	assert_string_equal(storage_azure_sign(arena, &link),
	    "sv=2021-08-06&sr=b&sp=r&se=2013-05-25T00%3A00%3A00Z&spr=https%2Chttp"
	    "&sig=YJJlJ605nuHKknOZOMyltL9rPBMZi66JA12kY%2FBT%2F2g%3D");
	link.key = "no base64";
	assert_null(storage_azure_sign(arena, &link));
}

static void a_link_names_the_host_as_a_browser_does(void **state)
{
	static const struct {
		const char *url, *host;
	} cases[] = {
	    {"https://s3.example", "s3.example"},
	    {"https://s3.example:443", "s3.example"},
	    {"https://s3.example:80", "s3.example:80"},
	    {"http://s3.example:80", "s3.example"},
	    {"http://s3.example:443", "s3.example:443"},
	    {"http://[::1]:9000", "[::1]:9000"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(storage_host(arena, cases[i].url), cases[i].host);
}

static void a_link_leads_to_the_bucket_or_to_the_endpoint(void **state)
{
	const struct config config = {
	    .aws_access_key = "key", .aws_secret_key = "secret", .azure_account_key = "a2V5"};
	struct storage_target target = {
	    .kind = STORAGE_S3, .bucket = "recordings", .region = "eu-central-1"};
	const struct storage storage = {.config = &config, .target = &target};
	static const char amazon[] =
	    "https://recordings.s3.eu-central-1.amazonaws.com/a/meeting.mp4?X-Amz-";
	static const char other[] = "http://s3.example:9000/recordings/a/meeting.mp4?X-Amz-";
	static const char microsoft[] =
	    "https://myaccount.blob.core.windows.net/recordings/a/meeting.mp4?sv=";

	(void)state;
	assert_memory_equal(storage_link(&storage, arena, "a/meeting.mp4", MAY_24_2013, HOUR),
	    amazon, sizeof amazon - 1);
	target.endpoint = "http://s3.example:9000";
	assert_memory_equal(storage_link(&storage, arena, "a/meeting.mp4", MAY_24_2013, HOUR),
	    other, sizeof other - 1);
	target = (struct storage_target){
	    .kind = STORAGE_AZURE, .account = "myaccount", .container = "recordings"};
	assert_memory_equal(storage_link(&storage, arena, "a/meeting.mp4", MAY_24_2013, HOUR),
	    microsoft, sizeof microsoft - 1);
}

static bool items_read(const char *text, struct xml_items *items)
{
	static const char *const names[] = {"PartNumber", "ETag", NULL};

	return xml_items_read(arena, text, strlen(text), "Part", names, items);
}

static void a_list_of_parts_is_read(void **state)
{
	static const char text[] =
	    "<?xml version=\"1.0\"?><L xmlns=\"x\"><ETag>not this</ETag>"
	    "<Part><PartNumber>1</PartNumber><Owner><ETag>nor this</ETag></Owner>"
	    "<ETag>&quot;a<!-- -->b&quot;</ETag></Part><Part><PartNumber/></Part></L>";
	struct xml_items items;

	(void)state;
	assert_true(items_read(text, &items));
	assert_int_equal(items.count, 2);
	assert_string_equal(items.list[0].fields[0], "1");
	assert_string_equal(items.list[0].fields[1], "\"ab\"");
	assert_string_equal(items.list[1].fields[0], "");
	assert_null(items.list[1].fields[1]);
	assert_string_equal(
	    xml_text(arena, "<Error><Code>A</Code></Error>", 29, "Error", "Code"), "A");
	assert_null(xml_text(arena, "", 0, "Error", "Code"));
}

static void a_list_that_is_no_xml_or_defines_entities_is_refused(void **state)
{
	static const char entities[] =
	    "<!DOCTYPE L [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><L><Part><ETag>&b;</ETag></Part></L>";
	const char *const texts[] = {
	    "", "Part", "<L><Part></L>", "<L/><L/>", entities, "<L>&undefined;</L>"};
	struct xml_items items;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_false(items_read(texts[i], &items));
}

static void answers_have_their_faults(void **state)
{
	static const struct {
		long status;
		const char *code, *name;
		bool needs_operator;
	} cases[] = {
	    {200, "", "none", false},
	    {204, "", "none", false},
	    {200, "InternalError", "busy", false},
	    {200, "SomethingNew", "refused", true},
	    {307, "", "refused", true},
	    {400, "BadDigest", "mismatch", false},
	    {400, "InvalidRequest", "refused", true},
	    {401, "", "credentials", true},
	    {403, "SignatureDoesNotMatch", "credentials", true},
	    {403, "QuotaExceeded", "full", true},
	    {404, "", "absent", false},
	    {404, "NoSuchBucket", "no-bucket", true},
	    {404, "ContainerNotFound", "no-bucket", true},
	    {404, "NoSuchUpload", "no-upload", false},
	    {429, "", "busy", false},
	    {500, "", "busy", false},
	    {503, "SlowDown", "busy", false},
	    {507, "", "full", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		enum storage_fault fault = storage_fault_of(cases[i].status, cases[i].code);

		assert_string_equal(storage_fault_name(fault), cases[i].name);
		assert_int_equal(storage_fault_needs_operator(fault), cases[i].needs_operator);
	}
}

static void parts_are_few_enough_for_any_size(void **state)
{
	(void)state;
	assert_int_equal(storage_part_size(STORAGE_SINGLE_MAX + 1), 16 * MIB);
	assert_int_equal(storage_part_size(160000 * MIB), 16 * MIB);
	assert_int_equal(storage_part_size(160000 * MIB + 1), 32 * MIB);
	assert_int_equal(storage_part_size(640000 * MIB), 64 * MIB);
}

static void a_target_is_read_as_it_was_written(void **state)
{
	const struct storage_target s3 = {.kind = STORAGE_S3,
	    .bucket = "b-1",
	    .region = "eu-1",
	    .endpoint = "https://s3.example",
	    .fallback = "opentok"};
	const struct storage_target azure = {
	    .kind = STORAGE_AZURE, .account = "myaccount", .container = "recordings"};
	struct storage_target target;
	struct error error = {0};

	(void)state;
	assert_true(storage_target_parse(arena, storage_target_text(arena, &s3), &target, &error));
	assert_int_equal(target.kind, STORAGE_S3);
	assert_string_equal(target.bucket, "b-1");
	assert_string_equal(target.endpoint, "https://s3.example");
	assert_string_equal(target.fallback, "opentok");
	assert_true(
	    storage_target_parse(arena, storage_target_text(arena, &azure), &target, &error));
	assert_int_equal(target.kind, STORAGE_AZURE);
	assert_string_equal(target.container, "recordings");
	assert_null(target.domain);
	assert_false(storage_target_parse(arena, "{\"name\":\"FTP\"}", &target, &error));
	error_clear(&error);
	assert_false(storage_target_parse(arena, "[]", &target, &error));
	error_clear(&error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_link_to_s3_is_signed_as_amazon_does_it),
	    cmocka_unit_test(a_link_to_azure_is_signed_as_microsoft_does_it),
	    cmocka_unit_test(a_link_names_the_host_as_a_browser_does),
	    cmocka_unit_test(a_link_leads_to_the_bucket_or_to_the_endpoint),
	    cmocka_unit_test(a_list_of_parts_is_read),
	    cmocka_unit_test(a_list_that_is_no_xml_or_defines_entities_is_refused),
	    cmocka_unit_test(answers_have_their_faults),
	    cmocka_unit_test(parts_are_few_enough_for_any_size),
	    cmocka_unit_test(a_target_is_read_as_it_was_written),
	};

	return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
