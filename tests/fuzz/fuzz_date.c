/* Looks for dates that change when they are written and read again. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[DATE_TEXT_MAX];
	struct date date;
	int64_t time, again, rest;

	if (!date_parse((const char *)data, size, &time))
		return 0;
	if (time < TIME_MIN || time > TIME_MAX + 999)
		abort();
	date = date_from_time(time);
	if (date_to_time(&date) != time)
		abort();
	date_format(time, text);
	if (!date_parse(text, strlen(text), &again))
		abort();
	/* A date is written in milliseconds. The rest is cut, also before 1970. */
	rest = time % MILLISECOND;
	if (again != time - rest - (rest < 0 ? MILLISECOND : 0))
		abort();
	return 0;
}
