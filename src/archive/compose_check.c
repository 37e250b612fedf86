/* What ffmpeg and ffprobe answered. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "archive/compose.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

/* Numbers of ffprobe are text: "12.345000". */
static bool duration_read(struct json_object *object, int64_t *duration)
{
	const char *text = json_text_member(object, "duration");
	char *end;
	double seconds;

	if (text == NULL)
		return false;
	seconds = strtod(text, &end);
	if (end == text || *end != '\0' || !(seconds >= 0 && seconds < 1e9))
		return false;
	*duration = (int64_t)(seconds * (double)SECOND);
	return true;
}

static bool duration_good(int64_t duration, int64_t planned)
{
	return duration >= planned - SECOND && duration <= planned + SECOND;
}

static bool duration_wrong(const char *what, int64_t duration, int64_t planned, struct error *error)
{
	return error_set(error, ERROR_PROVIDER,
	    "The composed file's %s is %" PRId64 " ms long and not %" PRId64 " ms.", what,
	    duration / MILLISECOND, planned / MILLISECOND);
}

/* Is there one stream of this type, and has it the planned duration? WebM's streams do not say
 * theirs. */
static bool stream_check(
    struct json_object *streams, const char *type, int64_t planned, struct error *error)
{
	size_t found = 0, count = streams == NULL ? 0 : json_object_array_length(streams);

	for (size_t i = 0; i < count; i++) {
		struct json_object *stream = json_object_array_get_idx(streams, i);
		int64_t duration;

		if (!text_equal(json_text_member(stream, "codec_type"), type))
			continue;
		found++;
		if (duration_read(stream, &duration) && !duration_good(duration, planned))
			return duration_wrong(type, duration, planned, error);
	}
	return found == 1 ||
	       error_set(error, ERROR_PROVIDER,
		   "The composed file has %zu streams of %s and not one.", found, type);
}

bool compose_check(
    const struct composing *composing, const char *answer, size_t len, struct error *error)
{
	int64_t planned = composing->plan->duration, duration;
	struct json_object *root, *streams;

	if (!json_parse(composing->arena, answer, len, &root, error))
		return error_set(error, ERROR_PROVIDER, "ffprobe cannot read the composed file.");
	streams = json_member(root, "streams", json_type_array);
	if (!stream_check(streams, "video", planned, error) ||
	    !stream_check(streams, "audio", planned, error))
		return false;
	if (!duration_read(json_member(root, "format", json_type_object), &duration))
		return error_set(error, ERROR_PROVIDER, "The composed file has no duration.");
	return duration_good(duration, planned) ||
	       duration_wrong("whole", duration, planned, error);
}

static void number_read(const char *text, int64_t *value)
{
	char *end;
	intmax_t number;

	errno = 0;
	number = strtoimax(text, &end, 10);
	if (errno == 0 && end != text && *end == '\0' && number >= 0)
		*value = number;
}

void compose_progress_read(struct compose_progress *progress, const char *line)
{
	static const char frames[] = "frame=", time[] = "out_time_us=";

	if (strncmp(line, frames, sizeof frames - 1) == 0)
		number_read(line + sizeof frames - 1, &progress->frames);
	else if (strncmp(line, time, sizeof time - 1) == 0)
		number_read(line + sizeof time - 1, &progress->time);
	else if (strcmp(line, "progress=end") == 0)
		progress->ended = true;
}
