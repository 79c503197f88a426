/* Reads the YAML of the registry's configuration, with libyaml, as distribution's own parser would.
 */
#ifndef REGISTRY_SERVER_YAML_H
#define REGISTRY_SERVER_YAML_H

#include "registry/server_config.h"

#include <stdbool.h>

/* Where in the configuration a node is. */
enum server_place {
	PLACE_ELSEWHERE,
	PLACE_ROOT,
	PLACE_STORAGE,
	PLACE_CACHE,
	PLACE_CACHE_VALUE, /* anything below storage.cache */
	PLACE_FILESYSTEM,
	PLACE_ROOT_DIRECTORY,
	PLACE_PROXY,
	PLACE_REMOTE_URL,
	PLACE_VALIDATION,
	PLACE_VALIDATION_DISABLED,
	PLACE_VALIDATION_MANIFESTS,
	PLACE_VALIDATION_INDEXES,
	PLACE_VALIDATION_PLATFORMS, /* validation.manifests.indexes.platforms */
	PLACE_DELETE,
	PLACE_DELETE_ENABLED,
	PLACE_MAINTENANCE,
	PLACE_READONLY,
	PLACE_READONLY_ENABLED, /* storage.maintenance.readonly.enabled */
	PLACE_HTTP,
	PLACE_HTTP_ADDR,
	PLACE_HTTP_NET,
	PLACE_HTTP_PREFIX,
	PLACE_HTTP_TLS,
	PLACE_TLS_SOURCE,  /* http.tls.certificate, or http.tls.letsencrypt.cachefile */
	PLACE_LETSENCRYPT, /* http.tls.letsencrypt */
	PLACE_AUTH,
};

/* A value where the registry wants true or false. */
enum server_flag { FLAG_ABSENT, FLAG_FALSE, FLAG_TRUE, FLAG_ODD };

struct server_findings {
	unsigned seen; /* a bit for each place that was mentioned */
	bool root;     /* it is a mapping */
	bool storage;  /* it has a storage that is not null */
	bool cached;   /* something in storage.cache is not null */
	bool redis;    /* something in storage.cache is "redis" */
	bool remote;   /* proxy.remoteurl is not empty */
	bool sparse;   /* the platforms that indexes must have are other ones than "all" */
	enum server_flag deletes;  /* storage.delete.enabled */
	enum server_flag readonly; /* storage.maintenance.readonly.enabled */
	/* storage.filesystem.rootdirectory; "" when it is not given, or too long. */
	char root_directory[SERVER_ROOT];
	/* What storage has beside its settings (maintenance, cache, delete, redirect, tag); "" when
	 * there is none, more than one, or a name that is too long. */
	char driver[SERVER_DRIVER];
	unsigned drivers;
	bool http;     /* it has an http that is not null */
	bool tls;      /* http.tls names a certificate, or where one is got */
	bool net_unix; /* http.net is another one than "tcp" */
	/* http.addr and http.prefix; "" when they are not given, or too long. */
	char addr[SERVER_ADDR], prefix[SERVER_ADDR];
	/* What auth has: htpasswd, token; "" when nothing, more than one, or too long. */
	char auth[SERVER_DRIVER];
	unsigned auths;
};

/* Reads TEXT, which is what stands at PLACE: PLACE_ROOT for a whole file, another one for the value
 * of a variable. False when something in it was not understood, or is one of what can
 * change what stands elsewhere (anchors, tags, merge keys, two documents, a key twice): FOUND says
 * nothing then. */
bool server_yaml_read(const char *text, enum server_place place, struct server_findings *found);

#endif
