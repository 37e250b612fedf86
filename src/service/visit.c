/* What an invited person may know of a meeting before it opens. */
#include "service/visit.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/visible_text.h"
#include "meeting/visit.h"

static const char *text_or_null(const char *setting)
{
	return *setting == '\0' ? NULL : setting;
}

static struct visit stored_read(struct arena *arena, const char *ext_metadata)
{
	struct error error = {0};
	struct visit visit = {.title = NULL};
	struct json_object *metadata = NULL;

	if (ext_metadata != NULL &&
	    json_parse(arena, ext_metadata, strlen(ext_metadata), &metadata, &error) &&
	    json_object_is_type(metadata, json_type_object))
		visit = visit_read(arena, metadata);
	error_clear(&error);
	return visit;
}

/* A logo or colour of another organisation does not go with this one's name. */
static struct branding branding_choose(const struct config *config, const struct branding *own)
{
	if (own->name != NULL || own->color != NULL || own->logo != NULL)
		return *own;
	return (struct branding){.name = text_or_null(config->brand_name),
	    .color = text_or_null(config->brand_color),
	    .logo = text_or_null(config->brand_logo)};
}

struct json_object *visit_json(
    const struct config *config, struct arena *arena, const struct meeting *meeting)
{
	struct visit visit = stored_read(arena, meeting->ext_metadata);
	struct branding branding = branding_choose(config, &visit.branding);
	bool branded = branding.name != NULL || branding.color != NULL || branding.logo != NULL;
	struct json_object *object, *brand;

	if (meeting->schedule_time == TIME_NONE && visit.title == NULL && visit.host == NULL &&
	    visit.time_zone == NULL && visit.duration == 0 && !branded)
		return NULL;
	object = json_object_new_object();
	json_add_time(object, "scheduleTime", meeting->schedule_time);
	json_add_text(object, "title", visit.title);
	json_add_text(object, "host", visit.host);
	json_add_text(object, "timeZone", visit.time_zone);
	if (visit.duration > 0)
		json_add_integer(object, "duration", visit.duration);
	if (branded) {
		brand = json_object_new_object();
		json_add_text(brand, "name", branding.name);
		json_add_text(brand, "color", branding.color);
		json_add_text(brand, "logo", branding.logo);
		json_object_object_add(object, "branding", brand);
	}
	return object;
}

bool visit_check_settings(const struct config *config, struct error *error)
{
	if (*config->brand_color != '\0' && !visit_color_good(config->brand_color))
		return error_set(error, ERROR_INTERNAL, "BRAND_COLOR: must be #rrggbb");
	return *config->brand_logo == '\0' || visit_logo_good(config->brand_logo) ||
	       error_set(error, ERROR_INTERNAL,
		   "BRAND_LOGO: must be the name of a .svg, .png, .webp or .jpg file");
}
