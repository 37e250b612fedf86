/* The keys that bearer tokens are signed and verified with, from the settings. */
#include "auth/key.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SECRET_MIN = 32,     /* bytes of JWT_SECRET (RFC 7518, section 3.2) */
	RSA_BITS_MIN = 2048, /* RFC 7518, section 3.3 */
	KEY_FILE_MAX = 16 * 1024,
};

static void secret_copy(struct key *key, const char *secret)
{
	key->algorithm = KEY_HS256;
	key->secret = strdup(secret);
	if (key->secret == NULL)
		abort();
	key->secret_len = strlen(secret);
}

static void issuer_copy(struct key *key, const char *issuer)
{
	key->issuer = strdup(issuer);
	if (key->issuer == NULL)
		abort();
}

void key_clear(struct key *key)
{
	free(key->secret);
	EVP_PKEY_free(key->public_key);
	free(key->issuer);
}

const char *key_algorithm_name(const struct key *key)
{
	switch (key->algorithm) {
	case KEY_RS256:
		return "RS256";
	case KEY_ES256:
		return "ES256";
	case KEY_HS256:
		break;
	}
	return "HS256";
}

static bool secret_load(const struct config *config, struct key *key, struct error *error)
{
	if (strlen(config->jwt_secret) < SECRET_MIN && !config->jwt_allow_short_secret)
		return error_set(error, ERROR_INTERNAL,
		    "JWT_SECRET: must be at least %d bytes (or set JWT_ALLOW_SHORT_SECRET=yes)",
		    SECRET_MIN);
	secret_copy(key, config->jwt_secret);
	return true;
}

/* The algorithm that goes with the key: RS256 for RSA, ES256 for P-256. */
static bool algorithm_find(struct key *key, struct error *error)
{
	const EVP_PKEY *public_key = key->public_key;
	char group[32] = "";

	if (EVP_PKEY_get_base_id(public_key) == EVP_PKEY_RSA) {
		key->algorithm = KEY_RS256;
		if (EVP_PKEY_get_bits(public_key) >= RSA_BITS_MIN)
			return true;
		return error_set(error, ERROR_INTERNAL,
		    "JWT_PUBLIC_KEY_FILE: the RSA key has less than %d bits", RSA_BITS_MIN);
	}
	key->algorithm = KEY_ES256;
	if (EVP_PKEY_get_base_id(public_key) == EVP_PKEY_EC &&
	    EVP_PKEY_get_group_name(public_key, group, sizeof group, NULL) == 1 &&
	    strcmp(group, "prime256v1") == 0)
		return true;
	return error_set(
	    error, ERROR_INTERNAL, "JWT_PUBLIC_KEY_FILE: the key must be RSA or ECDSA P-256");
}

static bool public_key_load(const struct config *config, struct key *key, struct error *error)
{
	static const char private_key[] = "PRIVATE KEY-----";
	const char *name = config->jwt_public_key_file;
	FILE *file = fopen(name, "re");
	char text[KEY_FILE_MAX];
	size_t len;

	if (file == NULL)
		return error_set(error, ERROR_INTERNAL, "JWT_PUBLIC_KEY_FILE: cannot read %s: %s",
		    name, strerror(errno));
	len = fread(text, 1, sizeof text, file);
	rewind(file);
	key->public_key = PEM_read_PUBKEY(file, NULL, NULL, NULL);
	fclose(file);
	ERR_clear_error();
	if (memmem(text, len, private_key, sizeof private_key - 1) != NULL)
		return error_set(error, ERROR_INTERNAL,
		    "JWT_PUBLIC_KEY_FILE: %s holds a private key; give the public one alone", name);
	if (key->public_key == NULL || len == sizeof text)
		return error_set(error, ERROR_INTERNAL,
		    "JWT_PUBLIC_KEY_FILE: %s holds no public key in PEM form", name);
	return algorithm_find(key, error);
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
	if (strcmp(config->jwt_issuer, INVITE_ISSUER) == 0)
		return error_set(error, ERROR_INTERNAL,
		    "JWT_ISSUER: " INVITE_ISSUER " is the issuer of the service's own invites");
	issuer_copy(key, config->jwt_issuer);
	key->require_exp = config->jwt_require_exp;
	return secret ? secret_load(config, key, error) : public_key_load(config, key, error);
}

void key_load_invites(const struct config *config, struct key *key)
{
	key->require_exp = true;
	secret_copy(key, config->service_secret);
	issuer_copy(key, INVITE_ISSUER);
}
