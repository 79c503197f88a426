/* Follows libyaml's events through the two levels that matter: keys at the top, and those of each
 * profile. What stands elsewhere is skipped. */
#include "credentials/scaleway_config.h"

#include "util/secrets.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <string.h>
#include <yaml.h>

#define DEEPEST       50
#define MOST_PROFILES 1000

/* The keys that matter. */
enum word { WORD_OTHER, WORD_SECRET_KEY, WORD_API_URL, WORD_REGION, WORD_ACTIVE, WORD_PROFILES };

enum place {
	PLACE_FILE,     /* outside of all */
	PLACE_TOP,      /* the mapping that the file is */
	PLACE_PROFILES, /* the mapping of profiles by their names */
	PLACE_PROFILE,  /* the mapping that one of them is */
	PLACE_OTHER,    /* what is skipped */
};

/* A collection that is open. */
struct level {
	enum place place;
	enum word word; /* its key that was read last */
	bool has_key;   /* whose value comes next */
	unsigned seen;  /* a bit for each word that it had */
};

struct reader {
	struct level levels[DEEPEST + 1]; /* the first one is PLACE_FILE */
	size_t depth;
	struct scaleway_profile top;
	struct scaleway_profile *profiles; /* the last one is being read */
	size_t count;
	char *active; /* NULL: none */
	unsigned documents;
	size_t line;         /* of what is read, from 1 */
	const char *problem; /* NULL: none so far */
};

void scaleway_config_clear(struct scaleway_profile *profile)
{
	free(profile->name);
	free(profile->secret_key);
	free(profile->api_url);
	free(profile->region);
	*profile = (struct scaleway_profile){ 0 };
}

static void reader_clear(struct reader *reader)
{
	scaleway_config_clear(&reader->top);
	for (size_t i = 0; i < reader->count; i++)
		scaleway_config_clear(&reader->profiles[i]);
	free(reader->profiles);
	free(reader->active);
}

static bool refuse(struct reader *reader, const char *problem)
{
	reader->problem = problem;
	return false;
}

static enum word find_word(const char *text)
{
	static const char *const WORDS[] = {
		[WORD_SECRET_KEY] = "secret_key", [WORD_API_URL] = "api_url",
		[WORD_REGION] = "default_region", [WORD_ACTIVE] = "active_profile",
		[WORD_PROFILES] = "profiles",
	};

	for (size_t i = WORD_OTHER + 1; i < sizeof WORDS / sizeof *WORDS; i++) {
		if (strcmp(text, WORDS[i]) == 0)
			return (enum word)i;
	}
	return WORD_OTHER;
}

static bool add_profile(struct reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->count; i++) {
		if (strcmp(reader->profiles[i].name, name) == 0)
			return refuse(reader, "a profile is given twice");
	}
	if (reader->count == MOST_PROFILES)
		return refuse(reader, "it has more than 1000 profiles");
	reader->profiles =
		xreallocarray(reader->profiles, reader->count + 1, sizeof *reader->profiles);
	reader->profiles[reader->count++] = (struct scaleway_profile){ .name = xstrdup(name) };
	return true;
}

static bool take_key(struct reader *reader, struct level *level, const char *text)
{
	level->has_key = true;
	if (strcmp(text, "<<") == 0)
		return refuse(reader, "it has a merge key (<<), which is not followed");
	if (level->place == PLACE_PROFILES)
		return add_profile(reader, text);
	level->word = find_word(text);
	if (level->word != WORD_OTHER && level->seen & 1U << level->word)
		return refuse(reader, "a key is given twice");
	level->seen |= 1U << level->word;
	return true;
}

/* Where the value of the key that LEVEL had last goes to; NULL: it does not matter. */
static char **find_field(struct reader *reader, const struct level *level)
{
	struct scaleway_profile *profile =
		level->place == PLACE_PROFILE ? &reader->profiles[reader->count - 1] : &reader->top;

	switch (level->word) {
	case WORD_SECRET_KEY:
		return &profile->secret_key;
	case WORD_API_URL:
		return &profile->api_url;
	case WORD_REGION:
		return &profile->region;
	case WORD_ACTIVE:
		return level->place == PLACE_TOP ? &reader->active : NULL;
	case WORD_OTHER:
	case WORD_PROFILES:
		break;
	}
	return NULL;
}

static bool is_null(const yaml_event_t *event)
{
	static const char *const NOTHING[] = { "", "~", "null", "Null", "NULL" };
	const char *text = (const char *)event->data.scalar.value;

	for (size_t i = 0; i < sizeof NOTHING / sizeof *NOTHING; i++) {
		if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
		    strcmp(text, NOTHING[i]) == 0)
			return true;
	}
	return false;
}

static bool take_value(struct reader *reader, struct level *level, const yaml_event_t *event)
{
	bool holds_mapping = level->place == PLACE_FILE || level->place == PLACE_PROFILES ||
			     (level->place == PLACE_TOP && level->word == WORD_PROFILES);
	const char *text = (const char *)event->data.scalar.value;
	char **field;

	level->has_key = false;
	if (is_null(event))
		return true;
	if (holds_mapping)
		return refuse(reader, "a mapping is expected");
	field = find_field(reader, level);
	if (!field)
		return true;
	if (level->word == WORD_SECRET_KEY)
		secrets_add_key(text);
	*field = xstrdup(text);
	return true;
}

