/* The settings file (confab.conf): lines NAME=value. */
#ifndef CONFAB_BASE_CONFIG_FILE_H
#define CONFAB_BASE_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Puts the lines of `file` into the environment. The environment wins over the file: a setting that
 * it already has, as NAME or as NAME_FILE, stays as it is. Of two lines with the same name the
 * first one wins. The error names the line. */
bool config_file_read(const char *file, struct error *error);

/* Reads a file of less than `max` bytes and adds a NUL; `text` has room for max + 1 bytes. The
 * error names `setting`, the setting that gave the file's name. */
bool config_text_read(
    const char *name, size_t max, char *text, struct error *error, const char *setting);

#endif
