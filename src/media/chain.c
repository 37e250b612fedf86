/* The track files of one kind of one participant as one row of samples. */
#include "media/chain.h"

#include <stdlib.h>

struct link {
	struct mjr_file file;
	struct track *track; /* NULL: the link is not used */
	struct sample sample;
	const char *name;
	int64_t size;
};

struct chain {
	int folder;
	const struct chain_file *files;
	size_t count, next;       /* the next file to be opened */
	struct link now, later;   /* `later` has a sample that is not due yet */
	struct track_counts done; /* of the files that are closed */
	int64_t done_at;
	const char *failed;
	int failed_reason;
};

static void link_close(struct chain *chain, struct link *link)
{
	struct track_counts counts;

	if (link->track == NULL)
		return;
	if (track_failed(link->track) != 0) {
		chain->failed = link->name;
		chain->failed_reason = track_failed(link->track);
	}
	counts = track_counts(link->track);
	track_counts_add(&chain->done, &counts);
	chain->done_at += link->size;
	track_free(link->track);
	mjr_close(&link->file);
	link->track = NULL;
}

/* Opens the next file that has a sample. */
static void link_open(struct chain *chain, struct link *link)
{
	while (link->track == NULL && chain->next < chain->count) {
		const struct chain_file *file = &chain->files[chain->next++];
		struct error error = {0};

		if (mjr_open(chain->folder, file->name, &link->file, &error) != MJR_OPEN) {
			error_clear(&error); /* it has been removed since the folder was listed */
			continue;
		}
		link->name = file->name;
		link->size = file->size;
		link->track = track_new(&link->file);
		if (!track_next(link->track, &link->sample))
			link_close(chain, link);
	}
}

/* Lets the next file take over when it is its time. */
static void chain_settle(struct chain *chain)
{
	for (;;) {
		if (chain->now.track == NULL) {
			chain->now = chain->later;
			chain->later.track = NULL;
			link_open(chain, &chain->now);
			if (chain->now.track == NULL)
				return;
		}
		if (chain->later.track == NULL && chain->next < chain->count &&
		    chain->files[chain->next].first <= chain->now.sample.time)
			link_open(chain, &chain->later);
		if (chain->later.track == NULL || chain->later.sample.time > chain->now.sample.time)
			return;
		link_close(chain, &chain->now);
	}
}

struct chain *chain_new(int folder, const struct chain_file *files, size_t count)
{
	struct chain *chain = calloc(1, sizeof *chain);

	if (chain == NULL)
		abort();
	chain->folder = folder;
	chain->files = files;
	chain->count = count;
	chain_settle(chain);
	return chain;
}

void chain_free(struct chain *chain)
{
	if (chain == NULL)
		return;
	link_close(chain, &chain->now);
	link_close(chain, &chain->later);
	free(chain);
}

const struct sample *chain_sample(const struct chain *chain)
{
	return chain->now.track == NULL ? NULL : &chain->now.sample;
}

enum media_codec chain_codec(const struct chain *chain)
{
	return chain->now.file.header.codec;
}

void chain_advance(struct chain *chain)
{
	if (!track_next(chain->now.track, &chain->now.sample))
		link_close(chain, &chain->now);
	chain_settle(chain);
}

struct track_counts chain_counts(const struct chain *chain)
{
	struct track_counts sum = chain->done, now;

	if (chain->now.track != NULL) {
		now = track_counts(chain->now.track);
		track_counts_add(&sum, &now);
	}
	return sum;
}

int64_t chain_at(const struct chain *chain)
{
	return chain->done_at + (chain->now.track == NULL ? 0 : track_at(chain->now.track));
}

const char *chain_failed(const struct chain *chain, int *reason)
{
	*reason = chain->failed_reason;
	return chain->failed;
}
