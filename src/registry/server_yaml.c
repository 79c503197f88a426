/* As much YAML as a config.yml is written in, by recursive descent: block and flow collections, and
 * scalars on one line. Everything else is a fault. */
#include "registry/server_yaml.h"

#include "registry/yaml_reader.h"

#include <stddef.h>
#include <string.h>

#define DEEPEST 50

/* Storage has one driver and settings (3.1.1: configuration.go, Storage.Type). */
static void found_in_storage(struct yaml_reader *r, const struct yaml_token *key)
{
	static const char *const SETTINGS[] = { "maintenance", "cache", "delete", "redirect",
						"tag" };
	struct server_findings *found = r->found;

	for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS; i++) {
		if (yaml_token_is(key, SETTINGS[i]))
			return;
	}
	found->driver = found->drivers++ ? NULL : key->text;
	found->driver_length = key->length;
}

static enum server_place enter(struct yaml_reader *r, enum server_place place,
			       const struct yaml_token *key)
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
		     { PLACE_READONLY, PLACE_READONLY_ENABLED, "enabled" } };

	if (place == PLACE_STORAGE)
		found_in_storage(r, key);
	for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++) {
		if (place != WAYS[i].from || !yaml_token_is(key, WAYS[i].key))
			continue;
		if (r->found->seen & 1U << WAYS[i].to)
			yaml_fail(r);
		r->found->seen |= 1U << WAYS[i].to;
		return WAYS[i].to;
	}
	return place == PLACE_CACHE || place == PLACE_CACHE_VALUE ? PLACE_CACHE_VALUE
								  : PLACE_ELSEWHERE;
}

/* The words of YAML 1.1, which is what distribution's parser reads. */
static enum server_flag read_flag(const struct yaml_token *token)
{
	static const char *const WORDS[][5] = {
		[FLAG_FALSE] = { "false", "False", "FALSE", "no", "off" },
		[FLAG_TRUE] = { "true", "True", "TRUE", "yes", "on" },
	};

	for (enum server_flag flag = FLAG_FALSE; flag <= FLAG_TRUE && !token->quoted; flag++) {
		for (size_t i = 0; i < sizeof *WORDS / sizeof **WORDS; i++) {
			if (yaml_token_is(token, WORDS[flag][i]))
				return flag;
		}
	}
	return FLAG_ODD;
}

static void found_scalar(struct yaml_reader *r, enum server_place place,
			 const struct yaml_token *token)
{
	static const char *const NOTHING[] = { "~", "null", "Null", "NULL" };
	bool nothing = token->length == 0;

	for (size_t i = 0; i < sizeof NOTHING / sizeof *NOTHING && !token->quoted; i++)
		nothing |= yaml_token_is(token, NOTHING[i]);
	if (nothing)
		return;
	if (place == PLACE_ROOT || place == PLACE_PROXY)
		yaml_fail(r);
	r->found->storage |= place == PLACE_STORAGE;
	if (place == PLACE_STORAGE)
		found_in_storage(r, token);
	r->found->cached |= place == PLACE_CACHE || place == PLACE_CACHE_VALUE;
	r->found->redis |= place == PLACE_CACHE_VALUE && yaml_token_is(token, "redis");
	r->found->remote |= place == PLACE_REMOTE_URL;
	if (place == PLACE_DELETE_ENABLED)
		r->found->deletes = read_flag(token);
	if (place == PLACE_READONLY_ENABLED)
		r->found->readonly = read_flag(token);
	r->found->sparse |= place == PLACE_VALIDATION_DISABLED ||
			    (place == PLACE_VALIDATION_PLATFORMS && !yaml_token_is(token, "all"));
	if (place == PLACE_ROOT_DIRECTORY && !memchr(token->text, '\\', token->length) &&
	    !memchr(token->text, '\'', token->length)) {
		r->found->root_directory = token->text;
		r->found->root_length = token->length;
	}
}

