/* The track files of one kind of one participant as one row of samples. Where two overlap, the
 * later one counts: the earlier one is of a connection that is gone. */
#ifndef CONFAB_MEDIA_CHAIN_H
#define CONFAB_MEDIA_CHAIN_H

#include "media/track.h"

/* A track file that waits for its turn. */
struct chain_file {
	const char *name;
	enum media_kind kind;
	int64_t size; /* bytes */
	int64_t first;
};

struct chain;

/* `files` are in the order of `first`, and live as long as the chain. `folder` is the descriptor of
 * their folder. chain_free() frees it. */
struct chain *chain_new(int folder, const struct chain_file *files, size_t count);
void chain_free(struct chain *chain);

/* The present sample; NULL: there are no more. It is good until chain_advance(). */
const struct sample *chain_sample(const struct chain *chain);
enum media_codec chain_codec(const struct chain *chain);
void chain_advance(struct chain *chain);

/* The sums of all files so far, but not `last`. */
struct track_counts chain_counts(const struct chain *chain);

/* The bytes that were read so far. */
int64_t chain_at(const struct chain *chain);

/* The file that could not be read to its end, and why (an errno); NULL: there was none. */
const char *chain_failed(const struct chain *chain, int *reason);

#endif
