/* Confines the calling process to parts of the file system. */
#ifndef CONFAB_MEDIA_LANDLOCK_H
#define CONFAB_MEDIA_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

/* A file or folder that the program may reach, with all below it. */
struct reach {
	const char *path;
	bool write; /* may it also be changed? */
};

/* From here on the process and what it runs reach only these, and can read what each program needs:
 * the system's programs and libraries, and fonts. Open descriptors go on. New privileges must be
 * refused already. Gives 0 or an errno: ENOSYS or EOPNOTSUPP when the system has no Landlock. */
int landlock_confine(const struct reach *reaches, size_t count);

#endif
