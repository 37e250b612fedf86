/* HTTP calls to other servers, made with libcurl. */
#include "base/http_client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"

enum {
	CONNECT_TIMEOUT_MS = 3000,
	ANSWER_START = 1024,     /* bytes of the answer's buffer at the start */
	HEADERS_MAX = 16 * 1024, /* bytes of the answer's headers; further ones are ignored */
};

struct http_client {
	CURL *curl;
};

/* The data of one call's callbacks. Times are on the monotonic clock. */
struct transfer {
	const struct http_call *call;
	CURL *curl;
	struct buffer body, headers;
	int64_t sent;        /* bytes of the file that were read */
	curl_off_t progress; /* bytes that have moved in both directions */
	int64_t progress_at, kept_at;
	enum http_failure failure; /* the callbacks' reason to end the call */
	bool too_large;
	bool refused; /* the server's address is not public */
};

struct http_client *http_client_new(void)
{
	struct http_client *client = calloc(1, sizeof *client);

	if (client == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
	client->curl = curl_easy_init();
	if (client->curl == NULL)
		abort();
	return client;
}

void http_client_free(struct http_client *client)
{
	if (client == NULL)
		return;
	curl_easy_cleanup(client->curl);
	free(client);
}

/* Gives the sink its bytes. 0 ends the call. */
static size_t sink_give(struct transfer *transfer, const char *bytes, size_t len)
{
	if (transfer->call->sink(transfer->call->sink_context, bytes, len))
		return len;
	transfer->failure = HTTP_STOPPED;
	return 0;
}

static size_t body_take(char *bytes, size_t one, size_t len, void *context)
{
	struct transfer *transfer = context;
	long status = 0;

	(void)one;
	curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
	if (transfer->call->sink != NULL && status / 100 == 2)
		return sink_give(transfer, bytes, len);
	if (len > transfer->call->answer_max - transfer->body.len) {
		transfer->too_large = true;
		return 0;
	}
	buffer_put(&transfer->body, bytes, len);
	return len;
}

static size_t header_take(char *bytes, size_t one, size_t len, void *context)
{
	struct transfer *transfer = context;

	(void)one;
	if (len > 5 && memcmp(bytes, "HTTP/", 5) == 0)
		transfer->headers.text[transfer->headers.len = 0] =
		    '\0'; /* 100 Continue came before */
	else if (len <= HEADERS_MAX - transfer->headers.len)
		buffer_put(&transfer->headers, bytes, len);
	return len;
}

static size_t upload_read(char *bytes, size_t one, size_t len, void *context)
{
	struct transfer *transfer = context;
	const struct http_upload *upload = transfer->call->upload;
	int64_t left = upload->len - transfer->sent;
	ssize_t got;

	(void)one;
	if ((int64_t)len > left)
		len = (size_t)left;
	if (len == 0)
		return 0;
	got = pread(upload->fd, bytes, len, upload->offset + transfer->sent);
	if (got <= 0) {
		transfer->failure = HTTP_FILE;
		return CURL_READFUNC_ABORT;
	}
	transfer->sent += got;
	return (size_t)got;
}

/* curl sends the body again from its start when a kept connection turns out to be closed. */
static int upload_seek(void *context, curl_off_t offset, int origin)
{
	struct transfer *transfer = context;

	if (origin != SEEK_SET || offset < 0 || offset > transfer->call->upload->len)
		return CURL_SEEKFUNC_FAIL;
	transfer->sent = offset;
	return CURL_SEEKFUNC_OK;
}

/* curl calls this at least once a second. */
static int progress_look(void *context, curl_off_t download_total, curl_off_t download,
    curl_off_t upload_total, curl_off_t upload)
{
	struct transfer *transfer = context;
	const struct http_call *call = transfer->call;
	int64_t now = clock_monotonic();

	(void)download_total;
	(void)upload_total;
	if (download + upload != transfer->progress) {
		transfer->progress = download + upload;
		transfer->progress_at = now;
	}
	if (call->stall > 0 && now - transfer->progress_at >= call->stall) {
		transfer->failure = HTTP_STALLED;
	} else if (call->keep != NULL && now - transfer->kept_at >= SECOND) {
		transfer->kept_at = now;
		if (!call->keep(call->keep_context))
			transfer->failure = HTTP_STOPPED;
	}
	return transfer->failure == HTTP_NO_FAILURE ? 0 : 1;
}

/* False for loopback, private, link-local, shared, multicast and reserved addresses (RFC 6890). */
static bool ipv4_public(uint32_t address)
{
	static const struct {
		uint32_t net;
		unsigned bits;
	} nets[] = {{0x00000000, 8}, {0x0A000000, 8}, {0x64400000, 10}, {0x7F000000, 8},
	    {0xA9FE0000, 16}, {0xAC100000, 12}, {0xC0000000, 24}, {0xC0000200, 24},
	    {0xC0586300, 24}, {0xC0A80000, 16}, {0xC6120000, 15}, {0xC6336400, 24},
	    {0xCB007100, 24}, {0xE0000000, 4}, {0xF0000000, 4}};

	for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
		if (((address ^ nets[i].net) >> (32 - nets[i].bits)) == 0)
			return false;
	}
	return true;
}

