/* config.json as a struct. One table in config.c (path, type, range, default, secret or not,
 * offset) is what parsing, suggestions and the documentation check read. */
#ifndef CONFIG_H
#define CONFIG_H

#include "util/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct string_list {
	char **items; /* NULL-terminated, so that it can serve as an argv; NULL when count is 0 */
	size_t count;
};

enum source { SOURCE_AUTO, SOURCE_API, SOURCE_STORAGE };
enum age_from { AGE_CREATED, AGE_PUSHED, AGE_NEWEST };
enum unknown_age { UNKNOWN_KEEP, UNKNOWN_PUSHED };
enum gc_when { GC_DELETED, GC_ALWAYS, GC_NEVER };

struct config {
	struct {
		char *url;  /* normalised: no trailing slash, no credentials, no query */
		char *user; /* "" when none */
		char *password;
		char *container;         /* "" when none */
		struct string_list exec; /* {container} already replaced; may be empty */
		char *program;
		long timeout;
		long retry_seconds;
		long max_concurrent_requests;
		char *ca_cert; /* "" when none */
	} registry;
	struct {
		enum source source;
	} inventory;
	struct {
		long days_to_keep;
		enum age_from age_from;
		enum unknown_age unknown_age;
		struct string_list protected_tags;
		struct string_list protected_patterns;
		struct string_list protected_repositories;
	} cleanup;
	struct {
		char *config;
		char *storage;      /* "" when none */
		char *host_storage; /* "" when none */
		char *state;
	} paths;
	struct {
		enum gc_when when;
		struct string_list restart; /* {container} already replaced; may be empty */
		bool second_opinion;
		long quiet_minutes; /* 0: off */
		long quiet_wait_minutes;
	} gc;
	struct {
		char *file; /* "" : no log file */
	} log;
};

/* A list of sentences, one for each fault or warning. */
struct config_notes {
	char **lines;
	size_t count;
};
void config_notes_clear(struct config_notes *notes);

/* Where the configuration is when no --config was given: ./config.json, then
 * /etc/clean-registry/config.json; the first that exists. Static memory; NULL when there is none.
 */
const char *config_default_path(void);

/* Reads PATH. -1 (ERR_USAGE): FAULTS has every fault found, each a line that begins with the key's
 * path or with "line N:", or, about the file itself, with PATH; nothing else was set. None tells a
 * password. Both lists must be empty before. 0: OUT is the caller's; WARNINGS may have lines. */
int config_load(const char *path, struct config *out, struct config_notes *faults,
		struct config_notes *warnings) __attribute__((warn_unused_result));
void config_clear(struct config *config);

/* Writes "path<TAB>type<TAB>default<TAB>what it means" for every key: the documentation check reads
 * it. */
void config_describe(FILE *out);

#endif
