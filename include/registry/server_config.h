/* The little that must be known of the registry's own configuration (paths.config, YAML). */
#ifndef REGISTRY_SERVER_CONFIG_H
#define REGISTRY_SERVER_CONFIG_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>

#define SERVER_ROOT   1024
#define SERVER_DRIVER 32
#define SERVER_ADDR   256

enum config_says { CONFIG_UNKNOWN = 0, CONFIG_NO, CONFIG_YES };

struct server_config {
	enum config_says cache; /* storage.cache: blob descriptors are cached */
	/* With a cache: it is not in the registry's own memory alone, so that a restart does not
	 * empty it, as far as that is said anywhere. */
	bool cache_lasts;
	enum config_says proxy; /* proxy.remoteurl: it is a pull-through cache */
	/* storage.delete.enabled; absent is CONFIG_NO. CONFIG_NO never comes from a file of this
	 * host alone: the environment of what runs there is not known. */
	enum config_says deletes;
	enum config_says readonly; /* storage.maintenance.readonly.enabled; absent is CONFIG_NO */
	/* Indexes are taken without some of their parts (3.x:
	 * validation.manifests.indexes.platforms is not "all", its default, or validation is
	 * disabled). */
	enum config_says sparse;
	/* storage.filesystem.rootdirectory, without slashes at its end; "" when it is not known, or
	 * the storage is no file system. */
	char root[SERVER_ROOT];
	/* The storage driver, "filesystem" or "s3"; "" when it is not known, which it is not
	 * without the registry's environment. */
	char driver[SERVER_DRIVER];
	/* Where it listens, as HOST:PORT (":5000": on all addresses), and the path before /v2/,
	 * "" for none. Both are known only if LISTENS is CONFIG_YES: it is CONFIG_NO for a Unix
	 * socket. */
	enum config_says listens;
	char addr[SERVER_ADDR], prefix[SERVER_ADDR];
	enum config_says tls; /* it speaks TLS there */
	/* Whether it asks for a login, and the kind: "htpasswd", "token" …; "" when not known. */
	enum config_says login;
	char auth[SERVER_DRIVER];
};

/* True only when it is known that the storage is a file system. */
bool server_config_is_filesystem(const struct server_config *config);

/* True only when it is known that it is none, but s3, azure, gcs or the like. */
bool server_config_has_no_folder(const struct server_config *config);

/* Reads YAML text, and what the REGISTRY_* variables in ENVIRONMENT (lines NAME=value, "" when not
 * known) change: REGISTRY_STORAGE replaces all of storage, REGISTRY_STORAGE_CACHE… and
 * REGISTRY_PROXY_REMOTEURL set theirs, REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY and
 * REGISTRY_STORAGE_DELETE_ENABLED their own; other variables make what they are about unknown. A
 * variable for another driver than the one that is configured makes the driver unknown.
 * REGISTRY_HTTP_ADDR, _PREFIX, _TLS_CERTIFICATE and REGISTRY_AUTH set theirs. What is no
 * YAML, and what it does not follow (anchors, tags, several documents), is CONFIG_UNKNOWN, never a
 * guess. Pure. */
void server_config_parse(const char *yaml, size_t length, const char *environment,
			 struct server_config *out);

/* Reads PATH and the environment through EXEC (a NULL-terminated argv prefix; empty or NULL: this
 * host). -1 (ERR_IO) when that cannot be done; all is CONFIG_UNKNOWN then. */
int server_config_ask(const char *const *exec, const char *path, struct server_config *out,
		      struct err *err) __attribute__((warn_unused_result));

#endif
