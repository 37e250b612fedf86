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

/* The wall clock, cut to whole milliseconds: what DATETIME(3) holds, so that a time read back from
 * the database is the time that was written. */
int64_t clock_now(void);

/* A clock that never goes back, for durations and deadlines. */
int64_t clock_monotonic(void);

/* Reads an RFC 3339 date with offset or Z, years 0001 to 9999; digits beyond microseconds are cut.
 * A leap second counts as the second after it. False when `text` is no such date. */
bool date_parse(const char *text, size_t len, int64_t *time);

/* Writes `time` as 2026-11-22T12:00:00.000Z, and returns `text`. */
const char *date_format(int64_t time, char text[static DATE_TEXT_MAX]);

/* The calendar's parts of a time, and back; for the database's DATETIME. Proleptic Gregorian. */
struct date {
	int year;
	unsigned month, day, hour, minute, second, microsecond;
};
struct date date_from_time(int64_t time);
int64_t date_to_time(const struct date *date);

#endif
