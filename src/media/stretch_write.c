/* Writes the files that people can watch: sound and pictures of a stretch in the order of time. */
#include "media/stretch_write.h"

#include <stdlib.h>

#include "base/clock.h"
#include "media/grow.h"
#include "media/sound.h"
#include "media/webm.h"

enum {
	PROGRESS_PIECES = 1024, /* between two calls of progress() */
};

#define PICTURE_LENGTH (33 * MILLISECOND) /* of the last picture before a pause */
#define CAMERA_PAUSE   (2 * SECOND)       /* without a picture: the camera is off */
#define PART_PAUSE     (30 * SECOND)      /* with nothing at all: the person was not there */
#define SCREEN_PAUSE   HOUR               /* a screen on which nothing moves sends little */

/* What is at work for one stretch. */
struct work {
	struct stretch_writer *writer;
	const struct stretch *stretch;
	struct chain *video; /* NULL: there are no pictures */
	struct sound sound;
	struct webm *webm; /* of the present part; NULL: none has begun */
	struct part *part;
	size_t picture_size; /* of the memory at part->pictures */
	int number;          /* of the part */
	int64_t last;        /* the end of the last packet or picture of the participant */
};

static const struct sample *picture_sample(const struct work *work)
{
	return work->video == NULL ? NULL : chain_sample(work->video);
}

static int64_t picture_time(const struct work *work)
{
	const struct sample *sample = picture_sample(work);

	return sample == NULL ? INT64_MAX : sample->time;
}

/* The time of the participant's next packet or picture; INT64_MAX: there is none. */
static int64_t next_time(const struct work *work)
{
	int64_t picture = picture_time(work), sound = sound_packet_time(&work->sound);

	return picture < sound ? picture : sound;
}

/* ---- a part ---- */

static bool part_begin(struct work *work, int64_t from, struct error *error)
{
	struct stretch_writer *writer = work->writer;
	const struct sample *picture = picture_sample(work);
	const char *end;
	struct part *part;

	writer->parts = array_grow(writer->arena, writer->parts, writer->part_count,
	    &writer->part_size, sizeof *writer->parts);
	part = work->part = &writer->parts[writer->part_count++];
	*part = (struct part){.stretch = work->stretch,
	    .from = from,
	    .to = from,
	    .changes = {.arena = writer->arena}};
	work->last = from;
	part->has_video = picture != NULL;
	part->has_audio = sound_packet_time(&work->sound) != INT64_MAX;
	if (part->has_video)
		part->video_codec = chain_codec(work->video);
	end = part->has_video && part->video_codec == CODEC_H264 ? "mkv" : "webm";
	part->name = ++work->number == 1
			 ? arena_printf(writer->arena, "%s.%s", work->stretch->participant, end)
			 : arena_printf(writer->arena, "%s-%d.%s", work->stretch->participant,
			       work->number, end);
	work->picture_size = 0;
	sound_begin(&work->sound, from);
	work->webm = webm_new(&(struct webm_plan){.folder = writer->to_folder,
				  .path = writer->to_path,
				  .name = part->name,
				  .audio = part->has_audio,
				  .video = picture == NULL ? NULL : picture->frame,
				  .codec = part->video_codec},
	    error);
	return work->webm != NULL;
}

static bool part_end(struct work *work, struct error *error)
{
	struct webm *webm = work->webm;

	work->webm = NULL;
	if (webm != NULL)
		work->writer->refused += webm_refused(webm);
	return webm == NULL || webm_finish(webm, &work->part->size, error);
}

/* Must the next piece be in another file? Only a key frame can be the first picture of a file. */
static bool part_over(const struct work *work, int64_t next)
{
	int64_t pause = work->stretch->screen ? SCREEN_PAUSE : PART_PAUSE;
	const struct sample *picture = picture_sample(work);

	if (picture == NULL)
		return next - work->last > pause;
	return picture->frame->key &&
	       (next - work->last > pause ||
		   (work->part->has_video && chain_codec(work->video) != work->part->video_codec));
}

