/* Argument lists for ffmpeg: what all of them have in common. */
#include "archive/compose_arguments.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"

enum { ARGUMENTS = 32 };

void argument_put(struct arguments *list, const char *item)
{
	if (list->count + 1 >= list->room) {
		const char **larger;

		list->room = list->room == 0 ? ARGUMENTS : list->room * 2;
		larger = arena_alloc(list->arena, list->room * sizeof(*larger));
		if (list->count > 0)
			memcpy(larger, list->items, list->count * sizeof(*larger));
		list->items = larger;
	}
	list->items[list->count++] = item;
}

void arguments_put(struct arguments *list, const char *const *items)
{
	for (; *items != NULL; items++)
		argument_put(list, *items);
}

const char *argument_number(struct arena *arena, int64_t value)
{
	return arena_printf(arena, "%" PRId64, value);
}

const char *argument_seconds(struct arena *arena, int64_t time)
{
	int64_t size = time < 0 ? -time : time;

	return arena_printf(
	    arena, "%s%" PRId64 ".%06" PRId64, time < 0 ? "-" : "", size / SECOND, size % SECOND);
}

const char *argument_file(struct arena *arena, const char *path)
{
	return arena_printf(arena, "file:%s", path);
}

struct arguments ffmpeg_arguments(struct arena *arena)
{
	struct arguments list = {.arena = arena};

	ARGUMENTS_PUT(&list, COMPOSE_FFMPEG, "-nostdin", "-hide_banner", "-v", "error", "-y",
	    "-filter_threads", "1", "-filter_complex_threads", "1");
	return list;
}

void input_begin(struct arguments *list, const char *demuxer)
{
	ARGUMENTS_PUT(list, "-protocol_whitelist", "file,pipe", "-f", demuxer, "-threads", "1");
}

void input_end(struct arguments *list, const char *path)
{
	ARGUMENTS_PUT(list, "-i", argument_file(list->arena, path));
}

const char *const *output_end(struct arguments *list, const char *muxer, const char *to)
{
	ARGUMENTS_PUT(list, "-map_metadata", "-1", "-threads", "1", "-progress", "pipe:1",
	    "-stats_period", "1", "-nostats", "-f", muxer, to);
	return list->items;
}

const char *compose_demuxer(enum compose_format format)
{
	return format == COMPOSE_MP4 ? "mov" : "matroska";
}

const char *compose_muxer(enum compose_format format)
{
	return format == COMPOSE_MP4 ? "mp4" : "webm";
}
