/* What registry.kind asks of the other keys, as conditions of the JSON Schema. Where a variable of
 * the environment holds the kind, none of them is met. */
#include "config/schema_kinds.h"

#include "config/config.h"
#include "config/keys.h"
#include "config/kind.h"
#include "config/section.h"
#include "config/value.h"
#include "util/buf.h"
#include "util/xalloc.h"

static void begin_item(struct buf *list)
{
	if (list->length > 0)
		buf_text(list, ", ");
}

static bool is_required(const struct config_key *key)
{
	return !key->fallback && !key->optional;
}

/* What KEY cannot be with KIND. */
static void add_limit(const struct config_key *key, enum registry_kind kind, struct buf *limits)
{
	struct config_key of_kind = config_kind_key(key, kind);

	if (config_kind_refuses(key, kind)) {
		begin_item(limits);
		buf_format(limits, "\"%s\": false", config_key_name(key));
	} else if (of_kind.maximum < key->maximum) {
		begin_item(limits);
		buf_format(limits, "\"%s\": { \"maximum\": %ld }", config_key_name(key),
			   of_kind.maximum);
	}
}

/* Adds what KIND asks of SECTION to SECTIONS, and its name to NEEDED if it must be there. */
static void add_section(const char *section, enum registry_kind kind, struct buf *sections,
			struct buf *needed)
{
	CLEANUP(buf_free) struct buf limits = { 0 }, required = { 0 };

	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		const struct config_key key = config_kind_key(&CONFIG_KEYS[i], kind);

		if (!config_section_has(section, &key))
			continue;
		add_limit(&CONFIG_KEYS[i], kind, &limits);
		if (!is_required(&key))
			continue;
		begin_item(&required);
		buf_format(&required, "\"%s\"", config_key_name(&key));
	}
	if (required.length > 0) {
		begin_item(needed);
		buf_format(needed, "\"%s\"", section);
	}
	if (required.length + limits.length == 0)
		return;
	begin_item(sections);
	buf_format(sections, "\n      \"%s\": { \"required\": [%s], \"properties\": { %s } }",
		   section, buf_string(&required), buf_string(&limits));
}

static void put_kind(enum registry_kind kind, FILE *out)
{
	CLEANUP(buf_free) struct buf sections = { 0 }, needed = { 0 };

	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		CLEANUP(free_p) char *section = config_section_of(&CONFIG_KEYS[i]);

		if (*section && config_section_begins(section, i))
			add_section(section, kind, &sections, &needed);
	}
	fprintf(out, "\"then\": { \"required\": [%s], \"properties\": {%s } } }",
		buf_string(&needed), buf_string(&sections));
}

void config_schema_kinds(FILE *out)
{
	/* Without registry.kind, too. */
	fputs("{ \"if\": { \"properties\": { \"registry\": { \"properties\": { \"kind\": "
	      "{ \"const\": \"v2\" } } } } },\n    ",
	      out);
	put_kind(KIND_V2, out);
	fputs(",\n    { \"if\": { \"required\": [\"registry\"], \"properties\": { \"registry\": "
	      "{ \"required\": [\"kind\"], \"properties\": { \"kind\": "
	      "{ \"const\": \"scaleway\" } } } } },\n    ",
	      out);
	put_kind(KIND_SCALEWAY, out);
}
