/* The interface to a provider of media: one struct of functions, one constant for each provider.
 *
 * A new provider is a file with a `const struct provider` in it and a line in provider.c. Functions
 * return false with an error of one of three classes: ERROR_MALFORMED (bad input), ERROR_PROVIDER
 * (the provider refused) or ERROR_UNAVAILABLE (it is out of reach). Returned text lies in the
 * caller's arena. A provider never uses the store. */
#ifndef CONFAB_PROVIDER_PROVIDER_H
#define CONFAB_PROVIDER_PROVIDER_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "base/json_writer.h"
#include "meeting/event.h"
#include "meeting/grant.h"
#include "meeting/meeting.h"
#include "meeting/role.h"
#include "meeting/session_ref.h"

/* The needs of a new session. */
struct session_wish {
	bool recording;
	bool end_to_end_encryption;
};

/* The contents of a join token. */
struct token_wish {
	const struct meeting *meeting;
	const char *attendee;
	enum role role;
	int64_t expiry;          /* microseconds */
	const char *participant; /* this device's id, of an earlier token; NULL: none */
};

/* A grant for the provider. */
struct grant_wish {
	const struct meeting *meeting;
	const struct grant *grant;
	/* Gives all sending grants of the meeting, without banned people. The provider calls it
	 * before it makes the room, and again after that: a moderator may have removed somebody
	 * meanwhile. */
	bool (*grants)(void *context, struct grant **list, size_t *count, struct error *error);
	void *context; /* for grants() */
};

/* What the join token of the signalling gate holds for a provider. Text lies in the arena. */
struct gate_pass {
	const char *participant; /* this device's id in the room; NULL: there is no gate */
	int64_t room_expiry;     /* of the room token, which the gate mints itself */
};

/* A webhook request. */
struct webhook {
	/* Gives the value of a header ("Authorization"); NULL: absent. */
	const char *(*header)(const void *context, const char *name);
	const void *context; /* for header() */
	const char *url;     /* the public URL of the request: some providers sign it */
	const char *body;    /* unchanged */
	size_t body_len;
};

/* A connection at the provider now. */
struct presence {
	const char *session_id; /* of the meeting */
	struct connection connection;
	bool outside; /* connected, but not in the meeting: it does not count as attendance */
};

/* The connections on a media server now. */
struct participants {
	const char *const *alive; /* all devices, sorted */
	size_t alive_count;
	const char *const *strays; /* devices that belong to nobody */
	size_t stray_count;
	struct presence *present; /* the connections of devices that are not in `known` */
	size_t present_count;
};

/* A room at the provider now. */
struct room {
	const char *session_id;
	const char *recording_id; /* the archive of its recording; NULL: it is not recorded */
};

/* The state of the provider's program, for the operator. */
enum software_state {
	SOFTWARE_OK,
	SOFTWARE_OUTDATED,    /* has known holes */
	SOFTWARE_NOT_UPDATED, /* the last update was long ago */
};
struct software {
	enum software_state state;
	const char *text;        /* name, version and fault, in one line */
	const char *server_name; /* the server's own name in its events; NULL: none */
};

/* The optional features of a provider. */
enum {
	FEATURE_MUTE = 1,
	FEATURE_RECORDING = 2,
	FEATURE_END_TO_END_ENCRYPTION = 4,
	FEATURE_GATE = 8, /* the signalling gate stands in front of it */
};

/* In all functions: `state` comes from open(). `arena` holds the results. `server` is a media
 * server, and `session` a session on one. `error` is the reason for false. */
struct provider {
	const char *name;
	unsigned features;      /* a sum of FEATURE_…; see provider_can() */
	int64_t token_life_max; /* microseconds: the longest life of a join token */

	/* Checks the settings, and makes the state for the other functions (one for a process,
	 * never shared between threads). The error names the wrong setting. */
	bool (*open)(const struct config *config, void **state, struct error *error);
	void (*close)(void *state);

	/* Does the server answer within `timeout` microseconds? */
	bool (*ping)(void *state, struct arena *arena, const struct media_server *server,
	    int64_t timeout, struct error *error);

	/* Finds the server's program and version, and judges them. Takes at most `timeout`
	 * microseconds. NULL: the operator does not run that program. */
	bool (*software)(void *state, struct arena *arena, const struct media_server *server,
	    int64_t timeout, struct software *software, struct error *error);

	/* Makes the session of a new meeting, which is on no server yet. Gives its id: at most
	 * SESSION_ID_MAX bytes, unguessable. */
	bool (*session_create)(void *state, struct arena *arena, const struct session_wish *wish,
	    const char **session_id, struct error *error);

