/* The storage of recordings outside of this host: reads, writes and tries a target. */
#include "archive/storage.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"

enum {
	ANSWER_MAX = 64 * 1024, /* bytes of a store's answer that are read */
	HOST_MAX = 253,
	ERROR_CODE_MAX = 60,
};

#define TIMEOUT (10 * SECOND)

static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789";

/* Has `text` from `min` to `max` bytes, and only a-z, 0-9 and the characters of `also`? */
static bool name_good(const char *text, size_t min, size_t max, const char *also)
{
	size_t len = strlen(text);

	if (len < min || len > max)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (strchr(lower, text[i]) == NULL && strchr(also, text[i]) == NULL)
			return false;
	}
	return true;
}

/* ^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$ */
static bool bucket_good(const char *text)
{
	size_t len = strlen(text);

	return name_good(text, 3, 63, ".-") && strchr(".-", text[0]) == NULL &&
	       strchr(".-", text[len - 1]) == NULL;
}

static bool region_good(const char *text)
{
	return name_good(text, 1, 32, "-");
}

static bool account_good(const char *text)
{
	return name_good(text, 3, 24, "");
}

static bool port_good(const char *text)
{
	unsigned number = 0;
	size_t len = strlen(text);

	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
		number = number * 10 + (unsigned)(text[i] - '0');
	}
	return number >= 1 && number <= 65535;
}

/* Is `text` only "https://host" or "https://host:port"? IPv6 addresses are in brackets. */
static bool origin_good(const char *text, bool http_allowed)
{
	static const char host_characters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";
	size_t len;

	if (strncmp(text, "https://", 8) == 0)
		text += 8;
	else if (http_allowed && strncmp(text, "http://", 7) == 0)
		text += 7;
	else
		return false;
	if (*text == '[') {
		len = strspn(text + 1, "0123456789abcdefABCDEF:.");
		if (len == 0 || text[len + 1] != ']')
			return false;
		text += len + 2;
	} else {
		len = strspn(text, host_characters);
		if (len == 0 || len > HOST_MAX)
			return false;
		text += len;
	}
	return *text == '\0' || (*text == ':' && port_good(text + 1));
}

/* Reads the text at `key`. A fault when it is missing (if `due`), of another type, or not `good`.
 * */
static const char *text_read(struct json_object *body, const char *key, bool due,
    bool (*good)(const char *), const char *what, struct error *error)
{
	struct json_object *member;
	const char *text;
	char path[64];

	snprintf(path, sizeof path, "/%s", key);
	if (!json_object_object_get_ex(body, key, &member)) {
		if (due)
			error_fault(error, path, "required", NULL, "%s is missing.", key);
		return NULL;
	}
	if (!json_object_is_type(member, json_type_string)) {
		error_fault(error, path, "type", NULL, "%s must be text.", key);
		return NULL;
	}
	text = json_text_member(body, key);
	if (text == NULL || (good != NULL && !good(text))) {
		error_fault(error, path, "pattern", NULL, "%s must be %s.", key, what);
		return NULL;
	}
	return text;
}

static const char *origin_read(
    struct json_object *body, const char *key, const struct config *config, struct error *error)
{
	const char *text = text_read(body, key, false, NULL, "", error);
	char path[64];

	if (text == NULL || origin_good(text, config->storage_allow_http))
		return text;
	snprintf(path, sizeof path, "/%s", key);
	error_fault(error, path, "pattern", NULL,
	    "%s must be %s://, a host and, if needed, a port, and nothing more.", key,
	    config->storage_allow_http ? "https:// or http" : "https");
	return NULL;
}

static bool fallback_good(const char *text)
{
	return strcmp(text, "none") == 0 || strcmp(text, "opentok") == 0;
}

static bool credential_need(const char *value, const char *name, struct error *error)
{
	if (*value != '\0')
		return true;
	return error_set(
	    error, ERROR_UNAVAILABLE, "The setting %s is missing; this storage needs it.", name);
}

