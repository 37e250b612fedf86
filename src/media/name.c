/* confab-media name: draws a person's name as a picture. Pango knows every script and its
 * direction. The name reaches no other program's arguments, in which its characters could have a
 * meaning. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pango/pangocairo.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "media/media.h"

enum {
	TEXT_MAX = 4096, /* bytes */
	PIXELS_MIN = 8,  /* of height and width */
	PIXELS_MAX = 4096,
	WIDTH = 320, /* when no option says otherwise */
	HEIGHT = 24,
	PART_SIZE = 4096, /* bytes of a path */
	FONT_SHARE = 60,  /* per cent of the height */
	PERCENT = 100,
};

static const double background = 0.6; /* black, so opaque */

struct wish {
	const char *text, *to;
	int width, height; /* the most, and the whole; pixels */
};

static bool pixels_read(const char *text, int *pixels)
{
	char *end;
	long number = strtol(text, &end, 10);

	*pixels = (int)number;
	return end != text && *end == '\0' && number >= PIXELS_MIN && number <= PIXELS_MAX;
}

static bool wish_read(int argc, char **argv, struct wish *wish)
{
	*wish = (struct wish){.width = WIDTH, .height = HEIGHT};
	for (int i = 1; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;

		if (value == NULL)
			return false;
		if (strcmp(argv[i], "--text") == 0)
			wish->text = value;
		else if (strcmp(argv[i], "--to") == 0)
			wish->to = value;
		else if (strcmp(argv[i], "--width") == 0) {
			if (!pixels_read(value, &wish->width))
				return false;
		} else if (strcmp(argv[i], "--height") != 0 || !pixels_read(value, &wish->height)) {
			return false;
		}
	}
	return wish->text != NULL && wish->to != NULL;
}

/* `--text -` takes the name from standard input. */
static bool text_read(struct arena *arena, struct wish *wish, struct error *error)
{
	size_t len;

	if (strcmp(wish->text, "-") == 0) {
		char *text = arena_alloc(arena, TEXT_MAX + 2);

		len = fread(text, 1, TEXT_MAX + 1, stdin);
		wish->text = text;
	} else {
		len = strlen(wish->text);
	}
	if (len == 0 || len > TEXT_MAX || len != strlen(wish->text) || !utf8_valid(wish->text, len))
		return error_set(error, ERROR_MALFORMED,
		    "The text must be UTF-8 without NUL, of 1 to %d bytes.", TEXT_MAX);
	return true;
}

/* The text as one line that is at most `width` pixels wide. */
static PangoLayout *layout_new(cairo_t *cairo, const struct wish *wish, int width)
{
	PangoFontDescription *font = pango_font_description_from_string("sans");
	PangoLayout *layout = pango_cairo_create_layout(cairo);

	pango_font_description_set_absolute_size(
	    font, (double)wish->height * FONT_SHARE / PERCENT * PANGO_SCALE);
	pango_layout_set_font_description(layout, font);
	pango_layout_set_single_paragraph_mode(layout, TRUE);
	pango_layout_set_text(layout, wish->text, -1);
	pango_layout_set_width(layout, width * PANGO_SCALE);
	pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
	pango_font_description_free(font);
	return layout;
}

/* How wide the text is when it may be as wide as the picture. */
static int text_width(const struct wish *wish, int most)
{
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, 1, 1);
	cairo_t *cairo = cairo_create(surface);
	PangoLayout *layout = layout_new(cairo, wish, most);
	int width, height;

	pango_layout_get_pixel_size(layout, &width, &height);
	g_object_unref(layout);
	cairo_destroy(cairo);
	cairo_surface_destroy(surface);
	return width < 1 ? 1 : width > most ? most : width;
}

static cairo_surface_t *picture_new(const struct wish *wish)
{
	int margin = wish->height / 4;
	int most = wish->width > 4 * margin ? wish->width - 2 * margin : wish->width;
	int width = text_width(wish, most), height;
	cairo_surface_t *surface = cairo_image_surface_create(
	    CAIRO_FORMAT_ARGB32, width + wish->width - most, wish->height);
	cairo_t *cairo = cairo_create(surface);
	PangoLayout *layout = layout_new(cairo, wish, width);

	cairo_set_source_rgba(cairo, 0, 0, 0, background);
	cairo_paint(cairo);
	cairo_set_source_rgb(cairo, 1, 1, 1);
	pango_layout_get_pixel_size(layout, NULL, &height);
	cairo_move_to(cairo, (wish->width - most) / 2.0, (wish->height - height) / 2.0);
	pango_cairo_show_layout(cairo, layout);
	g_object_unref(layout);
	cairo_destroy(cairo);
	return surface;
}

/* Writes another file first and renames it, so that there is never half a picture. */
static bool picture_write(cairo_surface_t *surface, const char *to, struct error *error)
{
	char part[PART_SIZE];
	cairo_status_t status;

	if (snprintf(part, sizeof part, "%s.part", to) >= (int)sizeof part)
		return error_set(error, ERROR_MALFORMED, "The path is too long.");
	status = cairo_surface_write_to_png(surface, part);
	if (status == CAIRO_STATUS_SUCCESS && rename(part, to) == 0)
		return true;
	error_set(error, ERROR_UNAVAILABLE, "%s cannot be written: %s.", to,
	    status == CAIRO_STATUS_SUCCESS ? strerror(errno) : cairo_status_to_string(status));
	remove(part);
	return false;
}

static int run(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct error error = {0};
	cairo_surface_t *surface;
	struct wish wish;
	bool good;

	if (!wish_read(argc, argv, &wish)) {
		arena_free(arena);
		return media_misuse("name");
	}
	good = text_read(arena, &wish, &error);
	if (good) {
		surface = picture_new(&wish);
		good = picture_write(surface, wish.to, &error);
		cairo_surface_destroy(surface);
	}
	if (!good)
		fprintf(stderr, "confab-media name: %s\n", error.message);
	error_clear(&error);
	arena_free(arena);
	return good ? 0 : 1;
}

const struct media_command command_name = {.name = "name",
    .summary = "Draw a name as a picture",
    .usage =
	"Usage: confab-media name --text TEXT --to FILE.png [OPTION]...\n\n"
	"Draws TEXT (-: standard input) in one line, white on a dark ground that is partly\n"
	"transparent, in whatever script it is. Text that is too long ends with three dots.\n\n"
	"  --width PIXELS   of the picture at most [320]\n"
	"  --height PIXELS  of the picture [24]\n",
    .run = run};
