/* The chapters of a composed file. */
#include "meeting/chapters.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

enum { TEXT_SIZE = 1024 };

/* A time in which a person was there. */
struct presence {
	const struct recorded_track *first; /* of the person */
	int64_t from, to;
};

static int time_compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int track_compare(const void *a, const void *b)
{
	const struct recorded_track *one = *(const struct recorded_track *const *)a;
	const struct recorded_track *other = *(const struct recorded_track *const *)b;
	int order = strcmp(one->person, other->person);

	if (order == 0)
		order = time_compare(one->from, other->from);
	return order != 0 ? order : strcmp(one->file, other->file);
}

static int presence_compare(const void *a, const void *b)
{
	const struct presence *one = a, *other = b;
	int order = time_compare(one->first->from, other->first->from);

	if (order == 0)
		order = strcmp(one->first->person, other->first->person);
	return order != 0 ? order : time_compare(one->from, other->from);
}

static int moment_compare(const void *a, const void *b)
{
	return time_compare(*(const int64_t *)a, *(const int64_t *)b);
}

/* Joins each person's tracks. `sorted` is sorted by person and time. */
static size_t presences_find(
    const struct recorded_track *const *sorted, size_t count, struct presence *there)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		const struct recorded_track *track = sorted[i];
		struct presence *last = found > 0 ? &there[found - 1] : NULL;
		bool same = last != NULL && strcmp(last->first->person, track->person) == 0;

		if (same && track->from < last->to + CHAPTER_MIN) {
			if (track->to > last->to)
				last->to = track->to;
			continue;
		}
		there[found++] =
		    (struct presence){same ? last->first : track, track->from, track->to};
	}
	qsort(there, found, sizeof *there, presence_compare);
	return found;
}

/* ---- text ---- */

static void moment_put(struct buffer *text, int64_t time)
{
	buffer_printf(text, "%02" PRId64 ":%02" PRId64 ":%02" PRId64 ".%03" PRId64, time / HOUR,
	    time / MINUTE % 60, time / SECOND % 60, time / MILLISECOND % 1000);
}

/* A name has no tags, no line ends and no "-->". */
static void name_put(struct buffer *text, const char *name)
{
	for (; *name != '\0'; name++) {
		if (*name == '&')
			buffer_put(text, "&amp;", 5);
		else if (*name == '<')
			buffer_put(text, "&lt;", 4);
		else if (*name == '>')
			buffer_put(text, "&gt;", 4);
		else if ((unsigned char)*name < ' ' || *name == '\x7f')
			buffer_put(text, " ", 1);
		else
			buffer_put(text, name, 1);
	}
}

/* The names of those who are there for at least half of the time. */
static const char *names_find(
    struct arena *arena, const struct presence *there, size_t count, int64_t from, int64_t to)
{
	struct buffer text = buffer_new(arena, TEXT_SIZE);
	size_t names = 0;

	for (size_t i = 0; i < count; i++) {
		const char *name = there[i].first->name;
		int64_t begin = there[i].from > from ? there[i].from : from;
		int64_t end = there[i].to < to ? there[i].to : to;

		if (name == NULL || *name == '\0' || (end - begin) * 2 < to - from)
			continue;
		if (names++ >= CHAPTER_NAMES_MAX)
			continue;
		if (names > 1)
			buffer_put(&text, ", ", 2);
		name_put(&text, name);
	}
	if (names > CHAPTER_NAMES_MAX)
		buffer_printf(&text, ", +%zu", names - CHAPTER_NAMES_MAX);
	return text.text;
}

static void chapter_put(struct buffer *text, int64_t from, int64_t to, const char *names)
{
	if (*names == '\0')
		return;
	buffer_put(text, "\n", 1);
	moment_put(text, from);
	buffer_put(text, " --> ", 5);
	moment_put(text, to);
	buffer_printf(text, "\n%s\n", names);
}

/* When people come and go, and the end. */
static size_t moments_find(
    const struct presence *there, size_t count, int64_t duration, int64_t *moments)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		if (there[i].from < duration)
			moments[found++] = there[i].from;
		if (there[i].to < duration)
			moments[found++] = there[i].to;
	}
	moments[found++] = duration;
	qsort(moments, found, sizeof *moments, moment_compare);
	return found;
}

const char *chapters_write(
    struct arena *arena, const struct recorded_track *tracks, size_t count, int64_t duration)
{
	const struct recorded_track **sorted = arena_alloc(arena, (count + 1) * sizeof(*sorted));
	struct presence *there = arena_alloc(arena, (count + 1) * sizeof *there);
	int64_t *moments = arena_alloc(arena, (2 * count + 1) * sizeof *moments);
	struct buffer text = buffer_new(arena, TEXT_SIZE);
	int64_t from = 0, begin = 0;
	const char *names = "";
	size_t found;

	for (size_t i = 0; i < count; i++)
		sorted[i] = &tracks[i];
	qsort(sorted, count, sizeof(*sorted), track_compare);
	count = presences_find(sorted, count, there);
	found = moments_find(there, count, duration, moments);
	buffer_put(&text, "WEBVTT\n", 7);
	for (size_t i = 0; i < found; i++) {
		const char *now;

		if (moments[i] <= from ||
		    (moments[i] < duration &&
			(moments[i] < from + CHAPTER_MIN || moments[i] > duration - CHAPTER_MIN)))
			continue;
		now = names_find(arena, there, count, from, moments[i]);
		/* One person went and another one of the same name came: that is one chapter. */
		if (strcmp(now, names) != 0) {
			chapter_put(&text, begin, from, names);
			names = now;
			begin = from;
		}
		from = moments[i];
	}
	chapter_put(&text, begin, duration, names);
	return text.text;
}
