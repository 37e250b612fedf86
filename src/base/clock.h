/* Times. Everywhere in Confab a time is an int64_t of microseconds since 1970-01-01T00:00:00Z. */
#ifndef CONFAB_BASE_CLOCK_H
#define CONFAB_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MILLISECOND INT64_C(1000)
#define SECOND      INT64_C(1000000)
#define MINUTE      (60 * SECOND)
#define HOUR        (60 * MINUTE)
#define DAY         (24 * HOUR)

#define TIME_NONE INT64_MIN                   /* no time: SQL NULL, JSON null */
#define TIME_MAX  INT64_C(253402300799999000) /* 9999-12-31T23:59:59.999Z */
#define TIME_MIN  INT64_C(-62135596800000000) /* 0001-01-01T00:00:00.000Z */

enum {
	DATE_TEXT_MAX = 32, /* "9999-12-31T23:59:59.999999Z" and its NUL */
};

/* The wall clock in whole milliseconds, as DATETIME(3) stores it. So a time that is read from the
 * database equals the time that was written. */
int64_t clock_now(void);

/* A clock that never goes back. For durations and deadlines. */
int64_t clock_monotonic(void);

/* Reads an RFC 3339 date with an offset or Z, and a year from 0001 to 9999. Digits smaller than a
 * microsecond are ignored. A leap second counts as the second after it. False when `text` is no
 * such date. */
bool date_parse(const char *text, size_t len, int64_t *time);

/* Writes `time` as 2026-11-22T12:00:00.000Z, and returns `text`. */
const char *date_format(int64_t time, char text[static DATE_TEXT_MAX]);

/* A time as the parts of a date (proleptic Gregorian calendar), and back. For DATETIME columns. */
struct date {
	int year;
	unsigned month, day, hour, minute, second, microsecond;
};
struct date date_from_time(int64_t time);
int64_t date_to_time(const struct date *date);

#endif
