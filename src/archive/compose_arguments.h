/* Argument lists for ffmpeg: what all of them have in common. */
#ifndef CONFAB_ARCHIVE_COMPOSE_ARGUMENTS_H
#define CONFAB_ARCHIVE_COMPOSE_ARGUMENTS_H

#include "archive/compose.h"

/* An argument list that grows. NULL follows the last item. */
struct arguments {
	struct arena *arena;
	const char **items;
	size_t count, room;
};

void argument_put(struct arguments *list, const char *item);

/* Adds arguments. */
#define ARGUMENTS_PUT(list, ...) arguments_put(list, (const char *const[]){__VA_ARGS__, NULL})
void arguments_put(struct arguments *list, const char *const *items);

/* Values as ffmpeg reads them, in the arena. */
const char *argument_number(struct arena *arena, int64_t value);
const char *argument_seconds(struct arena *arena, int64_t time);

/* A path. With the protocol before it, it is not taken for an option or for another protocol. */
const char *argument_file(struct arena *arena, const char *path);

/* The beginning of a list. */
struct arguments ffmpeg_arguments(struct arena *arena);

/* The demuxer of an input; options of the same input may follow, then its path. */
void input_begin(struct arguments *list, const char *demuxer);
void input_end(struct arguments *list, const char *path);

/* Ends the list: `to` is what argument_file() gives, or "-". */
const char *const *output_end(struct arguments *list, const char *muxer, const char *to);

/* ffmpeg's names of the composed file's format. */
const char *compose_demuxer(enum compose_format format);
const char *compose_muxer(enum compose_format format);

#endif
