/* The route table: one line per operation. A handler is named after its file and the method:
 * session_end_patch() is in session.c. Everything else about an operation's way in (405 and its
 * Allow, the permission check, metrics labels, the OpenAPI document's check) is derived from it. */
#include "api/routes.h"

const struct route routes[] = {
    {METHOD_GET, "/session", ACCESS_BEARER, {"GetMeetingAttendees", "EditMeeting"}, BODY_NONE,
	sessions_get},
    {METHOD_POST, "/session", ACCESS_BEARER, {"CreateMeetingSession"}, BODY_JSON, sessions_post},
    {METHOD_GET, "/session/{meetingLinkId}", ACCESS_BEARER, {"GetMeetingAttendees", "EditMeeting"},
	BODY_NONE, session_get},
    {METHOD_PATCH, "/session/{meetingLinkId}", ACCESS_BEARER, {"EditMeeting"}, BODY_JSON,
	session_patch},
    {METHOD_PATCH, "/session/{meetingLinkId}/end", ACCESS_MODERATOR, {"StopMeeting"}, BODY_NONE,
	session_end_patch},
    {METHOD_POST, "/session/{meetingLinkId}/token", ACCESS_INVITED, {"GenerateMeetingToken"},
	BODY_JSON, token_post},
    {METHOD_POST, "/session/{meetingLinkId}/invites", ACCESS_BEARER, {"GenerateMeetingToken"},
	BODY_JSON, invites_post},
    {METHOD_GET, "/session/{meetingLinkId}/attendees", ACCESS_INVITED, {"GetMeetingAttendees"},
	BODY_NONE, attendees_get},
    {METHOD_GET, "/session/{meetingLinkId}/attendance", ACCESS_MODERATOR, {"GetMeetingAttendees"},
	BODY_NONE, attendance_get},
    {METHOD_DELETE, "/session/{meetingLinkId}/attendees/{attendee}", ACCESS_MODERATOR,
	{"StopMeeting"}, BODY_NONE, attendee_delete},
    {METHOD_POST, "/session/{meetingLinkId}/attendees/{attendee}/mute", ACCESS_MODERATOR,
	{"StopMeeting"}, BODY_JSON, attendee_mute_post},
    {METHOD_POST, "/session/{meetingLinkId}/attendees/{attendee}/readmit", ACCESS_MODERATOR,
	{"StopMeeting"}, BODY_NONE, attendee_readmit_post},
    {METHOD_POST, "/session/{meetingLinkId}/archives", ACCESS_MODERATOR, {"StartMeetingArchive"},
	BODY_JSON, archives_post},
    {METHOD_GET, "/archives", ACCESS_MODERATOR, {"GetMeetingArchives"}, BODY_NONE, archives_get},
    {METHOD_PUT, "/archives/storage-target", ACCESS_BEARER, {"SetMeetingUploadTarget"}, BODY_JSON,
	storage_target_put},
    {METHOD_GET, "/archives/{archiveId}", ACCESS_MODERATOR, {"GetMeetingArchives"}, BODY_NONE,
	archive_get},
    {METHOD_DELETE, "/archives/{archiveId}", ACCESS_BEARER, {"DeleteMeetingArchive"}, BODY_NONE,
	archive_delete},
    {METHOD_PATCH, "/archives/{archiveId}/stop", ACCESS_MODERATOR, {"StopMeetingArchive"},
	BODY_NONE, archive_stop_patch},
    {METHOD_POST, "/webhooks/session", ACCESS_PROVIDER, {NULL}, BODY_RAW, webhooks_post},
    {METHOD_GET, "/openapi.json", ACCESS_PUBLIC, {NULL}, BODY_NONE, openapi_get},
    {METHOD_GET, "/health", ACCESS_PUBLIC, {NULL}, BODY_NONE, health_get},
    {METHOD_GET, "/health/live", ACCESS_PUBLIC, {NULL}, BODY_NONE, health_live_get},
    {METHOD_GET, "/metrics", ACCESS_LOCAL, {NULL}, BODY_NONE, metrics_get},
};

const size_t route_count = sizeof routes / sizeof routes[0];
