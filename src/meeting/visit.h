/* What a meeting's extMetadata says for the people who are invited: title, host, duration, timeZone
 * and branding. Everything else in extMetadata is the integrator's own, and no guest sees it. */
#ifndef CONFAB_MEETING_VISIT_H
#define CONFAB_MEETING_VISIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct json_object;

enum {
	VISIT_TEXT_MAX = 120,     /* characters of a title and of a host */
	VISIT_BRAND_MAX = 60,     /* characters of the name in branding */
	VISIT_LOGO_MAX = 64,      /* bytes of a logo's file name */
	VISIT_ZONE_MAX = 64,      /* bytes of a time zone's name */
	VISIT_DURATION_MAX = 1440 /* minutes */
};

struct branding {
	const char *name;  /* of the clinic, the school …; NULL: none */
	const char *color; /* #rrggbb; NULL: none */
	const char *logo;  /* a file in the site's folder brand; NULL: none */
};

/* Text is NULL when there is none. */
struct visit {
	const char *title;
	const char *host;
	const char *time_zone; /* of the appointment: Europe/Berlin */
	int64_t duration;      /* minutes; 0: not known */
	struct branding branding;
};

/* Reads the five members of `metadata`, an object. A member of another type, form or size is left
 * out: extMetadata is the integrator's own, and may have had such members before they meant
 * anything. Text lies in the arena. */
struct visit visit_read(struct arena *arena, struct json_object *metadata);

/* Checks extMetadata that is being set. Only a title, a host or a name in branding with forbidden
 * characters (visible_text.h), or with invisible ones alone, is a fault: at /extMetadata/…, in the
 * error. */
bool visit_good(struct arena *arena, struct json_object *metadata, struct error *error);

/* The form of a colour (#rrggbb), and of a logo's file name: letters, digits and ._-, it starts
 * with a letter or digit and ends with .svg, .png, .webp or .jpg. */
bool visit_color_good(const char *text);
bool visit_logo_good(const char *text);

#endif