static void picture_note(struct work *work, const struct sample *sample)
{
	struct part *part = work->part;
	int64_t pause = work->stretch->screen ? SCREEN_PAUSE : CAMERA_PAUSE;
	size_t count = part->picture_count;

	changes_note(&part->changes, sample, sample->time);
	if (count > 0 && sample->time - part->pictures[count - 1].to <= pause) {
		part->pictures[count - 1].to = sample->time + PICTURE_LENGTH;
		return;
	}
	part->pictures = array_grow(work->writer->arena, part->pictures, count, &work->picture_size,
	    sizeof *part->pictures);
	part->pictures[part->picture_count++] =
	    (struct interval){sample->time, sample->time + PICTURE_LENGTH};
}

static void part_reaches(struct work *work, int64_t end, bool sent)
{
	if (end > work->part->to)
		work->part->to = end;
	if (sent && end > work->last)
		work->last = end;
}

static bool picture_write(struct work *work, struct error *error)
{
	const struct sample *sample = picture_sample(work);
	bool good = webm_video(
	    work->webm, sample->frame, sample->time - work->part->from, PICTURE_LENGTH, error);

	picture_note(work, sample);
	part_reaches(work, sample->time + PICTURE_LENGTH, true);
	chain_advance(work->video);
	return good;
}

static bool sound_write(struct work *work, const struct sound_piece *piece, struct error *error)
{
	bool good = webm_audio(work->webm, piece->data, piece->len, piece->time - work->part->from,
	    piece->length, error);

	part_reaches(work, piece->time + piece->length, !piece->silence);
	sound_advance(&work->sound);
	return good;
}

/* Writes the next piece of sound or the next picture. */
static bool piece_write(struct work *work, struct error *error)
{
	struct sound_piece piece;

	if (work->part->has_audio && sound_piece(&work->sound, &piece) &&
	    piece.time <= picture_time(work))
		return sound_write(work, &piece, error);
	return picture_sample(work) == NULL || picture_write(work, error);
}

/* ---- a stretch ---- */

static void progress_tell(const struct work *work)
{
	struct stretch_writer *writer = work->writer;
	int64_t at = writer->read;

	if (writer->progress == NULL)
		return;
	at += work->video == NULL ? 0 : chain_at(work->video);
	at += work->sound.chain == NULL ? 0 : chain_at(work->sound.chain);
	writer->progress(writer->progress_state, at);
}

static bool pieces_write(struct work *work, struct error *error)
{
	int64_t next;

	for (long pieces = 0; (next = next_time(work)) != INT64_MAX; pieces++) {
		if (work->webm != NULL && part_over(work, next) && !part_end(work, error))
			return false;
		if (work->webm == NULL && !part_begin(work, next, error))
			return false;
		if (!piece_write(work, error))
			return false;
		if (pieces % PROGRESS_PIECES == 0)
			progress_tell(work);
	}
	return part_end(work, error);
}

static void chain_end(struct stretch_writer *writer, struct chain *chain)
{
	struct track_counts counts;
	const char *failed;
	int reason;

	if (chain == NULL)
		return;
	counts = chain_counts(chain);
	track_counts_add(&writer->counts, &counts);
	failed = chain_failed(chain, &reason);
	if (failed != NULL && writer->damaged != NULL)
		writer->damaged(writer->damaged_state, failed, reason);
	writer->read += chain_at(chain);
	chain_free(chain);
}

bool stretch_write(
    struct stretch_writer *writer, const struct stretch *stretch, struct error *error)
{
	struct work work = {.writer = writer, .stretch = stretch};
	bool good;

	if (stretch->video_count > 0)
		work.video = chain_new(writer->from_folder, stretch->video, stretch->video_count);
	if (stretch->audio_count > 0)
		work.sound.chain =
		    chain_new(writer->from_folder, stretch->audio, stretch->audio_count);
	good = pieces_write(&work, error);
	if (!good)
		writer->part_count--; /* the one that could not be written */
	webm_abandon(work.webm);
	writer->left_out += work.sound.left_out;
	chain_end(writer, work.video);
	chain_end(writer, work.sound.chain);
	return good;
}
