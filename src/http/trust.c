/* Whose certificates are believed. */
#include "http/trust.h"

#include "util/file.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#define BUNDLE_LIMIT ((size_t)16 << 20) /* bytes */

static void need(CURLcode code)
{
	if (code != CURLE_OK)
		die_internal("libcurl refuses the certificates: %s", curl_easy_strerror(code));
}

int trust_check(const char *path, struct err *err)
{
	FILE *file = fopen(path, "re");
	X509 *certificate;

	if (!file)
		return err_set(err, ERR_USAGE, "%s: %s", path, strerror(errno));
	certificate = PEM_read_X509(file, NULL, NULL, NULL);
	(void)fclose(file);
	if (!certificate) {
		ERR_clear_error();
		return err_set(err, ERR_USAGE, "%s: holds no certificate in PEM form", path);
	}
	X509_free(certificate);
	return 0;
}

/* A bundle that cannot be read adds nothing. */
static void add_bundle(struct buf *both, const char *path)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };

	if (!path || file_read(AT_FDCWD, path, BUNDLE_LIMIT, &text, &err) < 0)
		return;
	buf_add(both, text.data, text.length);
	buf_text(both, "\n");
}

void trust_join(const char *path, struct buf *both)
{
	CURL *easy = curl_easy_init();
	char *system = NULL;

	if (!easy)
		die_internal("libcurl cannot start");
	(void)curl_easy_getinfo(easy, CURLINFO_CAINFO, &system);
	add_bundle(both, path);
	add_bundle(both, system);
	curl_easy_cleanup(easy);
}

void trust_set(CURL *easy, const char *path, const struct buf *both)
{
	struct curl_blob blob = { .flags = CURL_BLOB_NOCOPY };

	/* The system's folder would be believed beside PATH; and without it libcurl reads the
	 * system's bundle once for all connections only. */
	need(curl_easy_setopt(easy, CURLOPT_CAPATH, NULL));
	if (path)
		need(curl_easy_setopt(easy, CURLOPT_CAINFO, path));
	if (both) {
		blob.data = both->data;
		blob.len = both->length;
	}
	if (path)
		need(curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, both ? &blob : NULL));
}
