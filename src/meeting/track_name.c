/* The names of track files. */
#include "meeting/track_name.h"

#include <inttypes.h>
#include <string.h>

#define ID_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
#define SCREEN        "-screen"

enum { DIGITS_MAX = 16 };

/* Cuts `suffix` off the end of `text`. */
static bool suffix_cut(char *text, const char *suffix)
{
	size_t len = strlen(text), suffix_len = strlen(suffix);

	if (len < suffix_len || strcmp(text + len - suffix_len, suffix) != 0)
		return false;
	text[len - suffix_len] = '\0';
	return true;
}

/* Cuts "-<part>" off the end of `text`, and gives the part. */
static const char *part_cut(char *text)
{
	char *dash = strrchr(text, '-');

	if (dash == NULL)
		return NULL;
	*dash = '\0';
	return dash + 1;
}

static bool number_read(const char *text, int64_t *number)
{
	size_t len = text == NULL ? 0 : strlen(text);

	if (len == 0 || len > DIGITS_MAX || strspn(text, "0123456789") != len)
		return false;
	*number = strtoimax(text, NULL, 10);
	return true;
}

static bool participant_read(struct arena *arena, char *id, struct track_name *parts)
{
	parts->participant = arena_strdup(arena, id);
	parts->screen = suffix_cut(id, SCREEN);
	if (strlen(id) != PARTICIPANT_LENGTH || strspn(id, ID_CHARACTERS) != PARTICIPANT_LENGTH ||
	    id[ATTENDEE_LENGTH] != '-')
		return false;
	parts->device = arena_strdup(arena, id);
	parts->attendee = arena_strndup(arena, id, ATTENDEE_LENGTH);
	return true;
}

bool track_name_read(
    struct arena *arena, const char *room, const char *name, struct track_name *parts)
{
	const char *prefix = arena_printf(arena, "videoroom-%s-user-", room);
	char *rest = arena_strdup(arena, name);
	const char *kind;
	int64_t number;

	*parts = (struct track_name){0};
	if (strncmp(name, prefix, strlen(prefix)) != 0)
		return false;
	rest += strlen(prefix);
	parts->open = suffix_cut(rest, ".tmp");
	if (!suffix_cut(rest, ".mjr") || !number_read(part_cut(rest), &number))
		return false;
	kind = part_cut(rest);
	if (kind == NULL || (strcmp(kind, "audio") != 0 && strcmp(kind, "video") != 0))
		return false;
	parts->is_video = *kind == 'v';
	return number_read(part_cut(rest), &parts->made) && participant_read(arena, rest, parts);
}
