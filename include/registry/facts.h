/* What is known of the server, by questions that change nothing. */
#ifndef REGISTRY_FACTS_H
#define REGISTRY_FACTS_H

#include "registry/api.h"
#include "util/err.h"

#include <stdbool.h>
#include <stdint.h>

struct http;

enum tag_delete {
	TAG_DELETE_NO,  /* distribution 2.x: only whole manifests can be deleted */
	TAG_DELETE_YES, /* 3.x */
};

struct facts {
	char version[64];             /* "2.8.2+ds1", or "" when the program could not be asked */
	unsigned major, minor, patch; /* of it; only MAJOR may be known without it; 0 otherwise */
	enum tag_delete tag_delete;
	bool tag_delete_proved; /* probed, not assumed from the version */
	int64_t date;           /* its clock at the first answer (Date header), or -1 */
	int64_t date_at;        /* our clock then; seconds since 1970, both */
	bool login_refused;     /* GET /v2/ answered 401 or 403 */
};

/* GET /v2/: -1 with ERR_UNREACHABLE when it cannot be reached, refuses the credentials, or is no v2
 * API; ERR_STOPPED after a signal. Sets MAJOR from the form of the answer (2.x and 3.x spell their
 * Content-Type differently, registry notes section 2), TAG_DELETE from that, and DATE. */
int facts_ping(struct api *api, struct http *http, struct facts *facts, struct err *err)
	__attribute__((warn_unused_result));

/* Asks `EXEC… PROGRAM --version`; EXEC is a NULL-terminated argv prefix. Sets VERSION and its
 * parts, and TAG_DELETE from them. What cannot be asked stays as it is; WHY (ERR_IO) then says why.
 */
int facts_ask_version(const char *const *exec, const char *program, struct facts *facts,
		      struct err *why) __attribute__((warn_unused_result));

/* Reads the output of --version, "registry github.com/docker/distribution 2.8.2+ds1". False when it
 * is something else. */
bool facts_parse_version(const char *output, struct facts *facts);

/* Whether lists of tags may leave some out on S3 (registry/api.h): 3.1.x does, as far as versions
 * are known; where the program could not be asked, anything but a 2.x may be one. */
enum api_hiding facts_hiding(const struct facts *facts);
/* Whether repositories may be listed in the order of an object storage's keys: 3.x does. */
bool facts_lists_by_keys(const struct facts *facts);

/* 3.0.0 to 3.1.0 delete tags although deletion is disabled (CVE-2026-41888). */
bool facts_ignores_disabled_deletion(const struct facts *facts);

#endif