static uint32_t ipv4_inside(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/* Global unicast addresses are 2000::/3. Some of them (6to4, Teredo, NAT64) contain an IPv4
 * address. */
static bool ipv6_public(const struct in6_addr *address)
{
	const unsigned char *bytes = address->s6_addr;

	if (IN6_IS_ADDR_V4MAPPED(address))
		return ipv4_public(ipv4_inside(bytes + 12));
	if (bytes[0] == 0x20 && bytes[1] == 0x02)
		return ipv4_public(ipv4_inside(bytes + 2));
	if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] < 2)
		return false; /* 2001::/23: Teredo, benchmarking, ORCHID */
	if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0d && bytes[3] == 0xb8)
		return false; /* documentation */
	return (bytes[0] & 0xE0) == 0x20;
}

static bool address_public(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof v4);
		return ipv4_public(ntohl(v4.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		memcpy(&v6, address, sizeof v6);
		return ipv6_public(&v6.sin6_addr);
	}
	return false;
}

/* curl calls this when it connects, not when it resolves the name. So a name that changes its
 * address in between (DNS rebinding) does not pass. */
static curl_socket_t socket_open(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *transfer = context;

	(void)purpose;
	if (!address_public(&address->addr)) {
		transfer->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static struct curl_slist *headers_list(const struct http_call *call)
{
	struct curl_slist *list = NULL;

	/* "Expect: 100-continue" costs a round trip, and some stores do not know it. With a
	 * signature the header must stay: curl would sign the removed header. curl sends it only
	 * with bodies over 1 MiB. */
	if (call->aws_sigv4 == NULL)
		list = curl_slist_append(list, "Expect:");
	for (size_t i = 0; call->headers != NULL && call->headers[i] != NULL; i++)
		list = curl_slist_append(list, call->headers[i]);
	return list;
}

static void body_options_set(CURL *curl, const struct http_call *call, struct transfer *transfer)
{
	if (call->upload != NULL) {
		curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->upload->len);
		curl_easy_setopt(curl, CURLOPT_READFUNCTION, upload_read);
		curl_easy_setopt(curl, CURLOPT_READDATA, transfer);
		curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, upload_seek);
		curl_easy_setopt(curl, CURLOPT_SEEKDATA, transfer);
	} else if (call->body != NULL) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body);
	} else if (strcmp(call->method, "HEAD") == 0) {
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	}
}

static void callback_options_set(
    CURL *curl, const struct http_call *call, struct transfer *transfer)
{
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, header_take);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
	if (call->stall > 0 || call->keep != NULL) {
		curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress_look);
		curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
	}
}

