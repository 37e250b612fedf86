/* Whose connection it is: read from a join token, and what Janus is told of it. */
#include "gate/identity.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "auth/join_token.h"
#include "base/clock.h"
#include "provider/janus_token.h"

enum {
	NONCE_SIZE = 12, /* bytes, of AES-GCM */
	TAG_SIZE = 16,
	SEALED_SIZE = NONCE_SIZE + sizeof(int64_t) + TAG_SIZE,
};

/* How long Janus' tokens live beyond the join token: the gate ends a connection in time itself, and
 * keeps it when the service cannot be asked. */
#define CORE_TOKEN_MORE DAY

static char *copy(const char *text)
{
	char *made = text == NULL ? NULL : strdup(text);

	if (text != NULL && made == NULL)
		abort();
	return made;
}

bool identity_read(
    const struct gate *gate, const char *token, struct identity *identity, struct refusal *refusal)
{
	struct join_token claims;
	struct error error = {0};

	*identity = (struct identity){0};
	if (!join_token_verify(&gate->join_key, gate->arena, token, clock_now(), &claims, &error)) {
		refuse(refusal, REFUSED_IDENTITY, "%.150s", error.message);
		error_clear(&error);
		return false;
	}
	*identity = (struct identity){.room = copy(claims.meeting),
	    .attendee = copy(claims.attendee),
	    .participant = copy(claims.participant),
	    .name = copy(claims.name),
	    .tenant = copy(claims.tenant),
	    .token = copy(token),
	    .role = claims.role,
	    .is_open = strcmp(claims.access, "open") == 0,
	    .expiry = claims.expiry,
	    .room_expiry = claims.room_expiry};
	return true;
}

void identity_clear(struct identity *identity)
{
	free(identity->room);
	free(identity->attendee);
	free(identity->participant);
	free(identity->name);
	free(identity->tenant);
	free(identity->token);
	free(identity->core_token);
	*identity = (struct identity){0};
}

bool identity_same(const struct identity *a, const struct identity *b)
{
	return strcmp(a->room, b->room) == 0 && strcmp(a->participant, b->participant) == 0 &&
	       strcmp(a->attendee, b->attendee) == 0;
}

const char *identity_core_token(const struct gate *gate, struct identity *identity)
{
	int64_t now = clock_now();
	struct janus_identity core = {.room = identity->room,
	    .attendee = identity->attendee,
	    .role = identity->role,
	    .tenant = identity->tenant};

	if (identity->core_token != NULL && identity->core_expiry - now > HOUR)
		return identity->core_token;
	core.expiry = (identity->expiry > now ? identity->expiry : now) + CORE_TOKEN_MORE;
	free(identity->core_token);
	identity->core_expiry = core.expiry;
	identity->core_token =
	    copy(identity->is_echo
		     ? janus_echo_token(gate->arena, gate->config->janus_token_secret, core.expiry)
		     : janus_core_token(gate->arena, gate->config->janus_token_secret, &core));
	return identity->core_token;
}

const char *identity_room_token(const struct gate *gate, const struct identity *identity)
{
	const struct janus_identity of_room = {.expiry = identity->room_expiry,
	    .room = identity->room,
	    .attendee = identity->attendee,
	    .role = identity->role};

	return janus_room_token(gate->arena, gate->config->janus_token_secret, &of_room);
}

/* Binds a ticket to the participant: with another one it does not open. */
static bool cipher_start(EVP_CIPHER_CTX *cipher, const struct gate *gate,
    const struct identity *identity, const unsigned char *nonce, int seals)
{
	const char *bound =
	    arena_printf(gate->arena, "%s\n%s", identity->room, identity->participant);
	int len;

	return EVP_CipherInit_ex(cipher, EVP_aes_256_gcm(), NULL, gate->ticket_key, nonce, seals) ==
		   1 &&
	       EVP_CipherUpdate(
		   cipher, NULL, &len, (const unsigned char *)bound, (int)strlen(bound)) == 1;
}

const char *ticket_seal(const struct gate *gate, const struct identity *identity, int64_t session)
{
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	unsigned char sealed[SEALED_SIZE];
	int len;

	random_bytes(sealed, NONCE_SIZE);
	if (cipher == NULL || !cipher_start(cipher, gate, identity, sealed, 1) ||
	    EVP_CipherUpdate(cipher, sealed + NONCE_SIZE, &len, (const unsigned char *)&session,
		sizeof session) != 1 ||
	    EVP_CipherFinal_ex(cipher, sealed + NONCE_SIZE + sizeof session, &len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(
		cipher, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, sealed + NONCE_SIZE + sizeof session) != 1)
		abort();
	EVP_CIPHER_CTX_free(cipher);
	return base64url_encode(gate->arena, sealed, sizeof sealed);
}

int64_t ticket_open(const struct gate *gate, const struct identity *identity, const char *ticket)
{
	EVP_CIPHER_CTX *cipher;
	int64_t session = 0;
	unsigned char *sealed;
	size_t sealed_len;
	int len;

	sealed = base64url_decode(gate->arena, ticket, strlen(ticket), &sealed_len);
	if (sealed == NULL || sealed_len != SEALED_SIZE)
		return 0;
	cipher = EVP_CIPHER_CTX_new();
	if (cipher == NULL)
		abort();
	if (!cipher_start(cipher, gate, identity, sealed, 0) ||
	    EVP_CipherUpdate(cipher, (unsigned char *)&session, &len, sealed + NONCE_SIZE,
		sizeof session) != 1 ||
	    EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG_SIZE,
		sealed + NONCE_SIZE + sizeof session) != 1 ||
	    EVP_CipherFinal_ex(cipher, (unsigned char *)&session + sizeof session, &len) != 1)
		session = 0;
	EVP_CIPHER_CTX_free(cipher);
	return session;
}
