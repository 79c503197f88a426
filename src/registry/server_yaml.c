/* Follows libyaml's events: where in the configuration each node is, and what matters of it. What
 * could change what a node means (anchors, tags, merge keys, a key twice) is not followed. */
#include "registry/server_yaml.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#define DEEPEST 50

struct scalar {
	const char *text; /* LENGTH bytes, none of them NUL, and a NUL */
	size_t length;
	bool quoted;
};

/* A collection that is open. */
struct level {
	enum server_place place;
	enum server_place value; /* of the key that was read last */
	bool mapping;
	bool has_key; /* its value comes next */
};

struct reader {
	struct server_findings *found;
	enum server_place top;
	struct level levels[DEEPEST];
	size_t depth;
	unsigned documents;
	bool bad; /* something was not understood */
};

static bool is_word(const struct scalar *scalar, const char *word)
{
	return strcmp(scalar->text, word) == 0;
}

static bool is_one_of(const struct scalar *scalar, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_word(scalar, words[i]))
			return true;
	return false;
}

#define IS_ONE_OF(scalar, words) is_one_of(scalar, words, sizeof(words) / sizeof *(words))

static void copy(char *to, size_t size, const struct scalar *from)
{
	snprintf(to, size, "%s", from->length < size ? from->text : "");
}

/* Storage has one driver and settings (3.1.1: configuration.go, Storage.Type). */
static void found_in_storage(struct reader *reader, const struct scalar *key)
{
	static const char *const SETTINGS[] = { "maintenance", "cache", "delete", "redirect",
						"tag" };
	struct server_findings *found = reader->found;

	if (IS_ONE_OF(key, SETTINGS))
		return;
	found->driver[0] = '\0';
	if (found->drivers++ == 0)
		copy(found->driver, sizeof found->driver, key);
}

static void found_auth(struct reader *reader, const struct scalar *key)
{
	reader->found->auth[0] = '\0';
	if (reader->found->auths++ == 0)
		copy(reader->found->auth, sizeof reader->found->auth, key);
}

static enum server_place enter(struct reader *reader, enum server_place place,
			       const struct scalar *key)
{
	static const struct {
		enum server_place from, to;
		const char *key;
	} WAYS[] = { { PLACE_ROOT, PLACE_STORAGE, "storage" },
		     { PLACE_STORAGE, PLACE_CACHE, "cache" },
		     { PLACE_STORAGE, PLACE_FILESYSTEM, "filesystem" },
		     { PLACE_FILESYSTEM, PLACE_ROOT_DIRECTORY, "rootdirectory" },
		     { PLACE_ROOT, PLACE_PROXY, "proxy" },
		     { PLACE_PROXY, PLACE_REMOTE_URL, "remoteurl" },
		     { PLACE_ROOT, PLACE_VALIDATION, "validation" },
		     { PLACE_VALIDATION, PLACE_VALIDATION_DISABLED, "disabled" },
		     { PLACE_VALIDATION, PLACE_VALIDATION_MANIFESTS, "manifests" },
		     { PLACE_VALIDATION_MANIFESTS, PLACE_VALIDATION_INDEXES, "indexes" },
		     { PLACE_VALIDATION_INDEXES, PLACE_VALIDATION_PLATFORMS, "platforms" },
		     { PLACE_STORAGE, PLACE_DELETE, "delete" },
		     { PLACE_DELETE, PLACE_DELETE_ENABLED, "enabled" },
		     { PLACE_STORAGE, PLACE_MAINTENANCE, "maintenance" },
		     { PLACE_MAINTENANCE, PLACE_READONLY, "readonly" },
		     { PLACE_READONLY, PLACE_READONLY_ENABLED, "enabled" },
		     { PLACE_ROOT, PLACE_HTTP, "http" },
		     { PLACE_HTTP, PLACE_HTTP_ADDR, "addr" },
		     { PLACE_HTTP, PLACE_HTTP_NET, "net" },
		     { PLACE_HTTP, PLACE_HTTP_PREFIX, "prefix" },
		     { PLACE_HTTP, PLACE_HTTP_TLS, "tls" },
		     { PLACE_HTTP_TLS, PLACE_TLS_SOURCE, "certificate" },
		     { PLACE_HTTP_TLS, PLACE_LETSENCRYPT, "letsencrypt" },
		     { PLACE_LETSENCRYPT, PLACE_TLS_SOURCE, "cachefile" },
		     { PLACE_ROOT, PLACE_AUTH, "auth" } };

	if (is_word(key, "<<"))
		reader->bad = true;
	if (place == PLACE_STORAGE)
		found_in_storage(reader, key);
	if (place == PLACE_AUTH)
		found_auth(reader, key);
	for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++) {
		if (place != WAYS[i].from || !is_word(key, WAYS[i].key))
			continue;
		if (reader->found->seen & 1U << WAYS[i].to)
			reader->bad = true;
		reader->found->seen |= 1U << WAYS[i].to;
		return WAYS[i].to;
	}
	return place == PLACE_CACHE || place == PLACE_CACHE_VALUE ? PLACE_CACHE_VALUE
								  : PLACE_ELSEWHERE;
}

/* The words of YAML 1.1, which is what distribution's parser reads. */
static enum server_flag read_flag(const struct scalar *scalar)
{
	static const char *const FALSE[] = { "false", "False", "FALSE", "no", "off" };
	static const char *const TRUE[] = { "true", "True", "TRUE", "yes", "on" };

