/* Signed tokens (JWS, RFC 7515) in their compact form. libjose does the work.
 *
 * Not libjwt: its versions 1.x refuse a `typ` other than JWT (RFC 9068 has at+jwt), and accept an
 * HS256 token signed with the text of a public key. A key of libjose names its algorithm and
 * accepts no other.
 *
 * libjose uses jansson, which has functions json_object_get() and json_object_iter_next() as json-c
 * does. So files that use libjose do not call these two, and do not include json-c. */
#include "auth/jws.h"

#include <jose/b64.h>
#include <jose/jws.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

bool jws_verify(const struct key *key, const char *token)
{
	const char *payload = strchr(token, '.') + 1;
	const char *signature = strchr(payload, '.') + 1;
	json_t *jws =
	    json_pack("{s:s%,s:s%,s:s}", "protected", token, (size_t)(payload - token) - 1,
		"payload", payload, (size_t)(signature - payload) - 1, "signature", signature);
	bool good = jws != NULL && jose_jws_ver(NULL, jws, NULL, key->jwk, false);

	json_decref(jws);
	/* Remove OpenSSL's message about the signature: the next caller must not find it in the
	 * queue. */
	if (!good)
		ERR_clear_error();
	return good;
}

const char *jws_sign(const struct key *key, struct arena *arena, const char *payload)
{
	json_t *jws = json_pack("{s:o}", "payload", jose_b64_enc(payload, strlen(payload)));
	json_t *header = json_pack("{s:{s:s,s:s}}", "protected", "alg", "HS256", "typ", "JWT");
	const char *first, *second, *third, *token;

	/* This fails only when there is no memory. */
	if (jws == NULL || header == NULL || !jose_jws_sig(NULL, jws, header, key->jwk) ||
	    json_unpack(jws, "{s:s,s:s,s:s}", "protected", &first, "payload", &second, "signature",
		&third) != 0)
		abort();
	token = arena_printf(arena, "%s.%s.%s", first, second, third);
	json_decref(header);
	json_decref(jws);
	return token;
}
