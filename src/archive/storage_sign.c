/* Links to objects that need no credentials: S3's presigned URLs and Azure's service SAS. libcurl
 * signs requests, but cannot make links. */
#include <stdio.h>
#include <string.h>

#include "archive/storage_driver.h"
#include "base/clock.h"

enum {
	STAMP_SIZE = 32, /* bytes of a date with its NUL */
};

/* Writes 20130524T000000Z, or 2013-05-24T00:00:00Z. */
static void stamp_write(int64_t time, bool dashes, char text[static STAMP_SIZE])
{
	struct date date = date_from_time(time);

	snprintf(text, STAMP_SIZE,
	    dashes ? "%04d-%02u-%02uT%02u:%02u:%02uZ" : "%04d%02u%02uT%02u%02u%02uZ", date.year,
	    date.month, date.day, date.hour, date.minute, date.second);
}

static void s3_step(unsigned char key[static SHA256_SIZE], const char *text)
{
	unsigned char next[SHA256_SIZE];

	hmac_sha256(key, SHA256_SIZE, text, strlen(text), next);
	memcpy(key, next, sizeof next);
}

/* The key of a day, a region and the service s3. */
static void s3_key(struct arena *arena, const struct storage_s3_link *link, const char *day,
    unsigned char key[static SHA256_SIZE])
{
	const char *secret = arena_printf(arena, "AWS4%s", link->secret_key);

	hmac_sha256(secret, strlen(secret), day, strlen(day), key);
	s3_step(key, link->region);
	s3_step(key, "s3");
	s3_step(key, "aws4_request");
}

const char *storage_s3_sign(struct arena *arena, const struct storage_s3_link *link)
{
	unsigned char digest[SHA256_SIZE];
	char stamp[STAMP_SIZE], hex[2 * SHA256_SIZE + 1];
	const char *day, *scope, *query, *request, *text;

	stamp_write(link->now, false, stamp);
	day = arena_strndup(arena, stamp, 8);
	scope = arena_printf(arena, "%s/%s/s3/aws4_request", day, link->region);
	query = arena_printf(arena,
	    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%s&X-Amz-Date=%s&X-Amz-Expires=%lld"
	    "&X-Amz-SignedHeaders=host",
	    url_encode(arena, arena_printf(arena, "%s/%s", link->access_key, scope)), stamp,
	    (long long)(link->life / SECOND));
	request = arena_printf(
	    arena, "GET\n%s\n%s\nhost:%s\n\nhost\nUNSIGNED-PAYLOAD", link->path, query, link->host);
	sha256(request, strlen(request), digest);
	hex_encode(digest, sizeof digest, hex);
	text = arena_printf(arena, "AWS4-HMAC-SHA256\n%s\n%s\n%s", stamp, scope, hex);
	s3_key(arena, link, day, digest);
	s3_step(digest, text);
	hex_encode(digest, sizeof digest, hex);
	return arena_printf(arena, "%s&X-Amz-Signature=%s", query, hex);
}

const char *storage_azure_sign(struct arena *arena, const struct storage_azure_link *link)
{
	const char *protocols = link->http ? "https,http" : "https";
	unsigned char digest[SHA256_SIZE];
	char end[STAMP_SIZE];
	size_t key_len;
	unsigned char *key = base64_decode(arena, link->key, strlen(link->key), &key_len);
	const char *text;

	if (key == NULL)
		return NULL;
	stamp_write(link->now + link->life, true, end);
	/* Permissions, start, end, resource, identifier, address, protocol, version, kind,
	 * snapshot, encryption scope, and five headers of the answer. */
	text = arena_printf(arena,
	    "r\n\n%s\n/blob/%s/%s/%s\n\n\n%s\n" AZURE_VERSION "\nb\n\n\n\n\n\n\n", end,
	    link->account, link->container, link->object, protocols);
	hmac_sha256(key, key_len, text, strlen(text), digest);
	return arena_printf(arena, "sv=" AZURE_VERSION "&sr=b&sp=r&se=%s&spr=%s&sig=%s",
	    url_encode(arena, end), url_encode(arena, protocols),
	    url_encode(arena, base64_encode(arena, digest, sizeof digest)));
}