	if (!scalar->quoted && IS_ONE_OF(scalar, FALSE))
		return FLAG_FALSE;
	return !scalar->quoted && IS_ONE_OF(scalar, TRUE) ? FLAG_TRUE : FLAG_ODD;
}

static void found_listening(struct server_findings *found, enum server_place place,
			    const struct scalar *scalar)
{
	found->http |= place == PLACE_HTTP;
	found->tls |= place == PLACE_TLS_SOURCE;
	found->net_unix |= place == PLACE_HTTP_NET && !is_word(scalar, "tcp");
	if (place == PLACE_HTTP_ADDR)
		copy(found->addr, sizeof found->addr, scalar);
	if (place == PLACE_HTTP_PREFIX)
		copy(found->prefix, sizeof found->prefix, scalar);
}

static void found_value(struct reader *reader, enum server_place place, const struct scalar *scalar)
{
	static const char *const NOTHING[] = { "~", "null", "Null", "NULL" };
	struct server_findings *found = reader->found;

	if (scalar->length == 0 || (!scalar->quoted && IS_ONE_OF(scalar, NOTHING)))
		return;
	if (place == PLACE_ROOT || place == PLACE_PROXY)
		reader->bad = true;
	found->storage |= place == PLACE_STORAGE;
	if (place == PLACE_STORAGE)
		found_in_storage(reader, scalar);
	found->cached |= place == PLACE_CACHE || place == PLACE_CACHE_VALUE;
	found->redis |= place == PLACE_CACHE_VALUE && is_word(scalar, "redis");
	found->remote |= place == PLACE_REMOTE_URL;
	if (place == PLACE_DELETE_ENABLED)
		found->deletes = read_flag(scalar);
	if (place == PLACE_READONLY_ENABLED)
		found->readonly = read_flag(scalar);
	found->sparse |= place == PLACE_VALIDATION_DISABLED ||
			 (place == PLACE_VALIDATION_PLATFORMS && !is_word(scalar, "all"));
	if (place == PLACE_ROOT_DIRECTORY)
		copy(found->root_directory, sizeof found->root_directory, scalar);
	if (place == PLACE_AUTH)
		found_auth(reader, scalar);
	found_listening(found, place, scalar);
}

static void found_collection(struct reader *reader, enum server_place place, bool mapping)
{
	struct server_findings *found = reader->found;

	if (place == PLACE_REMOTE_URL || (!mapping && place != PLACE_ELSEWHERE &&
					  place != PLACE_CACHE_VALUE && place < PLACE_VALIDATION))
		reader->bad = true;
	found->sparse |= place == PLACE_VALIDATION_PLATFORMS;
	found->root |= place == PLACE_ROOT;
	found->storage |= place == PLACE_STORAGE;
	found->http |= place == PLACE_HTTP;
	found->cached |= place == PLACE_CACHE_VALUE;
}

/* The place of the node that begins now, which is no key. */
static enum server_place place_of_node(struct reader *reader)
{
	struct level *level = reader->depth ? &reader->levels[reader->depth - 1] : NULL;

	if (!level)
		return reader->top;
	if (!level->mapping)
		return PLACE_ELSEWHERE;
	if (!level->has_key) /* a collection as a key */
		reader->bad = true;
	level->has_key = false;
	return level->value;
}

static void open_collection(struct reader *reader, bool mapping)
{
	enum server_place place = place_of_node(reader);

	found_collection(reader, place, mapping);
	if (reader->depth == DEEPEST)
		reader->bad = true;
	else
		reader->levels[reader->depth++] =
			(struct level){ .place = place, .mapping = mapping };
}

static void take_scalar(struct reader *reader, const yaml_event_t *event)
{
	const struct scalar scalar = { .text = (const char *)event->data.scalar.value,
				       .length = event->data.scalar.length,
				       .quoted = event->data.scalar.style !=
						 YAML_PLAIN_SCALAR_STYLE };
	struct level *level = reader->depth ? &reader->levels[reader->depth - 1] : NULL;

	if (event->data.scalar.anchor || event->data.scalar.tag ||
	    strlen(scalar.text) != scalar.length) {
		reader->bad = true;
	} else if (level && level->mapping && !level->has_key) {
		level->value = enter(reader, level->place, &scalar);
		level->has_key = true;
	} else {
		found_value(reader, place_of_node(reader), &scalar);
	}
}

static void take_event(struct reader *reader, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		reader->bad |= reader->documents++ > 0;
		break;
	case YAML_ALIAS_EVENT:
		reader->bad = true;
		break;
	case YAML_SCALAR_EVENT:
		take_scalar(reader, event);
		break;
	case YAML_SEQUENCE_START_EVENT:
		reader->bad |= event->data.sequence_start.anchor || event->data.sequence_start.tag;
		open_collection(reader, false);
		break;
	case YAML_MAPPING_START_EVENT:
		reader->bad |= event->data.mapping_start.anchor || event->data.mapping_start.tag;
		open_collection(reader, true);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		reader->depth--;
		break;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
}

bool server_yaml_read(const char *text, enum server_place place, struct server_findings *found)
{
	struct reader reader = { .found = found, .top = place };
	yaml_parser_t parser;
	bool ended = false;

	*found = (struct server_findings){ 0 };
	if (!yaml_parser_initialize(&parser))
		return false;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
	while (!reader.bad && !ended) {
		yaml_event_t event;

		if (!yaml_parser_parse(&parser, &event)) {
			reader.bad = true;
			break;
		}
		ended = event.type == YAML_STREAM_END_EVENT;
		take_event(&reader, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return !reader.bad;
}
