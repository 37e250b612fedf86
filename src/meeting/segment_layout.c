/* Where the pictures of a segment lie: a grid, or screens with a strip of people beside them. */
#include "meeting/segment_layout.h"

enum {
	STRIP_SHORT = 5,                 /* people in a strip of one column */
	STRIP_NARROW = CANVAS_WIDTH / 5, /* its width */
	STRIP_ROWS = 8,                  /* of a strip of two columns */
	STRIP_WIDE = CANVAS_WIDTH / 4,
};

/* Rows and columns of cells of one size. */
struct grid {
	size_t columns, rows;
	struct area cell;
};

static int even(int64_t pixels)
{
	return pixels < 2 ? 2 : (int)(pixels & ~INT64_C(1));
}

/* The size of a picture in `area`: its own, or smaller with the same shape. */
static struct area fit(const struct cell *cell, struct area area)
{
	int64_t width = cell->width, height = cell->height;

	if (width <= area.width && height <= area.height)
		return (struct area){even(width), even(height)};
	if (width * area.height >= height * area.width)
		return (struct area){even(area.width), even(height * area.width / width)};
	return (struct area){even(width * area.height / height), even(area.height)};
}

/* The grid with `columns`, and how many pixels of pictures it shows. */
static int64_t grid_try(
    const struct cell *cells, size_t count, struct area area, size_t columns, struct grid *grid)
{
	size_t rows = (count + columns - 1) / columns;
	struct area most = {area.width / (int)columns, area.height / (int)rows};
	int64_t shown = 0;

	*grid = (struct grid){columns, rows, {0, 0}};
	for (size_t i = 0; i < count; i++) {
		struct area size = fit(&cells[i], most);

		shown += (int64_t)size.width * size.height;
		if (size.width > grid->cell.width)
			grid->cell.width = size.width;
		if (size.height > grid->cell.height)
			grid->cell.height = size.height;
	}
	return shown;
}

/* The grid that shows the most; if several do, the one that is nearest to a square. */
static struct grid grid_find(const struct cell *cells, size_t count, struct area area)
{
	struct grid best, other;
	size_t square = 1;
	int64_t most;

	while (square * square < count)
		square++;
	most = grid_try(cells, count, area, square, &best);
	for (size_t columns = 1; columns <= count; columns++) {
		int64_t shown = grid_try(cells, count, area, columns, &other);

		if (shown > most) {
			most = shown;
			best = other;
		}
	}
	return best;
}

/* Places the cells in the grid, each in the middle of its place; a last row that is not full lies
 * in the middle too. */
static struct area grid_place(struct cell *cells, size_t count, const struct grid *grid)
{
	for (size_t i = 0; i < count; i++) {
		size_t row = i / grid->columns, in_row = count - row * grid->columns;
		struct area size = fit(&cells[i], grid->cell);
		int missing;

		if (in_row > grid->columns)
			in_row = grid->columns;
		missing = (int)(grid->columns - in_row) * grid->cell.width;
		cells[i].x = (int)(i % grid->columns) * grid->cell.width +
			     (missing + grid->cell.width - size.width) / 2;
		cells[i].y = (int)row * grid->cell.height + (grid->cell.height - size.height) / 2;
		cells[i].x &= ~1;
		cells[i].y &= ~1;
		cells[i].width = size.width;
		cells[i].height = size.height;
	}
	return (struct area){
	    (int)grid->columns * grid->cell.width, (int)grid->rows * grid->cell.height};
}

static struct area block(struct cell *cells, size_t count, struct area area)
{
	struct grid grid;

	if (count == 0)
		return (struct area){0, 0};
	grid = grid_find(cells, count, area);
	return grid_place(cells, count, &grid);
}

/* A strip always has the same rows, so that people keep their size when others come. */
static struct area strip(struct cell *cells, size_t count)
{
	size_t rows = count > STRIP_SHORT ? STRIP_ROWS : STRIP_SHORT;
	size_t columns = count > STRIP_SHORT ? 2 : 1;
	int width = count > STRIP_SHORT ? STRIP_WIDE : STRIP_NARROW;
	struct area most = {width / (int)columns, CANVAS_HEIGHT / (int)rows};
	struct grid grid = {columns, (count + columns - 1) / columns, {0, 0}};

	for (size_t i = 0; i < count; i++) {
		struct area size = fit(&cells[i], most);

		if (size.width > grid.cell.width)
			grid.cell.width = size.width;
		if (size.height > grid.cell.height)
			grid.cell.height = size.height;
	}
	return grid_place(cells, count, &grid);
}

static void block_move(struct cell *cells, size_t count, int x, int y)
{
	for (size_t i = 0; i < count; i++) {
		cells[i].x += x & ~1;
		cells[i].y += y & ~1;
	}
}

struct area segment_layout(struct cell *cells, size_t count, size_t screens)
{
	struct cell *people = cells + screens;
	size_t people_count = count - screens;
	struct area left, right, both;

	if (screens == 0 || people_count == 0)
		return block(cells, count, (struct area){CANVAS_WIDTH, CANVAS_HEIGHT});
	right = strip(people, people_count);
	left = block(cells, screens, (struct area){CANVAS_WIDTH - right.width, CANVAS_HEIGHT});
	both.width = left.width + right.width;
	both.height = left.height > right.height ? left.height : right.height;
	block_move(cells, screens, 0, (both.height - left.height) / 2);
	block_move(people, people_count, left.width, (both.height - right.height) / 2);
	return both;
}
