/* Memory that all processes of an installation share: a mapped file. */
#ifndef CONFAB_BASE_SHARED_FILE_H
#define CONFAB_BASE_SHARED_FILE_H

#include <stddef.h>

#include "base/crypto.h"

/* Maps `size` bytes of `file`, or private memory when it is "". The memory begins with `layout`, a
 * hash of everything that decides the layout of the rest. A file with another layout or size is
 * replaced by a new one: `layout`, then zeros. (Processes that use the old file keep it.) Several
 * processes may call this at the same time. NULL with errno on failure; the caller ends with
 * munmap(). */
void *shared_file_map(
    const char *file, size_t size, const unsigned char layout[static SHA256_SIZE]);

#endif
