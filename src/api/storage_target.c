/* PUT and DELETE /archives/storage-target: the remote place for recordings. */
#include "api/storage_target.h"

#include <string.h>

#include "api/routes.h"
#include "service/storage_target.h"

struct kind_wish {
	const char *name;
};

static const struct body_field kind_fields[] = {
    BODY_TEXT("name", struct kind_wish, name, 0, BODY_MAX, BODY_BYTES, .required = true),
};

/* A field of text with a check. */
#define GOOD(key, member, good_, says_, ...)                                                       \
	BODY_TEXT(key, struct storage_target, member, 0, BODY_MAX, BODY_BYTES,                     \
	    BODY_GOOD(good_, "pattern", says_), __VA_ARGS__)

#define BUCKET_SAYS "must be 3 to 63 of a-z, 0-9, . and -."
#define HTTPS_SAYS  "must be https://, a host and perhaps a port, and nothing more."
#define HTTP_SAYS   "must be https:// or http://, a host and perhaps a port, and nothing more."

#define S3_FIELDS                                                                                  \
	GOOD("bucket", bucket, storage_bucket_good, BUCKET_SAYS, .required = true),                \
	    GOOD("region", region, storage_region_good, "must be 1 to 32 of a-z, 0-9 and -.")
#define AZURE_FIELDS                                                                               \
	GOOD("accountName", account, storage_account_good, "must be 3 to 24 of a-z and 0-9.",      \
	    .required = true),                                                                     \
	    GOOD("container", container, storage_bucket_good, BUCKET_SAYS, .required = true)

static const struct body_field s3_fields[] = {
    S3_FIELDS,
    GOOD("endpoint", endpoint, storage_https_origin_good, HTTPS_SAYS),
};
static const struct body_field s3_http_fields[] = {
    S3_FIELDS,
    GOOD("endpoint", endpoint, storage_origin_good, HTTP_SAYS),
};
static const struct body_field azure_fields[] = {
    AZURE_FIELDS,
    GOOD("domain", domain, storage_https_origin_good, HTTPS_SAYS),
};
static const struct body_field azure_http_fields[] = {
    AZURE_FIELDS,
    GOOD("domain", domain, storage_origin_good, HTTP_SAYS),
};
_Static_assert(BODY_FIELDS(s3_fields) == BODY_FIELDS(s3_http_fields), "they differ in words alone");
_Static_assert(
    BODY_FIELDS(azure_fields) == BODY_FIELDS(azure_http_fields), "they differ in words alone");

static const struct body_field fallback_fields[] = {
    GOOD("fallback", fallback, storage_fallback_good, "must be none or opentok."),
};

static void kind_read(struct body *body, struct storage_target *target)
{
	struct kind_wish wish = {.name = NULL};

	body_read_fields(body, kind_fields, BODY_FIELDS(kind_fields), &wish);
	if (wish.name == NULL)
		return;
	if (strcmp(wish.name, "AWSS3") == 0)
		target->kind = STORAGE_S3;
	else if (strcmp(wish.name, "AZURE") == 0)
		target->kind = STORAGE_AZURE;
	else
		body_fault(body, "name", "enum", "name must be AWSS3 or AZURE.");
}

void storage_target_read(struct body *body, bool http_allowed, struct storage_target *target)
{
	*target = (struct storage_target){.fallback = NULL};
	kind_read(body, target);
	if (target->kind == STORAGE_S3) {
		target->region = "us-east-1";
		body_read_fields(body, http_allowed ? s3_http_fields : s3_fields,
		    BODY_FIELDS(s3_fields), target);
	} else if (target->kind == STORAGE_AZURE) {
		body_read_fields(body, http_allowed ? azure_http_fields : azure_fields,
		    BODY_FIELDS(azure_fields), target);
	}
	body_read_fields(body, fallback_fields, BODY_FIELDS(fallback_fields), target);
}

/* The target is for the recordings of all meetings. */
static bool act_may_set(const struct act *act, struct error *error)
{
	if (act->meeting_link != NULL)
		return error_set(error, ERROR_FORBIDDEN, "This token is for another meeting only.");
	if (act->tenant != NULL)
		return error_set(error, ERROR_FORBIDDEN,
		    "A tenant's token may not set the storage target of all tenants.");
	return true;
}

bool storage_target_put(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);
	struct body body = body_open(context->body, context->arena, error);
	struct storage_target target;

	if (!act_may_set(&act, error))
		return false;
	storage_target_read(&body, context->service->config.storage_allow_http, &target);
	if (!body_close(&body) ||
	    !storage_target_set(context->service, context->arena, &act, &target, error))
		return false;
	response_text(context->response, "null");
	return true;
}

bool storage_target_delete(struct request_context *context, struct error *error)
{
	const struct act act = context_act(context);

	if (!act_may_set(&act, error) ||
	    !storage_target_drop(context->service, context->arena, &act, error))
		return false;
	response_text(context->response, "null");
	return true;
}
