/* Requests to Azure Blob Storage, with the account's key ("Shared Key" in its documentation). */
#include "archive/storage.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/crypto.h"

#define API_VERSION "2021-08-06"

/* The path of an object. Microsoft's host has the account in its name. Another host, such as an
 * emulator, has it in the path. */
static const char *resource_path(
    struct arena *arena, const struct storage_target *target, const char *name)
{
	if (target->domain != NULL)
		return arena_printf(arena, "/%s/%s/%s", target->account, target->container, name);
	return arena_printf(arena, "/%s/%s", target->container, name);
}

static const char *date_header(struct arena *arena)
{
	char text[64];
	time_t now = (time_t)(clock_now() / SECOND);
	struct tm tm;

	/* No function calls setlocale(), so the names are English. */
	gmtime_r(&now, &tm);
	strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	return arena_strdup(arena, text);
}

/* The text to sign ("Authorize with Shared Key"): method, eleven standard headers, the headers
 * x-ms-…, the resource. */
static const char *string_to_sign(struct arena *arena, const struct storage_target *target,
    const struct storage_request *request, const char *path, const char *date)
{
	bool put = request->body != NULL;
	const char *length = put ? arena_printf(arena, "%zu", request->body_len) : "";
	const char *type = put ? "application/octet-stream" : "";
	const char *blob = put ? "x-ms-blob-type:BlockBlob\n" : "";

	return arena_printf(arena,
	    "%s\n\n\n%s\n\n%s\n\n\n\n\n\n\n%sx-ms-date:%s\nx-ms-version:" API_VERSION "\n/%s%s",
	    request->method, length, type, blob, date, target->account, path);
}

bool storage_send_azure(struct http_client *client, struct arena *arena,
    const struct config *config, const struct storage_target *target,
    const struct storage_request *request, struct http_answer *answer, struct error *error)
{
	const char *path = resource_path(arena, target, request->name);
	const char *date = date_header(arena);
	const char *text = string_to_sign(arena, target, request, path, date);
	const char *url =
	    target->domain != NULL
		? arena_printf(arena, "%s%s", target->domain, path)
		: arena_printf(arena, "https://%s.blob.core.windows.net%s", target->account, path);
	unsigned char digest[SHA256_SIZE];
	size_t key_len;
	unsigned char *key = base64_decode(
	    arena, config->azure_account_key, strlen(config->azure_account_key), &key_len);
	const char *headers[6] = {0};
	const struct http_call call = storage_call(config, request, url, headers);

	if (key == NULL)
		return error_set(
		    error, ERROR_UNAVAILABLE, "the setting AZURE_ACCOUNT_KEY is not base64");
	hmac_sha256(key, key_len, text, strlen(text), digest);
	headers[0] = arena_printf(arena, "Authorization: SharedKey %s:%s", target->account,
	    base64_encode(arena, digest, sizeof digest));
	headers[1] = arena_printf(arena, "x-ms-date: %s", date);
	headers[2] = "x-ms-version: " API_VERSION;
	if (request->body != NULL) {
		headers[3] = "x-ms-blob-type: BlockBlob";
		headers[4] = "Content-Type: application/octet-stream";
	}
	return http_call(client, arena, &call, answer, error);
}
