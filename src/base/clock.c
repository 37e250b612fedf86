/* Clocks and RFC 3339 dates. */
#include "base/clock.h"

#include <time.h>

static int64_t clock_read(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * SECOND + now.tv_nsec / 1000;
}

int64_t clock_now(void)
{
	int64_t now = clock_read(CLOCK_REALTIME);

	return now - now % MILLISECOND;
}

int64_t clock_monotonic(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

/* The number of days from 1970-01-01 to a day of the proleptic Gregorian calendar. Years begin in
 * March here, so that the leap day is the last day of its year. */
static int64_t days_from_civil(int year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

int64_t date_to_time(const struct date *date)
{
	int64_t days = days_from_civil(date->year, date->month, date->day);

	return days * DAY + date->hour * HOUR + date->minute * MINUTE + date->second * SECOND +
	       date->microsecond;
}

struct date date_from_time(int64_t time)
{
	int64_t days = time / DAY;
	int64_t rest = time % DAY;
	int64_t era, day_of_era, year_of_era, day_of_year, shifted_month;
	struct date date;

	if (rest < 0) {
		rest += DAY;
		days--;
	}
	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	day_of_era = days - era * 146097;
	year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	shifted_month = (5 * day_of_year + 2) / 153;
	date.day = (unsigned)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
	date.month = (unsigned)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
	date.year = (int)(year_of_era + era * 400 + (date.month <= 2));
	date.hour = (unsigned)(rest / HOUR);
	date.minute = (unsigned)(rest % HOUR / MINUTE);
	date.second = (unsigned)(rest % MINUTE / SECOND);
	date.microsecond = (unsigned)(rest % SECOND);
	return date;
}

/* Reads exactly `count` digits at *text and moves *text after them. */
static bool digits(const char **text, const char *end, int count, unsigned *value)
{
	*value = 0;
	for (int i = 0; i < count; i++) {
		if (*text == end || **text < '0' || **text > '9')
			return false;
		*value = *value * 10 + (unsigned)(**text - '0');
		(*text)++;
	}
	return true;
}

static bool literal(const char **text, const char *end, char small, char capital)
{
	if (*text == end || (**text != small && **text != capital))
		return false;
	(*text)++;
	return true;
}

static unsigned month_days(unsigned year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return (unsigned)days[month - 1] + (month == 2 && leap ? 1U : 0U);
}

static bool fraction_parse(const char **text, const char *end, unsigned *microsecond)
{
	unsigned scale = 100000;

	*microsecond = 0;
	if (*text == end || **text != '.')
		return true;
	(*text)++;
	if (*text == end || **text < '0' || **text > '9')
		return false;
	for (; *text != end && **text >= '0' && **text <= '9'; (*text)++) {
		*microsecond += (unsigned)(**text - '0') * scale;
		scale /= 10;
	}
	return true;
}

/* Reads "Z" or "+hh:mm". `*ahead` is how much local time is ahead of UTC, in microseconds. */
static bool offset_parse(const char **text, const char *end, int64_t *ahead)
{
	unsigned hours, minutes;
	int sign;

	*ahead = 0;
	if (literal(text, end, 'z', 'Z'))
		return true;
	if (*text == end || (**text != '+' && **text != '-'))
		return false;
	sign = **text == '-' ? -1 : 1;
	(*text)++;
	if (!digits(text, end, 2, &hours) || !literal(text, end, ':', ':') ||
	    !digits(text, end, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ahead = sign * ((int64_t)hours * HOUR + (int64_t)minutes * MINUTE);
	return true;
}

bool date_parse(const char *text, size_t len, int64_t *time)
{
	const char *end = text + len;
	struct date date;
	unsigned year;
	int64_t ahead;

	if (!digits(&text, end, 4, &year) || !literal(&text, end, '-', '-') ||
	    !digits(&text, end, 2, &date.month) || !literal(&text, end, '-', '-') ||
	    !digits(&text, end, 2, &date.day) || !literal(&text, end, 't', 'T') ||
	    !digits(&text, end, 2, &date.hour) || !literal(&text, end, ':', ':') ||
	    !digits(&text, end, 2, &date.minute) || !literal(&text, end, ':', ':') ||
	    !digits(&text, end, 2, &date.second) ||
	    !fraction_parse(&text, end, &date.microsecond) || !offset_parse(&text, end, &ahead) ||
	    text != end)
		return false;
	if (year < 1 || date.month < 1 || date.month > 12 || date.day < 1 ||
	    date.day > month_days(year, date.month) || date.hour > 23 || date.minute > 59 ||
	    date.second > 60)
		return false;
	date.year = (int)year;
	*time = date_to_time(&date) - ahead;
	return *time >= TIME_MIN && *time <= TIME_MAX + 999;
}

/* Writes `value` with `count` digits and the character `behind` after them. Gives the place after
 * that. */
static char *digits_put(char *at, unsigned value, int count, char behind)
{
	for (int i = count - 1; i >= 0; i--) {
		at[i] = (char)('0' + value % 10);
		value /= 10;
	}
	at[count] = behind;
	return at + count + 1;
}

/* Does not use printf(): lists have many dates (measured: printf() took a sixth of all
 * instructions). */
const char *date_format(int64_t time, char text[static DATE_TEXT_MAX])
{
	struct date date = date_from_time(time);
	char *at = digits_put(text, (unsigned)date.year, 4, '-');

	at = digits_put(at, date.month, 2, '-');
	at = digits_put(at, date.day, 2, 'T');
	at = digits_put(at, date.hour, 2, ':');
	at = digits_put(at, date.minute, 2, ':');
	at = digits_put(at, date.second, 2, '.');
	at = digits_put(at, date.microsecond / 1000, 3, 'Z');
	*at = '\0';
	return text;
}
