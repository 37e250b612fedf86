/* Requests to S3 and compatible stores. curl makes the signature (SigV4). */
#include "archive/storage.h"

#include "base/crypto.h"

/* The URL of an object. With an endpoint the bucket is in the path: certificates and names of such
 * stores often do not have the bucket in the host. */
static const char *object_url(
    struct arena *arena, const struct storage_target *target, const char *name)
{
	if (target->endpoint != NULL)
		return arena_printf(arena, "%s/%s/%s", target->endpoint, target->bucket, name);
	return arena_printf(
	    arena, "https://%s.s3.%s.amazonaws.com/%s", target->bucket, target->region, name);
}

bool storage_send_s3(struct http_client *client, struct arena *arena, const struct config *config,
    const struct storage_target *target, const struct storage_request *request,
    struct http_answer *answer, struct error *error)
{
	unsigned char digest[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];
	const char *url = object_url(arena, target, request->name);
	const char *headers[3] = {0};
	struct http_call call = storage_call(config, request, url, headers);

	call.user_password =
	    arena_printf(arena, "%s:%s", config->aws_access_key, config->aws_secret_key);
	call.aws_sigv4 = arena_printf(arena, "aws:amz:%s:s3", target->region);
	/* S3 needs the hash of the body in a header, which is signed too. */
	sha256(request->body == NULL ? "" : request->body, request->body_len, digest);
	hex_encode(digest, sizeof digest, hex);
	headers[0] = arena_printf(arena, "x-amz-content-sha256: %s", hex);
	if (request->body != NULL)
		headers[1] = "Content-Type: application/octet-stream";
	return http_call(client, arena, &call, answer, error);
}
