/* Writes a file that players can open and seek in, by libavformat. A full disk shows in any of its
 * functions, and in some of them only as the state of the output, so each is checked. */
#include "media/webm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libavformat/avformat.h>

#include "base/clock.h"

enum {
	PATH_SIZE = 4096,
	NAME_SIZE = 256,
	RATE = 48000,
	SEEK_PREROLL = RATE * 80 / 1000, /* RFC 7845 */
};

struct webm {
	int folder;
	char name[NAME_SIZE], part[NAME_SIZE];
	AVFormatContext *context;
	AVStream *audio, *video; /* NULL: there is none */
	AVPacket *packet;
	int64_t refused; /* packets */
};

/* `disk`: the error number of the output; 0: it has none, so the reason is what was to be written.
 */
static bool failed(const struct webm *webm, int code, int disk, struct error *error)
{
	char text[AV_ERROR_MAX_STRING_SIZE] = "";

	av_strerror(disk != 0 ? disk : code, text, sizeof text);
	return error_set(error, disk != 0 ? ERROR_UNAVAILABLE : ERROR_MALFORMED,
	    "%s cannot be written: %s.", webm->part, text);
}

/* The error number of the output; 0: none. */
static int disk_error(const struct webm *webm)
{
	return webm->context == NULL || webm->context->pb == NULL ? 0 : webm->context->pb->error;
}

/* "OpusHead" of RFC 7845: what an Opus decoder must know. WebRTC has no other values. */
static bool audio_add(struct webm *webm)
{
	static const uint8_t head[] = {'O', 'p', 'u', 's', 'H', 'e', 'a', 'd', 1, /* version */
	    2,                                                                    /* channels */
	    0, 0,                                /* samples to skip at the beginning */
	    RATE & 0xFF, RATE >> 8 & 0xFF, 0, 0, /* rate */
	    0, 0, 0};                            /* gain, mapping */
	AVCodecParameters *codec;

	webm->audio = avformat_new_stream(webm->context, NULL);
	if (webm->audio == NULL)
		return false;
	codec = webm->audio->codecpar;
	codec->codec_type = AVMEDIA_TYPE_AUDIO;
	codec->codec_id = AV_CODEC_ID_OPUS;
	codec->sample_rate = RATE;
	codec->seek_preroll = SEEK_PREROLL;
	av_channel_layout_default(&codec->ch_layout, 2);
	codec->extradata = av_mallocz(sizeof head + AV_INPUT_BUFFER_PADDING_SIZE);
	if (codec->extradata == NULL)
		return false;
	memcpy(codec->extradata, head, sizeof head);
	codec->extradata_size = sizeof head;
	webm->audio->time_base = (AVRational){1, 1000};
	return true;
}

static bool video_add(struct webm *webm, const struct webm_plan *plan)
{
	static const enum AVCodecID ids[] = {[CODEC_VP8] = AV_CODEC_ID_VP8,
	    [CODEC_VP9] = AV_CODEC_ID_VP9,
	    [CODEC_H264] = AV_CODEC_ID_H264};
	AVCodecParameters *codec;

	webm->video = avformat_new_stream(webm->context, NULL);
	if (webm->video == NULL)
		return false;
	codec = webm->video->codecpar;
	codec->codec_type = AVMEDIA_TYPE_VIDEO;
	codec->codec_id = ids[plan->codec];
	codec->width = plan->video->width;
	codec->height = plan->video->height;
	webm->video->time_base = (AVRational){1, 1000};
	if (plan->video->setup == NULL)
		return true;
	codec->extradata = av_mallocz(plan->video->setup_len + AV_INPUT_BUFFER_PADDING_SIZE);
	if (codec->extradata == NULL)
		return false;
	memcpy(codec->extradata, plan->video->setup, plan->video->setup_len);
	codec->extradata_size = (int)plan->video->setup_len;
	return true;
}

/* Opens the output and writes the header. Gives an error number of libavformat, less than 0, and in
 * `*disk` the output's own. */
