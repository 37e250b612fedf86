/* What a provider of media does for Confab: one struct of functions, one constant for each
 * provider.
 *
 * A new provider is a file with a `const struct provider` in it and a line in provider.c. Functions
 * return false with an error of one of three classes: ERROR_MALFORMED (bad input), ERROR_PROVIDER
 * (the provider refused) or ERROR_UNAVAILABLE (it is out of reach). Text that goes out lies in the
 * caller's arena. A provider never touches the store. */
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

/* What a new session must be able to do. */
struct session_wish {
	bool recording;
	bool end_to_end_encryption;
};

/* What a join token is asked for. */
struct token_wish {
	const struct meeting *meeting;
	const char *attendee;
	enum role role;
	int64_t expiry; /* microseconds */
};

/* Who is to be let in. */
struct grant_wish {
	const struct meeting *meeting;
	const struct grant *grant;
	/* Gives all who may send (and are not banned) in the meeting. Called when the room has to
	 * be made (again), and once more after it: somebody may have been removed meanwhile. */
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
	/* The value of a header by its name ("Authorization"), NULL when it is not there. */
	const char *(*header)(const void *context, const char *name);
	const void *context; /* for header() */
	const char *url;     /* the public one that it came to: some providers sign it */
	const char *body;    /* as it came */
	size_t body_len;
};

/* Somebody's connection as the provider sees it now. */
struct presence {
	const char *session_id; /* of the meeting */
	struct connection connection;
	bool outside; /* connected, but not in the meeting: no attendance */
};

/* Who is connected to a media server now. */
struct participants {
	const char *const *alive; /* all devices */
	size_t alive_count;
	struct presence *present; /* the connections of devices that were not known */
	size_t present_count;
};

/* A room as it is at the provider now. */
struct room {
	const char *session_id;
	const char *recording_id; /* the archive that it is recorded into; NULL: it is not */
};

/* The provider's own program, as an operator looks at it. */
enum software_state {
	SOFTWARE_OK,
	SOFTWARE_OUTDATED,    /* has known holes */
	SOFTWARE_NOT_UPDATED, /* nobody has looked for a newer one for long */
};
struct software {
	enum software_state state;
	const char *text;        /* name, version, and what is wrong, in one line */
	const char *server_name; /* how the server calls itself in its events; NULL: not at all */
};

/* What a provider may be able to do. */
enum {
	FEATURE_MUTE = 1,
	FEATURE_RECORDING = 2,
	FEATURE_END_TO_END_ENCRYPTION = 4,
	FEATURE_GATE = 8, /* the signalling gate stands in front of it */
};

/* In all functions: `state` is what open() has made. `arena` takes what the function gives.
 * `server` is a media server, and `session` a session on one. `error` says why false was given. */
struct provider {
	const char *name;
	unsigned features;      /* FEATURE_…, together; see provider_can() */
	int64_t token_life_max; /* microseconds: the longest life of a join token */

	/* Checks the settings and makes the state that the other functions get (one for a process,
	 * never shared between threads). The error names the setting. */
	bool (*open)(const struct config *config, void **state, struct error *error);
	void (*close)(void *state);

	/* Does the server answer within `timeout` microseconds? */
	bool (*ping)(void *state, struct arena *arena, const struct media_server *server,
	    int64_t timeout, struct error *error);

	/* Which program is the server, and should it be replaced? Within `timeout` microseconds.
	 * NULL where that is not the operator's affair. */
	bool (*software)(void *state, struct arena *arena, const struct media_server *server,
	    int64_t timeout, struct software *software, struct error *error);

	/* Makes what a new meeting needs before it is placed on a server, and gives its session id:
	 * at most SESSION_ID_MAX bytes, unguessable. */
	bool (*session_create)(void *state, struct arena *arena, const struct session_wish *wish,
	    const char **session_id, struct error *error);

	/* Lets a person in with a role: after it a token of token_mint() works. NULL where tokens
	 * alone decide. */
	bool (*grant)(void *state, struct arena *arena, const struct session_ref *session,
	    const struct grant_wish *wish, struct error *error);