static void options_set(
    CURL *curl, const struct http_call *call, struct transfer *transfer, struct curl_slist *headers)
{
	long timeout = (long)(call->timeout / MILLISECOND);

	curl_easy_reset(curl); /* keeps open connections */
	curl_easy_setopt(curl, CURLOPT_URL, call->url);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, call->unix_socket);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
	    timeout > 0 && timeout < CONNECT_TIMEOUT_MS ? timeout : CONNECT_TIMEOUT_MS);
	body_options_set(curl, call, transfer);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	callback_options_set(curl, call, transfer);
	if (call->user_password != NULL)
		curl_easy_setopt(curl, CURLOPT_USERPWD, call->user_password);
	if (call->aws_sigv4 != NULL)
		curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, call->aws_sigv4);
	if (call->ca_file != NULL)
		curl_easy_setopt(curl, CURLOPT_CAINFO, call->ca_file);
	if (call->public_only) {
		/* Do not use an open connection: another call, with other rules, may have opened
		 * it. */
		curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
		curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
		curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, socket_open);
		curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, transfer);
	}
}

/* The error of a call without an answer. */
static bool failure_tell(
    const struct transfer *transfer, CURLcode code, struct http_answer *answer, struct error *error)
{
	answer->failure = transfer->failure;
	switch (transfer->failure) {
	case HTTP_STALLED:
		return error_set(error, ERROR_UNAVAILABLE, "nothing moved for %lld s",
		    (long long)(transfer->call->stall / SECOND));
	case HTTP_STOPPED:
		return error_set(error, ERROR_UNAVAILABLE, "the transfer was stopped");
	case HTTP_FILE:
		return error_set(error, ERROR_UNAVAILABLE, "the file cannot be read to its end");
	default:
		break;
	}
	answer->failure = code == CURLE_OPERATION_TIMEDOUT ? HTTP_STALLED : HTTP_UNREACHED;
	if (transfer->too_large)
		return error_set(error, ERROR_UNAVAILABLE, "the answer is too large");
	if (transfer->refused)
		return error_set(error, ERROR_UNAVAILABLE,
		    "its address is private or local, which is not allowed");
	return error_set(error, ERROR_UNAVAILABLE, "%s", curl_easy_strerror(code));
}

bool http_call(struct http_client *client, struct arena *arena, const struct http_call *call,
    struct http_answer *answer, struct error *error)
{
	int64_t now = clock_monotonic();
	struct transfer transfer = {.call = call,
	    .curl = client->curl,
	    .body = buffer_new(arena, ANSWER_START),
	    .headers = buffer_new(arena, ANSWER_START),
	    .progress_at = now,
	    .kept_at = now};
	struct curl_slist *headers = headers_list(call);
	CURLcode code;

	options_set(client->curl, call, &transfer, headers);
	code = curl_easy_perform(client->curl);
	*answer = (struct http_answer){.body = transfer.body.text,
	    .body_len = transfer.body.len,
	    .headers = transfer.headers.text};
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &answer->status);
	curl_slist_free_all(headers);
	return code == CURLE_OK || failure_tell(&transfer, code, answer, error);
}

const char *http_answer_header(
    struct arena *arena, const struct http_answer *answer, const char *name)
{
	size_t len = strlen(name);
	const char *line = answer->headers;

	while (line != NULL && *line != '\0') {
		size_t line_len = strcspn(line, "\r\n");

		if (line_len > len && line[len] == ':' && strncasecmp(line, name, len) == 0) {
			const char *value = line + len + 1 + strspn(line + len + 1, " \t");

			return arena_strndup(arena, value, (size_t)(line + line_len - value));
		}
		line += line_len;
		line += strspn(line, "\r\n");
	}
	return NULL;
}

const char *url_encode(struct arena *arena, const char *text)
{
	char *encoded = curl_easy_escape(NULL, text, 0);
	const char *copy;

	if (encoded == NULL)
		abort();
	copy = arena_strdup(arena, encoded);
	curl_free(encoded);
	return copy;
}
