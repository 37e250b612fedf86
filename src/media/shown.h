/* Which file has a person's picture when several have one. */
#ifndef CONFAB_MEDIA_SHOWN_H
#define CONFAB_MEDIA_SHOWN_H

#include "media/stretch_write.h"

/* Takes away from each part's pictures the time in which a later connection of the same person has
 * one: after a reload the old connection shows a frozen picture until Janus sees that it is gone. A
 * camera and a shared screen are two things. New intervals lie in the arena. */
void shown_find(struct arena *arena, struct part *parts, size_t count);

#endif
