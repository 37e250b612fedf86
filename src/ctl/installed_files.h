/* The files that an installation has copied from share/confab: nginx' site file, units, Janus'
 * templates. */
#ifndef CONFAB_CTL_INSTALLED_FILES_H
#define CONFAB_CTL_INSTALLED_FILES_H

#include <stdbool.h>

/* Gets a copy, and whether it has the version of the original in share/confab. Both names are
 * borrowed. */
typedef void installed_file_found(
    void *context, const char *copy, const char *original, bool same_version);

/* Calls `found` for each copy in the usual places below `root`. share/confab is below it too.
 * `root` is "" for this machine itself. */
void installed_files_compare(const char *root, installed_file_found *found, void *context);

#endif