static bool take_scalar(struct reader *reader, const yaml_event_t *event)
{
	struct level *level = &reader->levels[reader->depth];
	const char *text = (const char *)event->data.scalar.value;

	if (event->data.scalar.anchor || event->data.scalar.tag)
		return refuse(reader, "it has an anchor or a tag, which is not followed");
	if (level->place == PLACE_OTHER)
		return true;
	if (strlen(text) != event->data.scalar.length)
		return refuse(reader, "it has a NUL");
	if (level->place != PLACE_FILE && !level->has_key)
		return take_key(reader, level, text);
	return take_value(reader, level, event);
}

/* What a mapping at LEVEL, or behind its last key, is. */
static enum place place_within(const struct level *level)
{
	switch (level->place) {
	case PLACE_FILE:
		return PLACE_TOP;
	case PLACE_TOP:
		return level->word == WORD_PROFILES ? PLACE_PROFILES : PLACE_OTHER;
	case PLACE_PROFILES:
		return PLACE_PROFILE;
	case PLACE_PROFILE:
	case PLACE_OTHER:
		break;
	}
	return PLACE_OTHER;
}

static bool open_collection(struct reader *reader, bool mapping, bool marked)
{
	struct level *level = &reader->levels[reader->depth];
	enum place place = place_within(level);

	if (marked)
		return refuse(reader, "it has an anchor or a tag, which is not followed");
	if (level->place != PLACE_OTHER && level->place != PLACE_FILE && !level->has_key)
		return refuse(reader, "a key is no plain text");
	if (!mapping && place != PLACE_OTHER)
		return refuse(reader, "a mapping is expected");
	if (place == PLACE_OTHER && level->place != PLACE_OTHER && find_field(reader, level))
		return refuse(reader, "a text is expected");
	if (reader->depth == DEEPEST)
		return refuse(reader, "it is nested too deeply");
	level->has_key = false;
	reader->levels[++reader->depth] = (struct level){ .place = place };
	return true;
}

static bool take_event(struct reader *reader, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return reader->documents++ == 0 || refuse(reader, "it has two documents");
	case YAML_ALIAS_EVENT:
		return refuse(reader, "it has an alias, which is not followed");
	case YAML_SCALAR_EVENT:
		return take_scalar(reader, event);
	case YAML_SEQUENCE_START_EVENT:
		return open_collection(reader, false,
				       event->data.sequence_start.anchor ||
					       event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return open_collection(reader, true,
				       event->data.mapping_start.anchor ||
					       event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		reader->depth--;
		return true;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return true;
}

static bool next_event(struct reader *reader, yaml_parser_t *parser, bool *ended)
{
	yaml_event_t event;
	bool good;

	if (!yaml_parser_parse(parser, &event)) {
		reader->line = parser->problem_mark.line + 1;
		return refuse(reader, parser->problem ? parser->problem : "it is no YAML");
	}
	reader->line = event.start_mark.line + 1;
	*ended = event.type == YAML_STREAM_END_EVENT;
	good = take_event(reader, &event);
	yaml_event_delete(&event);
	return good;
}

static bool read_text(struct reader *reader, const char *text, size_t length)
{
	yaml_parser_t parser;
	bool ended = false;

	if (!yaml_parser_initialize(&parser))
		return refuse(reader, "there is no memory");
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	while (!ended && next_event(reader, &parser, &ended))
		continue;
	yaml_parser_delete(&parser);
	return ended;
}

/* NULL: there is none of that name. */
static struct scaleway_profile *find_profile(struct reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->count; i++) {
		if (strcmp(reader->profiles[i].name, name) == 0)
			return &reader->profiles[i];
	}
	return NULL;
}

static void take(char **field, char **first, char **second)
{
	*field = *first ? steal(first) : steal(second);
}

static int choose(struct reader *reader, const char *name, struct scaleway_profile *found,
		  struct err *err)
{
	/* Which Scaleway's SDKs in Go keep for what stands outside of all profiles. */
	static const char OUTSIDE[] = "default";
	struct scaleway_profile none = { 0 }, *profile = &none;

	if (!name)
		name = reader->active;
	if (name) {
		profile = find_profile(reader, name);
		if (profile && strcmp(name, OUTSIDE) == 0)
			return err_set(err, ERR_USAGE,
				       "it has a profile with the name default, which Scaleway's "
				       "own tools do not all read as the same: rename it");
		if (!profile && strcmp(name, OUTSIDE) == 0)
			profile = &none;
		if (!profile)
			return err_set(err, ERR_USAGE, "it has no profile %.100s", name);
	}
	found->name = steal(&profile->name);
	take(&found->secret_key, &profile->secret_key, &reader->top.secret_key);
	take(&found->api_url, &profile->api_url, &reader->top.api_url);
	take(&found->region, &profile->region, &reader->top.region);
	return 0;
}

int scaleway_config_find(const char *text, size_t length, const char *name,
			 struct scaleway_profile *found, struct err *err)
{
	CLEANUP(reader_clear) struct reader reader = { 0 };

	*found = (struct scaleway_profile){ 0 };
	if (!read_text(&reader, text ? text : "", length))
		return err_set(err, ERR_USAGE, "line %zu: %s", reader.line, reader.problem);
	return choose(&reader, name, found, err);
}
