/* What the gate remembers by itself for a day. One line each: kind, second, digest. */
#include "gate/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"

enum {
	DIGEST_BYTES = 16,
	DIGEST_TEXT = 2 * DIGEST_BYTES + 1,
	LINE_SIZE = 64,      /* bytes of a line, NUL included */
	COMPACT_MIN = 10000, /* lines that are not worth a new file */
	COMPACT_GROWTH = 2,  /* times what the last one kept */
};

#define KEPT_FOR (24 * HOUR)

struct entry {
	enum ledger_entry kind;
	int64_t at; /* wall clock */
	char digest[DIGEST_TEXT];
};

struct ledger {
	struct gate *gate;
	FILE *file;
	char *path, *new_path;
	size_t lines;
	size_t compact_at;        /* lines */
	struct lh_table *entries; /* by digest */
};

static void digest_make(
    struct ledger *ledger, const char *room, const char *attendee, char text[static DIGEST_TEXT])
{
	unsigned char digest[SHA256_SIZE];

	derive(ledger->gate->arena, ledger->gate->config->gate_secret, "ledger", room, attendee,
	    digest);
	hex_encode(digest, DIGEST_BYTES, text);
}

static struct entry *entry_find(const struct ledger *ledger, const char *digest)
{
	void *entry = NULL;

	lh_table_lookup_ex(ledger->entries, digest, &entry);
	return entry;
}

static void entry_free(struct lh_entry *entry)
{
	free((void *)(uintptr_t)lh_entry_v(entry));
}

static void entry_put(struct ledger *ledger, enum ledger_entry kind, int64_t at, const char *digest)
{
	struct entry *entry = entry_find(ledger, digest);

	if (entry == NULL) {
		entry = calloc(1, sizeof *entry);
		if (entry == NULL)
			abort();
		memcpy(entry->digest, digest, DIGEST_TEXT);
		lh_table_insert(ledger->entries, entry->digest, entry);
	}
	entry->kind = kind;
	entry->at = at;
}

static void line_read(struct ledger *ledger, const char *line)
{
	char kind, digest[DIGEST_TEXT];
	int64_t seconds;

	if (sscanf(line, "%c %" SCNd64 " %32[0-9a-f]", &kind, &seconds, digest) != 3 ||
	    strlen(digest) != DIGEST_TEXT - 1 || strchr("ARE", kind) == NULL || seconds < 0 ||
	    seconds > TIME_MAX / SECOND || seconds * SECOND + KEPT_FOR < clock_now())
		return; /* old, or cut off by a crash */
	entry_put(ledger, (enum ledger_entry)kind, seconds * SECOND, digest);
}

static void line_write(struct ledger *ledger, FILE *file, const struct entry *entry)
{
	fprintf(file, "%c %" PRId64 " %s\n", (char)entry->kind, entry->at / SECOND, entry->digest);
	ledger->lines++;
}

/* A new file with what is not too old. */
static void compact(struct ledger *ledger)
{
	int64_t oldest = clock_now() - KEPT_FOR;
	FILE *file = fopen(ledger->new_path, "we");
	struct lh_entry *at, *next;

	if (file == NULL) {
		log_event("error", "cannot write %s: %s", ledger->new_path, strerror(errno));
		return;
	}
	ledger->lines = 0;
	lh_foreach_safe(ledger->entries, at, next)
	{
		const struct entry *entry = lh_entry_v(at);

		if (entry->at < oldest)
			lh_table_delete_entry(ledger->entries, at);
		else
			line_write(ledger, file, entry);
	}
	if (fflush(file) != 0 || fsync(fileno(file)) != 0 ||
	    rename(ledger->new_path, ledger->path) != 0) {
		log_event("error", "cannot write %s: %s", ledger->path, strerror(errno));
		fclose(file);
		return;
	}
	if (ledger->file != NULL)
		fclose(ledger->file);
	ledger->file = file;
	ledger->compact_at = COMPACT_GROWTH * ledger->lines;
	if (ledger->compact_at < COMPACT_MIN)
		ledger->compact_at = COMPACT_MIN;
}

struct ledger *ledger_open(struct gate *gate, struct error *error)
{
	struct ledger *ledger = calloc(1, sizeof *ledger);
	char line[LINE_SIZE];
	FILE *old;

	if (ledger == NULL ||
	    asprintf(&ledger->path, "%s/ledger", gate->config->gate_state_dir) < 0 ||
	    asprintf(&ledger->new_path, "%s.new", ledger->path) < 0)
		abort();
	ledger->gate = gate;
	ledger->entries = lh_kchar_table_new(64, entry_free);
	old = fopen(ledger->path, "re");
	while (old != NULL && fgets(line, sizeof line, old) != NULL)
		line_read(ledger, line);
	if (old != NULL)
		fclose(old);
	compact(ledger);
	if (ledger->file != NULL)
		return ledger;
	error_set(error, ERROR_INTERNAL, "GATE_STATE_DIR: cannot write %s", ledger->path);
	ledger_close(ledger);
	return NULL;
}

void ledger_close(struct ledger *ledger)
{
	if (ledger->file != NULL)
		fclose(ledger->file);
	lh_table_free(ledger->entries);
	free(ledger->path);
	free(ledger->new_path);
	free(ledger);
}

void ledger_note(
    struct ledger *ledger, enum ledger_entry entry, const char *room, const char *attendee)
{
	struct entry noted = {.kind = entry, .at = clock_now()};

	digest_make(ledger, room, attendee, noted.digest);
	entry_put(ledger, entry, noted.at, noted.digest);
	line_write(ledger, ledger->file, &noted);
	if (fflush(ledger->file) != 0)
		log_event("error", "cannot write %s: %s", ledger->path, strerror(errno));
	if (ledger->lines > ledger->compact_at)
		compact(ledger);
}

enum ledger_entry ledger_find(struct ledger *ledger, const char *room, const char *attendee)
{
	int64_t oldest = clock_now() - KEPT_FOR;
	char digest[DIGEST_TEXT];
	const struct entry *entry;

	digest_make(ledger, room, NULL, digest);
	entry = entry_find(ledger, digest);
	if (entry == NULL || entry->at < oldest) {
		digest_make(ledger, room, attendee, digest);
		entry = entry_find(ledger, digest);
	}
	return entry == NULL || entry->at < oldest ? LEDGER_NONE : entry->kind;
}
