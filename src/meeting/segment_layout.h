/* Where the pictures of a segment lie. */
#ifndef CONFAB_MEETING_SEGMENT_LAYOUT_H
#define CONFAB_MEETING_SEGMENT_LAYOUT_H

#include "meeting/segments.h"

struct area {
	int width, height;
};

/* Places the cells on an area of at most CANVAS_WIDTH x CANVAS_HEIGHT, and returns the size of what
 * they fill. Each cell comes with the size of its upright picture and gets its place and a size
 * that is not larger. The first `screens` cells are screens: they get the most room, and people a
 * strip beside them. */
struct area segment_layout(struct cell *cells, size_t count, size_t screens);

#endif
