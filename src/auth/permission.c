/* The permissions that a bearer token may hold. */
#include "auth/permission.h"

const char *const permission_names[] = {
    "CreateMeetingSession",
    "GenerateMeetingToken",
    "EditMeeting",
    "StopMeeting",
    "GetMeetingAttendees",
    "EraseAttendee",
    "GetMeetingArchives",
    "StartMeetingArchive",
    "StopMeetingArchive",
    "DeleteMeetingArchive",
    "SetMeetingUploadTarget",
};

const size_t permission_count = sizeof permission_names / sizeof permission_names[0];
