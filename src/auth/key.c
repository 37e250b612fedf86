/* The keys that sign and verify bearer tokens, made from the settings. */
#include "auth/key.h"

#include <errno.h>
#include <jose/b64.h>
#include <jose/openssl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/join_token.h"

enum {
	SECRET_MIN = 32,     /* bytes of JWT_SECRET (RFC 7518, section 3.2) */
	RSA_BITS_MIN = 2048, /* RFC 7518, section 3.3 */
	KEY_FILE_MAX = 16 * 1024,
};

/* Adds NULs to a short secret: libjose refuses a key that is shorter than the digest. The signature
 * stays the same, because HMAC itself fills a key with NULs up to its block size. */
static void secret_take(struct key *key, const char *secret)
{
	size_t len = strlen(secret);
	size_t padded_len = len < SECRET_MIN ? SECRET_MIN : len;
	char *padded = calloc(1, padded_len);

	if (padded == NULL)
		abort();
	memcpy(padded, secret, len);
	key->algorithm = "HS256";
	key->jwk = json_pack("{s:s,s:s,s:o}", "kty", "oct", "alg", key->algorithm, "k",
	    jose_b64_enc(padded, padded_len));
	OPENSSL_cleanse(padded, padded_len);
	free(padded);
	if (key->jwk == NULL)
		abort();
}

static void issuer_copy(struct key *key, const char *issuer)
{
	key->issuer = strdup(issuer);
	if (key->issuer == NULL)
		abort();
}

void key_clear(struct key *key)
{
	json_decref(key->jwk);
	free(key->issuer);
}

static bool secret_load(const struct config *config, struct key *key, struct error *error)
{
	if (strlen(config->jwt_secret) < SECRET_MIN && !config->jwt_allow_short_secret)
		return error_set(error, ERROR_INTERNAL,
		    "JWT_SECRET: must be at least %d bytes (or set JWT_ALLOW_SHORT_SECRET=yes)",
		    SECRET_MIN);
	secret_take(key, config->jwt_secret);
	return true;
}

/* The algorithm of the key: RS256 for RSA, ES256 for P-256. */
static bool algorithm_find(const EVP_PKEY *public_key, const char **algorithm, struct error *error)
{
	char group[32] = "";

	if (EVP_PKEY_get_base_id(public_key) == EVP_PKEY_RSA) {
		*algorithm = "RS256";
		if (EVP_PKEY_get_bits(public_key) >= RSA_BITS_MIN)
			return true;
		return error_set(error, ERROR_INTERNAL,
		    "JWT_PUBLIC_KEY_FILE: the RSA key has less than %d bits", RSA_BITS_MIN);
	}
	*algorithm = "ES256";
	if (EVP_PKEY_get_base_id(public_key) == EVP_PKEY_EC &&
	    EVP_PKEY_get_group_name(public_key, group, sizeof group, NULL) == 1 &&
	    strcmp(group, "prime256v1") == 0)
		return true;
	return error_set(
	    error, ERROR_INTERNAL, "JWT_PUBLIC_KEY_FILE: the key must be RSA or ECDSA P-256");
}

static bool public_key_take(EVP_PKEY *public_key, struct key *key, struct error *error)
{
	if (!algorithm_find(public_key, &key->algorithm, error))
		return false;
	key->jwk = jose_openssl_jwk_from_EVP_PKEY(NULL, public_key);
	return (key->jwk != NULL &&
		   json_object_set_new(key->jwk, "alg", json_string(key->algorithm)) == 0) ||
	       error_set(error, ERROR_INTERNAL, "JWT_PUBLIC_KEY_FILE: the key cannot be used");
}

static bool public_key_load(const struct config *config, struct key *key, struct error *error)
{
	static const char private_key[] = "PRIVATE KEY-----";
	const char *name = config->jwt_public_key_file;
	FILE *file = fopen(name, "re");
	char text[KEY_FILE_MAX];
	EVP_PKEY *public_key;
	size_t len;
	bool good;

	if (file == NULL)
		return error_set(error, ERROR_INTERNAL, "JWT_PUBLIC_KEY_FILE: cannot read %s: %s",
		    name, strerror(errno));
	len = fread(text, 1, sizeof text, file);
	rewind(file);
	public_key = PEM_read_PUBKEY(file, NULL, NULL, NULL);
	fclose(file);
	ERR_clear_error();
	if (memmem(text, len, private_key, sizeof private_key - 1) != NULL)
		good = error_set(error, ERROR_INTERNAL,
		    "JWT_PUBLIC_KEY_FILE: %s holds a private key; give the public one alone", name);
	else if (public_key == NULL || len == sizeof text)
		good = error_set(error, ERROR_INTERNAL,
		    "JWT_PUBLIC_KEY_FILE: %s holds no public key in PEM form", name);
	else
		good = public_key_take(public_key, key, error);
	EVP_PKEY_free(public_key);
	return good;
}

bool key_load_api(const struct config *config, struct key *key, struct error *error)
{
	bool secret = *config->jwt_secret != '\0';
	bool file = *config->jwt_public_key_file != '\0';

	if (secret == file)
		return error_set(error, ERROR_INTERNAL, "JWT_SECRET: %s",
		    secret ? "give it or JWT_PUBLIC_KEY_FILE, not both"
			   : "is missing (or JWT_PUBLIC_KEY_FILE)");
	if (*config->jwt_issuer == '\0')
		return error_set(error, ERROR_INTERNAL, "JWT_ISSUER: is missing");
	if (strcmp(config->jwt_issuer, INVITE_ISSUER) == 0 ||
	    strcmp(config->jwt_issuer, JOIN_ISSUER) == 0)
		return error_set(error, ERROR_INTERNAL,
		    "JWT_ISSUER: %s is the issuer of the service's own invites or join tokens",
		    config->jwt_issuer);
	issuer_copy(key, config->jwt_issuer);
	key->require_exp = config->jwt_require_exp;
	return secret ? secret_load(config, key, error) : public_key_load(config, key, error);
}

void key_load_secret(const char *secret, const char *issuer, struct key *key)
{
	key->require_exp = true;
	secret_take(key, secret);
	issuer_copy(key, issuer);
}

void key_load_invites(const struct config *config, struct key *key)
{
	key_load_secret(config->service_secret, INVITE_ISSUER, key);
}
