/* The settings file (confab.conf): lines NAME=value. */
#ifndef CONFAB_BASE_CONFIG_FILE_H
#define CONFAB_BASE_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Puts the lines of `file` into the environment. The environment wins over the file: a name that it
 * has, as NAME or as NAME_FILE, is left out. Of two lines with one name the first wins. The error
 * names the line. */
bool config_file_read(const char *file, struct error *error);

/* Reads a whole file of less than `max` bytes, and puts a NUL behind it; `text` has max + 1 bytes.
 * The error names `setting`, the setting that names the file. */
bool config_text_read(
    const char *name, size_t max, char *text, struct error *error, const char *setting);

#endif
