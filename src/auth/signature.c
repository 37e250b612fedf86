/* Signatures of JWTs (RFC 7515): HS256, RS256 and ES256. The work is OpenSSL's. */
#include "auth/signature.h"

#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"

enum {
	P256_NUMBER = 32,    /* bytes of each of an ES256 signature's two numbers */
	P256_SIGNATURE = 64, /* of both */
};

static bool hmac_verify(const struct key *key, const char *input, size_t input_len,
    const unsigned char *signature, size_t signature_len)
{
	unsigned char digest[SHA256_SIZE];

	hmac_sha256(key->secret, key->secret_len, input, input_len, digest);
	return signature_len == sizeof digest &&
	       CRYPTO_memcmp(signature, digest, sizeof digest) == 0;
}

static bool public_key_verify(const struct key *key, const char *input, size_t input_len,
    const unsigned char *signature, size_t signature_len)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context != NULL &&
		    EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key->public_key) == 1 &&
		    EVP_DigestVerify(context, signature, signature_len,
			(const unsigned char *)input, input_len) == 1;

	EVP_MD_CTX_free(context);
	return good;
}

/* A JWT has the two numbers one after the other; OpenSSL takes them in DER. */
static bool es256_verify(const struct key *key, const char *input, size_t input_len,
    const unsigned char *signature, size_t signature_len)
{
	ECDSA_SIG *numbers = ECDSA_SIG_new();
	unsigned char *der = NULL;
	BIGNUM *r, *s;
	int der_len;
	bool good = false;

	if (signature_len == P256_SIGNATURE) {
		r = BN_bin2bn(signature, P256_NUMBER, NULL);
		s = BN_bin2bn(signature + P256_NUMBER, P256_NUMBER, NULL);
		if (numbers == NULL || ECDSA_SIG_set0(numbers, r, s) != 1)
			abort(); /* out of memory */
		der_len = i2d_ECDSA_SIG(numbers, &der);
		good =
		    der_len > 0 && public_key_verify(key, input, input_len, der, (size_t)der_len);
	}
	OPENSSL_free(der);
	ECDSA_SIG_free(numbers);
	return good;
}

bool signature_verify(const struct key *key, const char *input, size_t input_len,
    const unsigned char *signature, size_t signature_len)
{
	bool good = false;

	switch (key->algorithm) {
	case KEY_HS256:
		return hmac_verify(key, input, input_len, signature, signature_len);
	case KEY_RS256:
		good = public_key_verify(key, input, input_len, signature, signature_len);
		break;
	case KEY_ES256:
		good = es256_verify(key, input, input_len, signature, signature_len);
		break;
	}
	/* What OpenSSL says of a bad signature must not meet the next user of its error queue. */
	if (!good)
		ERR_clear_error();
	return good;
}

const char *signature_make(const struct key *key, struct arena *arena, const char *input)
{
	unsigned char digest[SHA256_SIZE];

	hmac_sha256(key->secret, key->secret_len, input, strlen(input), digest);
	return base64url_encode(arena, digest, sizeof digest);
}
