/* The storage of recordings outside of this host: writes and tries a target. */
#include "archive/storage.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"

enum {
	ANSWER_MAX = 64 * 1024, /* bytes of a store's answer that are read */
	ERROR_CODE_MAX = 60,
};

#define TIMEOUT (10 * SECOND)

static bool credential_need(const char *value, const char *name, struct error *error)
{
	if (*value != '\0')
		return true;
	return error_set(
	    error, ERROR_UNAVAILABLE, "The setting %s is missing; this storage needs it.", name);
}

bool storage_usable(
    const struct config *config, const struct storage_target *target, struct error *error)
{
	if (target->kind == STORAGE_S3)
		return credential_need(config->aws_access_key, "AWS_ACCESS_KEY", error) &&
		       credential_need(config->aws_secret_key, "AWS_SECRET_KEY", error);
	return credential_need(config->azure_account_key, "AZURE_ACCOUNT_KEY", error);
}

const char *storage_target_text(struct arena *arena, const struct storage_target *target)
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
	return json_text_take(arena, object);
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
