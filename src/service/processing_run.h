/* What the jobs that process an archive have in common. */
#ifndef CONFAB_SERVICE_PROCESSING_RUN_H
#define CONFAB_SERVICE_PROCESSING_RUN_H

#include "archive/program.h"
#include "meeting/archive.h"
#include "meeting/job.h"
#include "meeting/segments.h"
#include "service/service.h"

/* Why a try failed, if the archive itself may be the cause. */
enum processing_fault {
	FAULT_NONE, /* something else: space, the database, the worker was told to end */
	FAULT_PROGRAM,
	FAULT_LIMIT,
	FAULT_STALL,
	FAULT_KILLED,
	FAULT_RESULT, /* the composed file is not as it should be */
};

/* One run of a job. */
struct processing {
	struct service *service;
	struct arena *arena;
	const struct job *job;
	struct archive archive;
	bool live;          /* it works on a recording that goes on, and stops with it */
	bool found;         /* there is such an archive, and it is not deleted or expired */
	const char *folder; /* its path; NULL: this host has no such folder */
	const char *media;  /* the path of confab-media */
	enum processing_fault fault;
	bool advanced;     /* this run has made something that the next one need not make again */
	int64_t looked_at; /* when the archive's row was last looked at, on the monotonic clock */
	struct error stop; /* why a program must end */
	/* Of the composition: */
	int64_t work, work_done; /* in the unit of segment_work() */
	int64_t step;            /* the part of it that the present program has done */
	int percent;             /* as the row has it */
};

/* Reads the archive. */
bool processing_open(struct processing *processing, struct error *error);

/* May the work begin? False with the error: this host has not the files, or confab-media, or too
 * little space. The archive's reason says when it waits for space. */
bool processing_ready(struct processing *processing, struct error *error);

/* Is there too little space to process anything? */
bool processing_space_low(const struct config *config);

/* The archive waits for space, which is nobody's fault: false with the error. */
bool processing_space_wait(struct processing *processing, struct error *error);

/* The path of a file in the archive's folder. */
const char *processing_path(const struct processing *processing, const char *name);

/* Runs a program until it ends, while it renews the lease and writes down the progress. Fills in
 * media, stall and keep(); `cpu` is in seconds. `what` names the work in errors. False with the
 * error, and processing->fault says whose fault it is. */
bool processing_program(
    struct processing *processing, struct program *program, const char *what, struct error *error);

/* The same for a program that writes one file. `arguments` name it as processing_part(name), until
 * processing_keep_file(). */
struct making {
	const char *name, *what;
	const char *const *arguments;
	int64_t cpu; /* seconds */
	void (*line)(void *context, const char *line);
	void *context;
};
const char *processing_part(const struct processing *processing, const char *name);
bool processing_make(
    struct processing *processing, const struct making *making, struct error *error);

/* Has the file this name already? */
bool processing_has(const struct processing *processing, const char *name);

/* The bytes of a file; 0: it is not there. */
int64_t processing_size(const struct processing *processing, const char *name);

/* Writes text into a file that gets its name later. */
bool processing_write(struct processing *processing, const char *name, const char *text, size_t len,
    struct error *error);

/* A file has been written: onto the disk with it, under its own name. */
bool processing_keep_file(struct processing *processing, const char *name, struct error *error);

/* Has this worker still the job? It cannot be another's within the lease after this. As a step of a
 * transaction, which fails if not. */
enum db_outcome processing_is_mine(struct db *db, struct processing *processing);

/* Makes a file of each person and stretch from what is recorded so far; `*tracks` gets the JSON
 * array for archives.tracks. */
bool processing_tracks_make(
    struct processing *processing, const char **tracks, struct error *error);

/* Ends a run that failed with `error`. After PROCESSING_TRIES faults of its own the archive has
 * failed: then true, and the error is cleared. */
bool processing_failed(struct processing *processing, struct error *error);

/* Nothing was recorded, or nothing that can be read: the archive has failed. */
bool processing_empty(struct processing *processing, const char *reason, struct error *error);

/* What an earlier run, or this one, left behind: unfinished files, and with `parts` the parts of a
 * composed file. */
bool processing_sweep(struct processing *processing, bool parts, struct error *error);

/* The CPU time that a program may use for so much of a recording (microseconds), in seconds. */
int64_t processing_cpu(int64_t length);

#endif