static void found_collection(struct yaml_reader *r, enum server_place place, bool mapping)
{
	if (place == PLACE_REMOTE_URL || (!mapping && place != PLACE_ELSEWHERE &&
					  place != PLACE_CACHE_VALUE && place < PLACE_VALIDATION))
		yaml_fail(r);
	r->found->sparse |= place == PLACE_VALIDATION_PLATFORMS;
	r->found->root |= place == PLACE_ROOT;
	r->found->storage |= place == PLACE_STORAGE;
	r->found->cached |= place == PLACE_CACHE_VALUE;
}

/* {a: b, c: {d: e}} or [a, b], over any number of lines; or a scalar in one of them. */
static void read_flow(struct yaml_reader *r, enum server_place place)
{
	bool mapping = *r->p == '{';
	char close = mapping ? '}' : ']';
	struct yaml_token token;

	if (!mapping && *r->p != '[') {
		yaml_read_scalar(r, true, &token);
		found_scalar(r, place, &token);
		return;
	}
	found_collection(r, place, mapping);
	if (++r->depth > DEEPEST)
		yaml_fail(r);
	r->p += !r->bad;
	yaml_skip(r);
	while (!r->bad && *r->p != close) {
		enum server_place inner = PLACE_ELSEWHERE;

		if (mapping) {
			yaml_read_key(r, true, &token);
			inner = enter(r, place, &token);
			yaml_skip(r);
		}
		if (!mapping || (*r->p != ',' && *r->p != close))
			read_flow(r, inner);
		yaml_skip(r);
		if (*r->p == ',')
			r->p++;
		else if (*r->p != close)
			yaml_fail(r);
		yaml_skip(r);
	}
	r->p += !r->bad;
	r->depth--;
}

/* What may stand behind "key: " or "- ", to the end of its last line. */
static void read_inline(struct yaml_reader *r, enum server_place place, ptrdiff_t parent)
{
	struct yaml_token token;

	if ((*r->p == '|' || *r->p == '>') && place == PLACE_ELSEWHERE) {
		yaml_skip_block_scalar(r, parent);
		return;
	}
	if (*r->p == '{' || *r->p == '[') {
		read_flow(r, place);
	} else {
		yaml_read_scalar(r, false, &token);
		found_scalar(r, place, &token);
	}
	if (!yaml_skip(r))
		yaml_fail(r);
}

static void read_node(struct yaml_reader *r, enum server_place place, ptrdiff_t parent);

static void read_mapping(struct yaml_reader *r, enum server_place place, ptrdiff_t indent)
{
	found_collection(r, place, true);
	while (yaml_column(r) == indent) {
		struct yaml_token key;
		enum server_place inner;

		yaml_read_key(r, false, &key);
		inner = enter(r, place, &key);
		if (!yaml_skip(r))
			read_inline(r, inner, indent);
		else if (yaml_column(r) > indent || (yaml_column(r) == indent && yaml_at_dash(r)))
			read_node(r, inner, indent);
	}
}

static void read_sequence(struct yaml_reader *r, enum server_place place, ptrdiff_t indent)
{
	found_collection(r, place, false);
	while (yaml_at_dash(r) && yaml_column(r) == indent) {
		r->p++;
		yaml_skip(r);
		if (yaml_column(r) > indent)
			read_node(r, PLACE_ELSEWHERE, indent);
	}
}

static void read_node(struct yaml_reader *r, enum server_place place, ptrdiff_t parent)
{
	if (++r->depth > DEEPEST)
		yaml_fail(r);
	else if (yaml_at_dash(r))
		read_sequence(r, place, yaml_column(r));
	else if (yaml_at_key(r))
		read_mapping(r, place, yaml_column(r));
	else
		read_inline(r, place, parent);
	r->depth--;
}

bool server_yaml_read(const char *text, enum server_place place, struct server_findings *found)
{
	struct yaml_reader r = { .p = text, .line = text, .found = found };

	*found = (struct server_findings){ 0 };
	if (!yaml_is_readable(text))
		return false;
	yaml_skip(&r);
	r.begun = true;
	if (yaml_at_marker(&r)) {
		r.p += 3;
		if (!yaml_skip(&r))
			yaml_fail(&r);
	}
	if (*r.p)
		read_node(&r, place, -1);
	/* A line that is indented like none of those above it ended every loop. */
	return !r.bad && !*r.p;
}
