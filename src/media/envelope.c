/* The lower envelope: a minimum over a moving window, by a queue of rising values. */
#include "media/envelope.h"

#include <stdlib.h>

enum {
	STEP = 10, /* ms: packets of one such step share a value, so the memory is bounded */
	WINDOW_MAX = 60000,               /* ms */
	SIZE = 2 * WINDOW_MAX / STEP + 2, /* the steps that a window can touch */
};

struct value {
	int64_t step;
	int64_t delay;
};

struct envelope {
	int64_t window;
	size_t first, count; /* a ring; the delays rise from the first to the last */
	struct value values[SIZE];
};

struct envelope *envelope_new(int64_t window)
{
	struct envelope *envelope = malloc(sizeof *envelope);

	if (envelope == NULL || window > WINDOW_MAX)
		abort();
	envelope->window = window;
	envelope->first = envelope->count = 0;
	return envelope;
}

void envelope_free(struct envelope *envelope)
{
	free(envelope);
}

static struct value *value_at(struct envelope *envelope, size_t i)
{
	return &envelope->values[(envelope->first + i) % SIZE];
}

/* Removes what is out of the window before `arrival`. */
static void old_remove(struct envelope *envelope, int64_t arrival)
{
	while (envelope->count > 1 &&
	       (value_at(envelope, 0)->step + 1) * STEP <= arrival - envelope->window) {
		envelope->first = (envelope->first + 1) % SIZE;
		envelope->count--;
	}
}

void envelope_add(struct envelope *envelope, int64_t arrival, int64_t delay)
{
	struct value value = {.step = arrival / STEP, .delay = delay};

	/* A value that is not smaller than this one will never again be the smallest. */
	while (envelope->count > 0) {
		const struct value *last = value_at(envelope, envelope->count - 1);

		if (last->delay < delay) {
			if (last->step == value.step)
				return;
			break;
		}
		envelope->count--;
	}
	if (envelope->count == SIZE)
		abort(); /* the caller added more than the window holds */
	*value_at(envelope, envelope->count++) = value;
}

int64_t envelope_at(struct envelope *envelope, int64_t arrival)
{
	old_remove(envelope, arrival);
	return value_at(envelope, 0)->delay;
}

void envelope_pause(struct envelope *envelope, int64_t arrival, int64_t most)
{
	size_t i = 0;

	old_remove(envelope, arrival);
	while (i < envelope->count && value_at(envelope, i)->step < arrival / STEP)
		i++;
	if (i == envelope->count ||
	    value_at(envelope, i)->delay - value_at(envelope, 0)->delay <= most)
		return;
	envelope->first = (envelope->first + i) % SIZE;
	envelope->count -= i;
}
