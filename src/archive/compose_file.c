/* The argument lists that join a composed file, and those that read it. */
#include <inttypes.h>

#include "archive/compose_arguments.h"
#include "base/buffer.h"
#include "base/clock.h"

enum {
	LIST_SIZE = 2048,
	THUMBNAIL_WIDTH = 160,
	THUMBNAIL_COLUMNS = 10,
	THUMBNAILS_MAX = 100,
};

#define THUMBNAIL_MIN (5 * SECOND)

const char *compose_list(const struct composing *composing, const char *const *names)
{
	const struct segment_plan *plan = composing->plan;
	struct buffer text = buffer_new(composing->arena, LIST_SIZE);

	buffer_printf(&text, "ffconcat version 1.0\n");
	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *segment = &plan->segments[i];
		int64_t begin = segment_time(segment->first);

		/* Files know their lengths in rounded numbers only. */
		buffer_printf(&text, "file %s\nduration %s\n", names[i],
		    argument_seconds(
			composing->arena, segment_time(segment->first + segment->frames) - begin));
	}
	return text.text;
}

const char *const *compose_join(
    const struct composing *composing, const char *list_path, const char *mix, const char *to)
{
	struct arena *arena = composing->arena;
	struct arguments list = ffmpeg_arguments(arena);
	bool mp4 = composing->format == COMPOSE_MP4;

	input_begin(&list, "concat");
	ARGUMENTS_PUT(&list, "-format_whitelist", mp4 ? "concat,mov" : "concat,matroska");
	input_end(&list, list_path);
	input_begin(&list, compose_demuxer(composing->format));
	input_end(&list, mix);
	ARGUMENTS_PUT(&list, "-map", "0:v:0", "-map", "1:a:0", "-c", "copy");
	if (mp4)
		ARGUMENTS_PUT(&list, "-video_track_timescale", "24000", "-movflags", "+faststart");
	else
		ARGUMENTS_PUT(&list, "-cues_to_front", "1");
	return output_end(&list, compose_muxer(composing->format), argument_file(arena, to));
}

const char *const *compose_poster(
    const struct composing *composing, const char *composed, const char *to)
{
	struct arena *arena = composing->arena;
	struct arguments list = ffmpeg_arguments(arena);

	input_begin(&list, compose_demuxer(composing->format));
	ARGUMENTS_PUT(&list, "-an", "-ss", argument_seconds(arena, composing->plan->poster_at));
	input_end(&list, composed);
	ARGUMENTS_PUT(&list, "-frames:v", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "4",
	    "-update", "1");
	return output_end(&list, "image2", argument_file(arena, to));
}

struct compose_strip compose_strip(const struct segment_plan *plan)
{
	struct compose_strip strip = {.width = THUMBNAIL_WIDTH};
	int64_t interval = (plan->duration + THUMBNAILS_MAX - 1) / THUMBNAILS_MAX;

	interval = (interval + SECOND - 1) / SECOND * SECOND;
	strip.interval = interval > THUMBNAIL_MIN ? interval : THUMBNAIL_MIN;
	strip.count = (int)((plan->duration + strip.interval - 1) / strip.interval);
	if (strip.count < 1)
		strip.count = 1;
	strip.columns = strip.count < THUMBNAIL_COLUMNS ? strip.count : THUMBNAIL_COLUMNS;
	strip.rows = (strip.count + strip.columns - 1) / strip.columns;
	strip.height = (THUMBNAIL_WIDTH * plan->height / plan->width + 1) & ~1;
	return strip;
}

const char *const *compose_thumbnails(
    const struct composing *composing, const char *composed, const char *to)
{
	struct arena *arena = composing->arena;
	struct compose_strip strip = compose_strip(composing->plan);
	struct arguments list = ffmpeg_arguments(arena);

	input_begin(&list, compose_demuxer(composing->format));
	ARGUMENTS_PUT(&list, "-skip_frame", "nokey", "-an");
	input_end(&list, composed);
	ARGUMENTS_PUT(&list, "-vf",
	    arena_printf(arena, "fps=1/%" PRId64 ":start_time=0,scale=%d:%d,tile=%dx%d",
		strip.interval / SECOND, strip.width, strip.height, strip.columns, strip.rows),
	    "-frames:v", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "5", "-update", "1");
	return output_end(&list, "image2", argument_file(arena, to));
}

const char *const *compose_decode(
    const struct composing *composing, const struct segment *segment, const char *composed)
{
	struct arena *arena = composing->arena;
	int64_t begin = segment_time(segment->first);
	struct arguments list = ffmpeg_arguments(arena);

	argument_put(&list, "-xerror");
	input_begin(&list, compose_demuxer(composing->format));
	ARGUMENTS_PUT(&list, "-ss", argument_seconds(arena, begin), "-t",
	    argument_seconds(arena, segment_time(segment->first + segment->frames) - begin));
	input_end(&list, composed);
	ARGUMENTS_PUT(&list, "-map", "0:v:0", "-map", "0:a:0");
	return output_end(&list, "null", "-");
}

const char *const *compose_probe(const struct composing *composing, const char *composed)
{
	struct arguments list = {.arena = composing->arena};

	ARGUMENTS_PUT(&list, COMPOSE_FFPROBE, "-v", "error", "-protocol_whitelist", "file,pipe",
	    "-f", compose_demuxer(composing->format), "-show_entries",
	    "format=duration:stream=codec_type,duration", "-of", "json=compact=1");
	input_end(&list, composed);
	return list.items;
}
