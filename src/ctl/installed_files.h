/* The files that an installation has copied from share/confab: nginx' site, units, Janus'
 * templates. */
#ifndef CONFAB_CTL_INSTALLED_FILES_H
#define CONFAB_CTL_INSTALLED_FILES_H

#include <stdbool.h>

/* A copy that was found, and whether it is of the same version as the file in share/confab. Both
 * names are borrowed. */
typedef void installed_file_found(
    void *context, const char *copy, const char *original, bool same_version);

/* Calls `found` for each copy that is there, in the usual places below `root` ("" for this machine
 * itself; share/confab is below it too). */
void installed_files_compare(const char *root, installed_file_found *found, void *context);

#endif