static int begin(struct webm *webm, const struct webm_plan *plan, int *disk)
{
	const char *format = plan->video != NULL && plan->codec == CODEC_H264 ? "matroska" : "webm";
	AVDictionary *options = NULL;
	char url[PATH_SIZE];
	int code;

	if (snprintf(url, sizeof url, "file:%s/%s", plan->path, webm->part) >= (int)sizeof url)
		return AVERROR(ENAMETOOLONG);
	code = avformat_alloc_output_context2(&webm->context, NULL, format, url);
	if (code < 0)
		return code;
	/* The same input makes the same file. */
	webm->context->flags |= AVFMT_FLAG_BITEXACT;
	webm->context->flush_packets = 0;
	webm->packet = av_packet_alloc();
	if (webm->packet == NULL || (plan->audio && !audio_add(webm)) ||
	    (plan->video != NULL && !video_add(webm, plan)))
		return AVERROR(ENOMEM);
	*disk = avio_open(&webm->context->pb, url, AVIO_FLAG_WRITE);
	if (*disk < 0)
		return *disk;
	/* The index comes to the front, so that a browser can seek after one request. */
	av_dict_set(&options, "cues_to_front", "1", 0);
	code = avformat_write_header(webm->context, &options);
	av_dict_free(&options);
	*disk = disk_error(webm);
	return *disk < 0 ? *disk : code;
}

struct webm *webm_new(const struct webm_plan *plan, struct error *error)
{
	struct webm *webm = calloc(1, sizeof *webm);
	int code, disk = 0;

	if (webm == NULL)
		abort();
	webm->folder = plan->folder;
	snprintf(webm->name, sizeof webm->name, "%s", plan->name);
	if (snprintf(webm->part, sizeof webm->part, "%s.part", plan->name) >=
	    (int)sizeof webm->part)
		code = AVERROR(ENAMETOOLONG);
	else
		code = begin(webm, plan, &disk);
	if (code >= 0)
		return webm;
	failed(webm, code, disk, error);
	webm_abandon(webm);
	return NULL;
}

/* Writes what is in webm->packet. */
static bool packet_write(
    struct webm *webm, AVStream *stream, int64_t time, int64_t length, struct error *error)
{
	static const AVRational microseconds = {1, SECOND};
	AVPacket *packet = webm->packet;

	packet->stream_index = stream->index;
	packet->pts = packet->dts = av_rescale_q(time, microseconds, stream->time_base);
	packet->duration = av_rescale_q(length, microseconds, stream->time_base);
	if (av_write_frame(webm->context, packet) < 0)
		webm->refused++;
	av_packet_unref(packet);
	return disk_error(webm) == 0 || failed(webm, 0, disk_error(webm), error);
}

/* libavformat does not change or keep the bytes, though its type is not const. */
static void packet_set(struct webm *webm, const uint8_t *data, size_t len, bool key)
{
	webm->packet->data = (uint8_t *)(uintptr_t)data;
	webm->packet->size = (int)len;
	webm->packet->flags = key ? AV_PKT_FLAG_KEY : 0;
}

bool webm_audio(struct webm *webm, const uint8_t *data, size_t len, int64_t time, int64_t length,
    struct error *error)
{
	packet_set(webm, data, len, true);
	return packet_write(webm, webm->audio, time, length, error);
}

bool webm_video(
    struct webm *webm, const struct frame *frame, int64_t time, int64_t length, struct error *error)
{
	packet_set(webm, frame->bytes.data, frame->bytes.len, frame->key);
	return packet_write(webm, webm->video, time, length, error);
}

int64_t webm_refused(const struct webm *webm)
{
	return webm->refused;
}

/* Brings the bytes to the disk, then gives the file its name. */
static bool settle(struct webm *webm, int64_t *size, struct error *error)
{
	struct stat status;
	int fd = openat(webm->folder, webm->part, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0 && fstat(fd, &status) == 0 &&
		    renameat(webm->folder, webm->part, webm->folder, webm->name) == 0 &&
		    fsync(webm->folder) == 0;

	if (!good)
		failed(webm, 0, AVERROR(errno), error);
	else
		*size = status.st_size;
	if (fd >= 0)
		close(fd);
	return good;
}

bool webm_finish(struct webm *webm, int64_t *size, struct error *error)
{
	int code = av_write_trailer(webm->context);
	int disk = disk_error(webm);
	int closed = avio_closep(&webm->context->pb);
	bool good;

	if (disk == 0)
		disk = closed;
	if (disk < 0 || code < 0)
		good = failed(webm, code, disk < 0 ? disk : 0, error);
	else
		good = settle(webm, size, error);
	webm_abandon(webm);
	return good;
}

void webm_abandon(struct webm *webm)
{
	if (webm == NULL)
		return;
	if (webm->context != NULL)
		avio_closep(&webm->context->pb);
	avformat_free_context(webm->context);
	av_packet_free(&webm->packet);
	unlinkat(webm->folder, webm->part, 0); /* not there after a success */
	free(webm);
}
