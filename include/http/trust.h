/* Whose certificates are believed. For those who speak to servers through libcurl.
 *
 * registry.ca_cert stands instead of the system's authorities for the registry itself, and beside
 * them for the places that it redirects to, which seldom are of the same make. */
#ifndef HTTP_TRUST_H
#define HTTP_TRUST_H

#include "util/buf.h"
#include "util/err.h"

#include <curl/curl.h>
#include <stdbool.h>

/* -1 (ERR_USAGE) when PATH cannot be read or holds no certificate. */
int trust_check(const char *path, struct err *err) __attribute__((warn_unused_result));
/* Fills BOTH with the certificates in PATH and the system's. */
void trust_join(const char *path, struct buf *both);
/* Makes EASY believe those in PATH (NULL: the system's), or, when BOTH is not NULL, those in BOTH,
 * which is borrowed as long as EASY. */
void trust_set(CURL *easy, const char *path, const struct buf *both);

#endif
