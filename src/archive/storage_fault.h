/* What goes wrong with a store. */
#ifndef CONFAB_ARCHIVE_STORAGE_FAULT_H
#define CONFAB_ARCHIVE_STORAGE_FAULT_H

#include <stdbool.h>

enum storage_fault {
	STORAGE_DONE,        /* nothing went wrong */
	STORAGE_CREDENTIALS, /* the store refuses the credentials, or they lack a permission */
	STORAGE_NO_BUCKET,   /* there is no such bucket, container or account */
	STORAGE_FULL,        /* a quota or a disk is full */
	STORAGE_REFUSED,     /* the store refuses the request for another reason */
	STORAGE_GONE,        /* the store cannot be reached, or the connection broke */
	STORAGE_SLOW,        /* no byte moved for STORAGE_STALL_SECONDS */
	STORAGE_BUSY,        /* the store has a problem of its own, or asks to come later */
	STORAGE_MISMATCH,    /* the object is not the file */
	STORAGE_FILE,        /* the file on this host cannot be read */
	STORAGE_SETTINGS,    /* the credentials are missing or malformed */
	STORAGE_STOPPED,     /* keep() said no: not a fault of the store */
	STORAGE_ABSENT,      /* there is no such object */
	STORAGE_NO_UPLOAD,   /* the store does not know this upload (any more) */
	STORAGE_FAULTS,
};

/* A word for tables and metrics: "credentials". */
const char *storage_fault_name(enum storage_fault fault);

/* Must somebody do something? Otherwise the same try can succeed later. */
bool storage_fault_needs_operator(enum storage_fault fault);

/* The fault of an answer with this HTTP status; `code` is the store's error code, or "". */
enum storage_fault storage_fault_of(long status, const char *code);

#endif
