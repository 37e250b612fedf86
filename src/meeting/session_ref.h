/* A media server as the service speaks to it, and a session on it. */
#ifndef CONFAB_MEETING_SESSION_REF_H
#define CONFAB_MEETING_SESSION_REF_H

enum {
	MEDIA_SERVER_NAME_MAX = 64, /* bytes, as the column; letters, digits and . _ - */
};

struct media_server {
	const char *name;
	const char *control_url; /* where it takes commands; NULL: where the settings say */
	const char *public_url;  /* where browsers reach it; NULL: beside the service */
};

/* How a provider is told which session is meant. */
struct session_ref {
	struct media_server server;
	const char *session_id;
};

#endif
