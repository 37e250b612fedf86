/* Sound without gaps. */
#include "media/sound.h"

#include "base/clock.h"

#define SILENCE   (20 * MILLISECOND) /* one piece of silence */
#define STEP_MAX  (60 * MILLISECOND) /* a packet may lie so far from its time */
#define RIGHT_MAX (20 * MILLISECOND) /* and so far when packets were left out before */

/* 20 ms of digital silence in Opus: CELT, full band, one channel. */
static const uint8_t silence[] = {0xF8, 0xFF, 0xFE};

void sound_begin(struct sound *sound, int64_t start)
{
	sound->next = start;
	sound->begun = sound->placed = sound->leaving_out = false;
	sound->silences = 0;
}

int64_t sound_packet_time(const struct sound *sound)
{
	const struct sample *sample = sound->chain == NULL ? NULL : chain_sample(sound->chain);

	return sample == NULL ? INT64_MAX : sample->time;
}

/* How much silence belongs between the last packet and this one, which is `gap` after it. */
static int64_t silence_length(const struct sound *sound, const struct sample *sample, int64_t gap)
{
	int64_t missing = 0;

	/* What is missing by the sender's own clock: lost packets, or a pause. */
	if (!sample->first && sample->media > sound->media_end)
		missing = sample->media - sound->media_end;
	if (missing > gap + STEP_MAX)
		missing = gap + STEP_MAX;
	/* What the sender's clock left out. */
	return gap - missing > STEP_MAX ? gap : missing;
}

/* Finds the place of the present packet. False when it must be left out. */
static bool packet_place(struct sound *sound, const struct sample *sample)
{
	int64_t gap = sample->time - sound->next, length;

	if (!sound->begun) {
		sound->silences = gap / SILENCE;
		sound->next += gap % SILENCE;
		return true;
	}
	if (gap < -STEP_MAX)
		sound->leaving_out = true;
	else if (gap >= -RIGHT_MAX)
		sound->leaving_out = false;
	if (sound->leaving_out)
		return false;
	length = silence_length(sound, sample, gap);
	sound->silences = length > 0 ? (length + SILENCE / 2) / SILENCE : 0;
	return true;
}

/* Goes on to a packet that has its place. */
static void settle(struct sound *sound)
{
	const struct sample *sample;

	while (!sound->placed && (sample = chain_sample(sound->chain)) != NULL) {
		sound->placed = packet_place(sound, sample);
		sound->begun = true;
		sound->media_end = sample->media + sample->length;
		if (!sound->placed) {
			sound->left_out++;
			chain_advance(sound->chain);
		}
	}
}

bool sound_piece(struct sound *sound, struct sound_piece *piece)
{
	const struct sample *sample;

	if (sound->chain == NULL)
		return false;
	settle(sound);
	sample = chain_sample(sound->chain);
	if (sample == NULL)
		return false;
	if (sound->silences > 0)
		*piece = (struct sound_piece){.time = sound->next,
		    .length = SILENCE,
		    .data = silence,
		    .len = sizeof silence,
		    .silence = true};
	else
		*piece = (struct sound_piece){.time = sound->next,
		    .length = sample->length,
		    .data = sample->frame->bytes.data,
		    .len = sample->frame->bytes.len};
	return true;
}

void sound_advance(struct sound *sound)
{
	struct sound_piece piece;

	if (!sound_piece(sound, &piece))
		return;
	sound->next += piece.length;
	if (piece.silence) {
		sound->silences--;
		return;
	}
	sound->placed = false;
	chain_advance(sound->chain);
}
