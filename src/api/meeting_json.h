/* A meeting as JSON. */
#ifndef CONFAB_API_MEETING_JSON_H
#define CONFAB_API_MEETING_JSON_H

#include <json-c/json.h>

#include "meeting/meeting.h"

/* A VideoChatSession: all its fields, and further ones of the meeting. Borrows the text of
 * extMetadata. */
struct json_object *meeting_json(const struct meeting *meeting);

#endif