	/* Takes back what grant() gave these people, whatever their role: a token that they have
	 * lets them send no more. Those who are connected stay so (device_remove()). A session or
	 * a person that is not there is success. NULL where tokens alone decide. */
	bool (*revoke)(void *state, struct arena *arena, const struct session_ref *session,
	    const struct meeting *meeting, const char *const *attendees, size_t count,
	    struct error *error);

	/* Mints a token offline. Writes "token" and what else the provider's client needs as
	 * members of the object that is open in `answer`. Where a signalling gate stands in front
	 * of the provider, it writes no token, and says in `pass` what the gate's token must hold.
	 */
	bool (*token_mint)(void *state, struct arena *arena, const struct session_ref *session,
	    const struct token_wish *wish, struct json_writer *answer, struct gate_pass *pass,
	    struct error *error);

	/* The text that all of this person's participant ids in the session begin with. NULL where
	 * ids do not tell who somebody is. */
	const char *(*participant_prefix)(
	    void *state, struct arena *arena, const char *session_id, const char *attendee);

	/* Ends the session: its room, and the connections of everybody in it and of `devices`
	 * (device ids that the store knows to be in it). A session that is not there is success. */
	bool (*session_end)(void *state, struct arena *arena, const struct session_ref *session,
	    const char *const *devices, size_t device_count, struct error *error);

	/* Ends all connections of a device. One that is not there is success. */
	bool (*device_remove)(void *state, struct arena *arena, const struct media_server *server,
	    const char *device, struct error *error);

	/* Mutes or unmutes all that can be heard of these connections (ids that the store knows to
	 * be open in the session): nobody hears them until they are unmuted here. `*there` says
	 * whether any of them is still there. FEATURE_MUTE. */
	bool (*attendee_mute)(void *state, struct arena *arena, const struct session_ref *session,
	    const char *const *connection_ids, size_t count, bool muted, bool *there,
	    struct error *error);

	/* Records the session into this archive from now on, or no more (NULL). A session that is
	 * not there is success: made again, it is recorded as its meeting says. The archive's id is
	 * the service's own, and the call states what should be, so that whoever repeats it does no
	 * harm. FEATURE_RECORDING. */
	bool (*recording_set)(void *state, struct arena *arena, const struct session_ref *session,
	    const char *archive_id, struct error *error);

	/* Tells the signalling gate in front of the server: `path` is that of its control socket,
	 * `body` JSON. Within `limit` microseconds. Success when no gate is configured. NULL
	 * without FEATURE_GATE. */
	bool (*gate_tell)(void *state, struct arena *arena, const struct media_server *server,
	    const char *path, const char *body, int64_t limit, struct error *error);

	/* Who is connected to the server now, in a meeting or outside. `known` are device ids whose
	 * connections need not be looked up: only whether they are still there. NULL where the
	 * provider cannot say. */
	bool (*participants)(void *state, struct arena *arena, const struct media_server *server,
	    const char *const *known, size_t known_count, struct participants *participants,
	    struct error *error);

	/* All rooms that are on the server now. NULL where the provider cannot say. */
	bool (*rooms)(void *state, struct arena *arena, const struct media_server *server,
	    struct room **rooms, size_t *count, struct error *error);

	/* Proves that the request is the provider's (else ERROR_UNAUTHENTICATED) and reads its
	 * events: somebody joined or left, a room ended, a server started or stopped.
	 * ERROR_MALFORMED for a body that is none; an event of it that cannot be read is an
	 * EVENT_MALFORMED, and the others are read. Each event names its server as that calls
	 * itself. */
	bool (*webhook_read)(void *state, struct arena *arena, const struct webhook *request,
	    struct events *events, struct error *error);
};

extern const struct provider provider_janus;

/* The provider of that name, or NULL. */
const struct provider *provider_find(const char *name);

/* Has the provider this FEATURE_…? If not, ERROR_MALFORMED with the code NOT_SUPPORTED; `what`
 * completes the sentence "The provider of this service's media cannot …". */
bool provider_can(
    const struct provider *provider, unsigned feature, const char *what, struct error *error);

#endif
