/* A reference to a session, for a provider. */
#ifndef CONFAB_MEETING_SESSION_REF_H
#define CONFAB_MEETING_SESSION_REF_H

#include "meeting/media_server.h"

struct session_ref {
	struct media_server server;
	const char *session_id;
};

#endif
