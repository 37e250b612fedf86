/* Looks for Accept headers that crash accept_weight(). Input: the value of the header. */
#include <stdint.h>
#include <stdlib.h>

#include "http/accept.h"

enum { WEIGHT_MAX = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {"application/json", "text/plain", "application/yaml"};
	char *accept = malloc(size + 1);

	if (accept == NULL)
		abort();
	for (size_t i = 0; i < size; i++)
		accept[i] = (char)data[i];
	accept[size] = '\0';
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (accept_weight(accept, types[i]) > WEIGHT_MAX)
			abort();
	}
	free(accept);
	return 0;
}
