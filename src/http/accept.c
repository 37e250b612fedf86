/* The header Accept: which types a client takes (RFC 9110, section 12.5.1). */
#include "http/accept.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Reads "0.75" as 750. Text that is not a weight counts as 0. */
static unsigned weight_parse(const char *text, size_t len)
{
	unsigned weight = 0, scale = 100;

	if (len == 0 || (text[0] != '0' && text[0] != '1') || len > 5)
		return 0;
	weight = text[0] == '1' ? 1000 : 0;
	if (len > 1 && text[1] != '.')
		return 0;
	for (size_t i = 2; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		weight += (unsigned)(text[i] - '0') * scale;
		scale /= 10;
	}
	return weight > 1000 ? 0 : weight;
}

static size_t trim(const char **text, size_t len)
{
	while (len > 0 && (**text == ' ' || **text == '\t')) {
		(*text)++;
		len--;
	}
	while (len > 0 && ((*text)[len - 1] == ' ' || (*text)[len - 1] == '\t'))
		len--;
	return len;
}

/* How closely the range fits the type: 3 for the type itself, 2 for "text/" and a star, 1 for any
 * type, 0 when it does not fit. */
static unsigned range_fit(const char *range, size_t len, const char *type)
{
	size_t major = strcspn(type, "/") + 1;

	if (len == strlen(type) && strncasecmp(range, type, len) == 0)
		return 3;
	if (len == major + 1 && strncasecmp(range, type, major) == 0 && range[major] == '*')
		return 2;
	return len == 3 && memcmp(range, "*/*", 3) == 0 ? 1 : 0;
}

static unsigned range_weight(const char *parameters, size_t len)
{
	while (len > 0) {
		const char *item = parameters;
		size_t item_len = strcspn(item, ";,");
		const char *text = item;
		size_t text_len;

		if (item_len > len)
			item_len = len;
		text_len = trim(&text, item_len);
		if (text_len >= 2 && (text[0] == 'q' || text[0] == 'Q') && text[1] == '=')
			return weight_parse(text + 2, text_len - 2);
		if (item_len == len)
			break;
		parameters += item_len + 1;
		len -= item_len + 1;
	}
	return 1000;
}

unsigned accept_weight(const char *accept, const char *type)
{
	unsigned best_fit = 0, weight = 0;

	if (accept == NULL)
		return 1000;
	while (*accept != '\0') {
		size_t len = strcspn(accept, ",");
		const char *range = accept;
		size_t range_len = strcspn(accept, ",;");
		size_t rest = len - range_len;
		unsigned fit;

		range_len = trim(&range, range_len);
		fit = range_fit(range, range_len, type);
		if (fit > best_fit) {
			best_fit = fit;
			weight =
			    rest > 0 ? range_weight(accept + (len - rest) + 1, rest - 1) : 1000;
		}
		accept += len;
		accept += *accept == ',';
	}
	return weight;
}
