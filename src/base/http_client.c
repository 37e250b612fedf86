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
	ANSWER_START = 1024, /* bytes of the answer's buffer at the start */
};

struct http_client {
	CURL *curl;
};

/* The data of one call's callbacks. */
struct transfer {
	struct buffer body;
	size_t max;
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

static size_t body_take(char *bytes, size_t one, size_t len, void *context)
{
	struct transfer *transfer = context;

	(void)one;
	if (len > transfer->max - transfer->body.len) {
		transfer->too_large = true;
		return 0;
	}
	buffer_put(&transfer->body, bytes, len);
	return len;
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
	    timeout < CONNECT_TIMEOUT_MS ? timeout : CONNECT_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	if (call->body != NULL) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body);
	}
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

bool http_call(struct http_client *client, struct arena *arena, const struct http_call *call,
    struct http_answer *answer, struct error *error)
{
	struct transfer transfer = {
	    .body = buffer_new(arena, ANSWER_START), .max = call->answer_max};
	struct curl_slist *headers = headers_list(call);
	CURLcode code;

	options_set(client->curl, call, &transfer, headers);
	code = curl_easy_perform(client->curl);
	*answer = (struct http_answer){.body = transfer.body.text, .body_len = transfer.body.len};
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &answer->status);
	curl_slist_free_all(headers);
	if (code == CURLE_OK)
		return true;
	if (transfer.too_large)
		return error_set(error, ERROR_UNAVAILABLE, "the answer is too large");
	if (transfer.refused)
		return error_set(error, ERROR_UNAVAILABLE,
		    "its address is private or local, which is not allowed");
	return error_set(error, ERROR_UNAVAILABLE, "%s", curl_easy_strerror(code));
}
