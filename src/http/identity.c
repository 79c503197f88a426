/* Looked at before anything is sent: what is wrong with a key, libcurl tells late and in riddles.
 */
#include "http/identity.h"

#include "util/xalloc.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* OpenSSL's pem_password_cb: asked for only where the key is encrypted. */
static int note_passphrase(char *text, int size, int writes, void *wanted)
{
	(void)text, (void)size, (void)writes;
	*(bool *)wanted = true;
	return -1;
}

static X509 *read_certificate(const char *path, struct err *err)
{
	FILE *file = fopen(path, "re");
	X509 *certificate;

	if (!file) {
		err_set(err, ERR_USAGE, "registry.client_cert: %s: %s", path, strerror(errno));
		return NULL;
	}
	certificate = PEM_read_X509(file, NULL, NULL, NULL);
	(void)fclose(file);
	if (!certificate)
		err_set(err, ERR_USAGE,
			"registry.client_cert: %s: holds no certificate in PEM form", path);
	return certificate;
}

static EVP_PKEY *read_key(const char *path, struct err *err)
{
	FILE *file = fopen(path, "re");
	bool encrypted = false;
	EVP_PKEY *key;

	if (!file) {
		err_set(err, ERR_USAGE, "registry.client_key: %s: %s", path, strerror(errno));
		return NULL;
	}
	key = PEM_read_PrivateKey(file, NULL, note_passphrase, &encrypted);
	(void)fclose(file);
	if (!key)
		err_set(err, ERR_USAGE, "registry.client_key: %s: %s", path,
			encrypted ? "it wants a passphrase, which nobody can give at night; write "
				    "it without one: openssl pkey -in FILE -out NEW"
				  : "holds no private key in PEM form");
	return key;
}

int identity_check(const char *cert, const char *key, struct err *err)
{
	X509 *certificate = read_certificate(cert, err);
	EVP_PKEY *secret = certificate ? read_key(key, err) : NULL;
	int result = secret ? 0 : -1;

	if (secret && X509_check_private_key(certificate, secret) != 1)
		result = err_set(err, ERR_USAGE,
				 "registry.client_key: %s: it is not the key of the certificate in "
				 "registry.client_cert, %s",
				 key, cert);
	ERR_clear_error();
	EVP_PKEY_free(secret);
	X509_free(certificate);
	return result;
}

void identity_set(CURL *easy, const char *cert, const char *key)
{
	/* A passphrase that is not asked for on the terminal. */
	if (curl_easy_setopt(easy, CURLOPT_SSLCERT, cert) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_SSLKEY, cert ? key : NULL) != CURLE_OK ||
	    curl_easy_setopt(easy, CURLOPT_KEYPASSWD, cert ? "" : NULL) != CURLE_OK)
		die_internal("libcurl refuses the client certificate");
}