bool storage_target_parse(struct arena *arena, struct json_object *body,
    const struct config *config, struct storage_target *target, struct error *error)
{
	const char *name = text_read(body, "name", true, NULL, "", error);
	bool s3 = name != NULL && strcmp(name, "AWSS3") == 0;
	bool azure = name != NULL && strcmp(name, "AZURE") == 0;

	(void)arena;
	*target = (struct storage_target){0};
	if (name != NULL && !s3 && !azure)
		error_fault(error, "/name", "enum", NULL, "name must be AWSS3 or AZURE.");
	if (s3) {
		target->kind = STORAGE_S3;
		target->bucket = text_read(
		    body, "bucket", true, bucket_good, "3 to 63 of a-z, 0-9, . and -", error);
		target->region = text_read(
		    body, "region", false, region_good, "1 to 32 of a-z, 0-9 and -", error);
		target->endpoint = origin_read(body, "endpoint", config, error);
	} else if (azure) {
		target->kind = STORAGE_AZURE;
		target->account = text_read(
		    body, "accountName", true, account_good, "3 to 24 of a-z and 0-9", error);
		target->container = text_read(
		    body, "container", true, bucket_good, "3 to 63 of a-z, 0-9, . and -", error);
		target->domain = origin_read(body, "domain", config, error);
	}
	target->fallback =
	    text_read(body, "fallback", false, fallback_good, "none or opentok", error);
	if (error->kind != ERROR_NONE)
		return false;
	if (target->kind == STORAGE_S3 && target->region == NULL)
		target->region = "us-east-1";
	if (target->kind == STORAGE_S3)
		return credential_need(config->aws_access_key, "AWS_ACCESS_KEY", error) &&
		       credential_need(config->aws_secret_key, "AWS_SECRET_KEY", error);
	return credential_need(config->azure_account_key, "AZURE_ACCOUNT_KEY", error);
}

struct json_object *storage_target_json(const struct storage_target *target)
{
	struct json_object *object = json_object_new_object();

	if (target->kind == STORAGE_S3) {
		json_add_text(object, "name", "AWSS3");
		json_add_text(object, "bucket", target->bucket);
		json_add_text(object, "region", target->region);
		json_add_text(object, "endpoint", target->endpoint);
	} else {
		json_add_text(object, "name", "AZURE");
		json_add_text(object, "accountName", target->account);
		json_add_text(object, "container", target->container);
		json_add_text(object, "domain", target->domain);
	}
	json_add_text(object, "fallback", target->fallback);
	return object;
}

/* Does STORAGE_HOSTS list the host of this URL? */
static bool host_listed(const struct config *config, const char *url)
{
	const char *host = strstr(url, "://");
	const char *list = config->storage_hosts;
	size_t len;

	host = host == NULL ? url : host + 3;
	len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
	while (*list != '\0') {
		size_t word = strcspn(list, " ,");

		if (word == len && strncasecmp(list, host, len) == 0)
			return true;
		list += word;
		list += strspn(list, " ,");
	}
	return false;
}

struct http_call storage_call(const struct config *config, const struct storage_request *request,
    const char *url, const char *const *headers)
{
	return (struct http_call){
	    .method = request->method,
	    .url = url,
	    .headers = headers,
	    .body = request->body,
	    .body_len = request->body_len,
	    .timeout = TIMEOUT,
	    .answer_max = ANSWER_MAX,
	    .public_only = !host_listed(config, url),
	};
}

/* Finds the error code of the store: the text in <Code>, when it is only letters. */
static void error_code_find(const struct http_answer *answer, char code[static ERROR_CODE_MAX])
{
	const char *start = strstr(answer->body, "<Code>");
	size_t len = 0;

	code[0] = '\0';
	if (start == NULL)
		return;
	start += strlen("<Code>");
	while (len < ERROR_CODE_MAX - 1 && isalpha((unsigned char)start[len]))
		len++;
	if (start[len] != '<')
		return;
	memcpy(code, start, len);
	code[len] = '\0';
}

static bool send_request(struct http_client *client, struct arena *arena,
    const struct config *config, const struct storage_target *target,
    const struct storage_request *request, struct error *error)
{
	struct http_answer answer;
	struct error failure = {0};
	char code[ERROR_CODE_MAX];
	bool sent =
	    target->kind == STORAGE_S3
		? storage_send_s3(client, arena, config, target, request, &answer, &failure)
		: storage_send_azure(client, arena, config, target, request, &answer, &failure);

	if (!sent) {
		error_set(error, ERROR_MALFORMED, "The storage cannot be reached: %.300s.",
		    failure.message);
		error_clear(&failure);
		return false;
	}
	if (answer.status >= 200 && answer.status < 300)
		return true;
	error_code_find(&answer, code);
	return error_set(error, ERROR_MALFORMED,
	    "The storage refused a small test object: HTTP status %ld%s%s.", answer.status,
	    *code == '\0' ? "" : ", ", code);
}

bool storage_try(struct http_client *client, struct arena *arena, const struct config *config,
    const struct storage_target *target, struct error *error)
{
	static const char content[] = "Confab has tried whether it can write here.\n";
	char suffix[17];
	struct storage_request put = {
	    .method = "PUT", .body = content, .body_len = sizeof content - 1};
	struct storage_request delete = {.method = "DELETE"};

	random_id(suffix, sizeof suffix - 1);
	put.name = delete.name = arena_printf(arena, "confab-test-%s.txt", suffix);
	return send_request(client, arena, config, target, &put, error) &&
	       send_request(client, arena, config, target, &delete, error);
}
