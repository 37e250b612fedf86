/* Puts packets into order: a ring with a place for each sequence number of the near future. */
#include "media/reorder.h"

#include <stdlib.h>
#include <string.h>

enum {
	SIZE = 4096,      /* numbers ahead of the next one; a divisor of 65536 */
	WAIT_MAX = 2000,  /* ms that a missing packet holds up the others */
	START_WAIT = 500, /* ms in which a packet may come that was sent before the first one */
	NEAR = 16,        /* numbers within which two packets belong together */
	LATE_RUN = 16,    /* late packets, one number after the other: the sender began anew */
};

struct held {
	struct timed_packet packet;
	uint8_t payload[];
};

struct reorder {
	bool started, begun, ended; /* one came in; one came out; no more come in */
	int64_t start;              /* arrival of the first packet */
	uint16_t next;              /* the number of the packet that is next */
	int64_t arrival;            /* of the newest packet */
	int count;                  /* of held packets */
	int64_t lost;
	bool has_stray; /* the last packet was far from the others */
	uint16_t stray;
	int late_run;
	uint16_t late_seq;
	struct held *ring[SIZE];
};

struct reorder *reorder_new(void)
{
	struct reorder *reorder = calloc(1, sizeof *reorder);

	if (reorder == NULL)
		abort();
	return reorder;
}

void reorder_free(struct reorder *reorder)
{
	if (reorder == NULL)
		return;
	for (int i = 0; i < SIZE; i++)
		free(reorder->ring[i]);
	free(reorder);
}

int64_t reorder_lost(const struct reorder *reorder)
{
	return reorder->lost;
}

static struct held **place(struct reorder *reorder, uint16_t seq)
{
	return &reorder->ring[seq % SIZE];
}

static void held_remove(struct reorder *reorder, uint16_t seq)
{
	struct held **held = place(reorder, seq);

	free(*held);
	*held = NULL;
	reorder->count--;
}

static void hold(struct reorder *reorder, const struct timed_packet *packet)
{
	struct held **held = place(reorder, packet->rtp.seq);

	if (*held != NULL)
		return; /* a double */
	*held = malloc(sizeof **held + packet->rtp.len);
	if (*held == NULL)
		abort();
	(*held)->packet = *packet;
	memcpy((*held)->payload, packet->rtp.payload, packet->rtp.len);
	(*held)->packet.rtp.payload = (*held)->payload;
	reorder->count++;
}

/* The sender goes on with another number. What is held is of no use: its order is not known. */
static void restart(struct reorder *reorder, uint16_t seq)
{
	for (int i = 0; i < SIZE && reorder->count > 0; i++) {
		if (reorder->ring[i] != NULL)
			held_remove(reorder, (uint16_t)i);
	}
	reorder->next = seq;
	reorder->has_stray = false;
	reorder->late_run = 0;
}

/* A packet far from the others is a damaged number, unless the next packet is near it. Is it? */
static bool stray_confirmed(struct reorder *reorder, uint16_t seq)
{
	bool confirmed = reorder->has_stray && (uint16_t)(seq - reorder->stray - 1) < NEAR;

	reorder->has_stray = true;
	reorder->stray = seq;
	return confirmed;
}

/* Late packets come too late to be used. A run of them without a gap is a new beginning. */
static bool late_confirmed(struct reorder *reorder, uint16_t seq)
{
	bool follows = reorder->late_run > 0 && seq == (uint16_t)(reorder->late_seq + 1);

	reorder->late_run = follows ? reorder->late_run + 1 : 1;
	reorder->late_seq = seq;
	return reorder->late_run == LATE_RUN;
}

void reorder_add(struct reorder *reorder, const struct timed_packet *packet)
{
	uint16_t seq = packet->rtp.seq;
	int ahead;

	if (!reorder->started) {
		reorder->next = seq;
		reorder->start = packet->arrival;
	}
	reorder->started = true;
	reorder->arrival = packet->arrival;
	ahead = (int16_t)(seq - reorder->next);
	if (ahead >= SIZE || ahead < -SIZE) {
		if (!stray_confirmed(reorder, seq))
			return;
		restart(reorder, seq);
	} else if (ahead < 0 && !reorder->begun && ahead > -SIZE / 2) {
		reorder->next = seq;
	} else if (ahead < 0) {
		if (!late_confirmed(reorder, seq))
			return;
		restart(reorder, seq);
	} else {
		reorder->has_stray = false;
		reorder->late_run = 0;
	}
	hold(reorder, packet);
}

void reorder_end(struct reorder *reorder)
{
	reorder->ended = true;
}

/* Is a packet held among the NEAR numbers after this one? */
static bool has_neighbour(struct reorder *reorder, uint16_t seq)
{
	for (int i = 1; i <= NEAR; i++) {
		if (*place(reorder, (uint16_t)(seq + i)) != NULL)
			return true;
	}
	return false;
}

/* Gives up the packets before the first one held, if that one has waited long enough. A packet that
 * is alone after that time had a damaged number. */
static void missing_skip(struct reorder *reorder)
{
	uint16_t seq = reorder->next;
	const struct held *held;

	while (*place(reorder, seq) == NULL)
		seq++;
	held = *place(reorder, seq);
	if (!reorder->ended && reorder->arrival - held->packet.arrival < WAIT_MAX)
		return;
	if (!reorder->ended && !has_neighbour(reorder, seq)) {
		held_remove(reorder, seq);
		return;
	}
	reorder->lost += (uint16_t)(seq - reorder->next);
	reorder->next = seq;
}

const struct timed_packet *reorder_next(struct reorder *reorder)
{
	struct held *held;

	if (!reorder->begun && !reorder->ended && reorder->arrival - reorder->start < START_WAIT)
		return NULL;
	reorder->begun = true;
	held = *place(reorder, reorder->next);
	if (held == NULL && reorder->count > 0) {
		missing_skip(reorder);
		held = *place(reorder, reorder->next);
	}
	return held == NULL ? NULL : &held->packet;
}

void reorder_drop(struct reorder *reorder)
{
	held_remove(reorder, reorder->next);
	reorder->next++;
}
