/* Looks for percent-encoded text that decodes to invalid text, or is written outside of its memory.
 * */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(const uint8_t *data, size_t size, bool plus)
{
	char *text = malloc(size + 1);
	size_t len = size;

	if (text == NULL)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	if (percent_decode(text, &len, plus)) {
		if (len > size || strlen(text) != len || !utf8_valid(text, len) ||
		    utf8_length(text, len) > len)
			abort();
		if (plus && memchr(data, '%', size) == NULL && strchr(text, '+') != NULL)
			abort();
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	decode(data, size, false);
	decode(data, size, true);
	return 0;
}
