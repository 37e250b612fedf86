/* A storage of recordings outside of this host, and the form of its names: rules without I/O. */
#include "meeting/storage_target.h"

#include <ctype.h>
#include <string.h>

enum {
	HOST_MAX = 253,
};

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

bool storage_bucket_good(const char *text)
{
	size_t len = strlen(text);

	return name_good(text, 3, 63, ".-") && strchr(".-", text[0]) == NULL &&
	       strchr(".-", text[len - 1]) == NULL;
}

bool storage_region_good(const char *text)
{
	return name_good(text, 1, 32, "-");
}

bool storage_account_good(const char *text)
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

bool storage_fallback_good(const char *text)
{
	return strcmp(text, "none") == 0 || strcmp(text, "opentok") == 0;
}

bool storage_https_origin_good(const char *text)
{
	return origin_good(text, false);
}

bool storage_origin_good(const char *text)
{
	return origin_good(text, true);
}
