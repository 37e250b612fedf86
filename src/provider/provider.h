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

/* What a join token is asked for. */
struct token_wish {
	const struct meeting *meeting;
	const char *attendee;
	enum role role;
	int64_t expiry;
};

/* A webhook request, as far as a provider's proof and its body need it. Headers may be NULL. */
struct webhook {
	const char *authorization;
	const char *content_type;
	const char *body;
	size_t body_len;
};

/* Somebody's connection as the provider sees it now. */
struct presence {
	const char *session_id; /* of the meeting */
	struct connection connection;
	bool outside; /* connected, but not in the meeting: no attendance */
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
	const char *text; /* name, version, and what is wrong, in one line */
};

struct provider {
	const char *name;
	int64_t token_life_max; /* microseconds: the longest life of a join token */

	/* Checks the settings and makes the state that the other functions get (one for a process,
	 * never shared between threads). The error names the setting. */
	bool (*open)(const struct config *config, void **state, struct error *error);
	void (*close)(void *state);

	/* Is it there? For /health, within `timeout` microseconds. */
	bool (*ping)(void *state, struct arena *arena, int64_t timeout, struct error *error);

	/* Which program is it, and should it be replaced? Within `timeout` microseconds. NULL where
	 * that is not the operator's affair. */
	bool (*software)(void *state, struct arena *arena, int64_t timeout,
	    struct software *software, struct error *error);

	/* Makes what a new meeting needs at the provider and gives its session id, at most
	 * SESSION_ID_MAX bytes, unguessable. */
	bool (*session_create)(
	    void *state, struct arena *arena, const char **session_id, struct error *error);

	/* Has the provider let this person in with this role: after it a token from token_mint()
	 * works. NULL where tokens alone decide. `grants` gives all who may send (and are not
	 * banned) in the meeting, called when the room has to be made (again), and once more after
	 * it: somebody may have been put out meanwhile. */
	bool (*grant)(void *state, struct arena *arena, const struct meeting *meeting,
	    const struct grant *grant,
	    bool (*grants)(void *context, struct grant **list, size_t *count, struct error *error),
	    void *context, struct error *error);

	/* Takes back what grant() gave these people, whatever their role: a token that they have
	 * lets them send no more. Those who are connected stay so (device_remove()). A session or
	 * a person that is not there is success. NULL where tokens alone decide. */
	bool (*revoke)(void *state, struct arena *arena, const struct meeting *meeting,
	    const char *const *attendees, size_t count, struct error *error);

	/* Mutes or unmutes all that can be heard of these connections (ids that the store knows
	 * to be open in the session): nobody hears them until they are unmuted here. `*there` says
	 * whether any of them is still there. NULL where the provider cannot. */
	bool (*attendee_mute)(void *state, struct arena *arena, const char *session_id,
	    const char *const *connection_ids, size_t count, bool muted, bool *there,
	    struct error *error);

	/* Has the session recorded into this archive from now on, or no more (NULL). A session that
	 * is not there is success: made again, it is recorded as its meeting says. NULL where the
	 * provider cannot. */
	bool (*recording_set)(void *state, struct arena *arena, const char *session_id,
	    const char *archive_id, struct error *error);

	/* Mints a token offline. Writes "token" and what else the provider's client needs as
	 * members of the object that is open in `answer`. */
	bool (*token_mint)(void *state, struct arena *arena, const struct token_wish *wish,
	    struct json_writer *answer, struct error *error);

	/* The text that all of this person's participant ids in the session begin with. NULL where
	 * ids do not tell who somebody is. */
	const char *(*participant_prefix)(
	    void *state, struct arena *arena, const char *session_id, const char *attendee);

	/* Ends the session: the room goes and everybody in it, `devices` (device ids that the store
	 * knows to be in it) too. A session that is not there is success. */
	bool (*session_end)(void *state, struct arena *arena, const char *session_id,
	    const char *const *devices, size_t device_count, struct error *error);

	/* Puts a device out (all its connections). One that is not there is success. */
	bool (*device_remove)(
	    void *state, struct arena *arena, const char *device, struct error *error);

	/* Is this request really from the provider? ERROR_UNAUTHENTICATED if not. */
	bool (*webhook_verify)(void *state, const struct webhook *webhook, struct error *error);

	/* Reads its events. ERROR_MALFORMED for a body that is none; an event of it that cannot be
	 * read is an EVENT_MALFORMED, and the others are read. */
	bool (*webhook_parse)(void *state, struct arena *arena, const struct webhook *webhook,
	    struct events *events, struct error *error);

	/* Who is connected now, in a meeting or outside. `known` are device ids whose connections
	 * need not be looked up: only whether they are still there, which `*alive` lists. NULL
	 * where the provider cannot say. */
	bool (*participants)(void *state, struct arena *arena, const char *const *known,
	    size_t known_count, const char *const **alive, size_t *alive_count,
	    struct presence **present, size_t *present_count, struct error *error);

	/* All rooms that are there now. NULL where the provider cannot say. */
	bool (*rooms)(void *state, struct arena *arena, struct room **rooms, size_t *count,
	    struct error *error);
};

extern const struct provider provider_janus;

/* The provider of that name, or NULL. */
const struct provider *provider_find(const char *name);

#endif
