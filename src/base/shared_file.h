/* Memory that all processes of an installation share: a mapped file. */
#ifndef CONFAB_BASE_SHARED_FILE_H
#define CONFAB_BASE_SHARED_FILE_H

#include <stddef.h>

#include "base/crypto.h"

/* Maps `size` bytes of `file`, or private memory if it is "". The memory begins with `layout`, a
 * hash of all that decides where things lie in it; a file with another layout or size is replaced
 * by a new one, which is zero behind its layout. (Processes that have the old one keep it.) Several
 * processes may call it at once. NULL with errno when it cannot be done; munmap() when done. */
void *shared_file_map(
    const char *file, size_t size, const unsigned char layout[static SHA256_SIZE]);

#endif