	/* Gives the grant to the provider: after that the person's tokens from token_mint() work.
	 * NULL: tokens alone decide. */
	bool (*grant)(void *state, struct arena *arena, const struct session_ref *session,
	    const struct grant_wish *wish, struct error *error);

	/* Revokes all grants of these people: their tokens do not let them send any more. Their
	 * open connections stay (device_remove() ends them). An unknown session or person is
	 * success. NULL: tokens alone decide. */
	bool (*revoke)(void *state, struct arena *arena, const struct session_ref *session,
	    const struct meeting *meeting, const char *const *attendees, size_t count,
	    struct error *error);

	/* Mints a token offline. Writes "token", and the other members that the provider's client
	 * needs, into the object that is open in `answer`. With a signalling gate in front of the
	 * provider it writes no token, but sets `pass`: what the gate's token must hold. */
	bool (*token_mint)(void *state, struct arena *arena, const struct session_ref *session,
	    const struct token_wish *wish, struct json_writer *answer, struct gate_pass *pass,
	    struct error *error);

	/* Gives the prefix of all the person's participant ids in the session. NULL: the ids do not
	 * identify people. */
	const char *(*participant_prefix)(
	    void *state, struct arena *arena, const char *session_id, const char *attendee);

	/* Ends the session: its room, all connections in it, and the connections of `devices` (ids
	 * from the store). An unknown session is success. */
	bool (*session_end)(void *state, struct arena *arena, const struct session_ref *session,
	    const char *const *devices, size_t device_count, struct error *error);

	/* Ends all connections of a device. An unknown device is success. */
	bool (*device_remove)(void *state, struct arena *arena, const struct media_server *server,
	    const char *device, struct error *error);

	/* Mutes or unmutes the sound of these connections (ids of open connections, from the
	 * store). A muted one stays muted until this unmutes it. `*there` is false if none of them
	 * exists any more. FEATURE_MUTE. */
	bool (*attendee_mute)(void *state, struct arena *arena, const struct session_ref *session,
	    const char *const *connection_ids, size_t count, bool muted, bool *there,
	    struct error *error);

	/* Records the session into this archive from now on, or stops recording (NULL). An unknown
	 * session is success: when it is made again, it follows its meeting's row. The call sets a
	 * state, with the service's own archive id: repeating it changes nothing.
	 * FEATURE_RECORDING. */
	bool (*recording_set)(void *state, struct arena *arena, const struct session_ref *session,
	    const char *archive_id, struct error *error);

	/* Counts the bytes of sound and pictures that the media server has received from these
	 * connections (ids of open connections, from the store). A connection that does not exist
	 * any more counts as 0. FEATURE_RECORDING. */
	bool (*media_received)(void *state, struct arena *arena, const struct session_ref *session,
	    const char *const *connection_ids, size_t count, int64_t *bytes, struct error *error);

	/* Tells the signalling gate in front of the server: `path` is that of its control socket,
	 * `body` JSON. Within `limit` microseconds. Success when no gate is configured. NULL
	 * without FEATURE_GATE. */
	bool (*gate_tell)(void *state, struct arena *arena, const struct media_server *server,
	    const char *path, const char *body, int64_t limit, struct error *error);

	/* Lists the devices on the server now, and the connections of those that are not in
	 * `known`, which is sorted. NULL: the provider has no such list. */
	bool (*participants)(void *state, struct arena *arena, const struct media_server *server,
	    const char *const *known, size_t known_count, struct participants *participants,
	    struct error *error);

	/* Lists all rooms on the server now. NULL: the provider has no such list. */
	bool (*rooms)(void *state, struct arena *arena, const struct media_server *server,
	    struct room **rooms, size_t *count, struct error *error);

	/* Checks the provider's proof (else ERROR_UNAUTHENTICATED), and reads the events: somebody
	 * joined or left, a room ended, a server started or stopped. ERROR_MALFORMED for a body
	 * that cannot be read; a single event that cannot be read becomes EVENT_MALFORMED, and the
	 * others are read. Each event has its server's own name. */
	bool (*webhook_read)(void *state, struct arena *arena, const struct webhook *request,
	    struct events *events, struct error *error);
};

extern const struct provider provider_janus;

/* Finds the provider of this name; NULL: there is none. */
const struct provider *provider_find(const char *name);

/* Has the provider this feature (FEATURE_…)? If not, sets ERROR_MALFORMED with the code
 * NOT_SUPPORTED; `what` completes the sentence "The provider of this service's media cannot …". */
bool provider_can(
    const struct provider *provider, unsigned feature, const char *what, struct error *error);

#endif
