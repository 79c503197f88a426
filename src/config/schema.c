/* Writes what the tables of keys say as a JSON Schema. */
#include "config/schema.h"

#include "config/keys.h"
#include "config/schema_kinds.h"
#include "config/section.h"
#include "config/value.h"
#include "util/xalloc.h"
#include "json/write.h"

#include <json-c/json.h>
#include <string.h>

/* Patterns are ECMA-262's with the flag u, and mean the same to Python and PCRE2. */
#define PORT                                                                                      \
	"(:0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-" \
	"5]))?"
#define HOST  "(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)" PORT
#define HTTPS "[hH][tT][tT][pP][sS]?://"
/* The template's host is none. */
#define NO_TEMPLATE                                                                      \
	"(?![rR][eE][gG][iI][sS][tT][rR][yY]\\.[eE][xX][aA][mM][pP][lL][eE](:[0-9]*)?(/" \
	"|$))"
#define LOGIN  "(?!:)([!-\"$&-.0-9:-<>=A-\\[\\]-~]|%(?!00)[0-9A-Fa-f]{2})+@"
#define SOCKS5 "[sS][oO][cC][kK][sS]5://"
/* Of HTTP: those that frame a request are the program's own. */
#define OWN_HEADER                                                                    \
	"(?!([hH][oO][sS][tT]|[cC][oO][nN][tT][eE][nN][tT]-[lL][eE][nN][gG][tT][hH]|" \
	"[tT][rR][aA][nN][sS][fF][eE][rR]-[eE][nN][cC][oO][dD][iI][nN][gG]|"          \
	"[cC][oO][nN][nN][eE][cC][tT][iI][oO][nN]|[eE][xX][pP][eE][cC][tT]):)"
#define HEADER  OWN_HEADER "[A-Za-z0-9!#$%&'*+.^_`|~-]+: *[^ ]"
#define ADDRESS "(?=.{1,254}$)(?!-)[!#-'*+./0-9=?A-Z^_`a-z{|}~-]+@[!#-'*+./0-9=?A-Z^_`a-z{|}~-]+$"
#define NAME    "[a-z0-9][a-z0-9._-]*"
#define UUID    "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
#define PART    "([a-z0-9._-]|\\{id\\})*"
/* A string that a variable of the environment stands for. */
#define VARIABLE  "__ENV:"
#define REFERENCE VARIABLE " *[A-Za-z_][A-Za-z0-9_]*"

/* What config_format_check() wants of a string that is no reference, control characters apart. */
static const char *const PATTERNS[] = {
	[RULE_ANY] = "",
	[RULE_NOT_EMPTY] = "(?!$)",
	[RULE_URL] = HTTPS NO_TEMPLATE HOST "(/[!-\"$->@-\\[\\]-~]*)?$",
	[RULE_PROXY] = "(|system|(" HTTPS "|" SOCKS5 ")(" LOGIN ")?" HOST "/?)$",
	[RULE_USER] = "[^:]*$",
	[RULE_CONTAINER] = "(?!-)",
	[RULE_PATH] = "/",
	[RULE_PATH_OR_NONE] = "(/|$)",
	[RULE_PATH_OR_DEFAULT] = "(/|default$|$)",
	[RULE_TAG] = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$",
	[RULE_REPOSITORY] = "(?=.{1,255}$)" NAME "(/" NAME ")*$",
	[RULE_HOST] = HOST "$",
	[RULE_JOB] = "[^,]+$",
	[RULE_REGEX] = "(?!$)",
	[RULE_REGEX_OR_NONE] = "",
	[RULE_RETAIN_PATTERN] =
		"(?=.*\\{id\\})(?!.*\\{id\\}.*\\{id\\})(?=[^:]*:.*\\{revision\\})"
		"(?!.*\\{revision\\}.*\\{revision\\})([a-z0-9]|\\{id\\})" PART
		"(/([a-z0-9]|\\{id\\})" PART ")*:([A-Za-z0-9_]|\\{id\\}|\\{revision\\})"
		"([A-Za-z0-9_.-]|\\{id\\}|\\{revision\\})*$",
	[RULE_SECRET_URL] = "(|" HTTPS HOST "([/?][!-\"$-\\[\\]-~]*)?)$",
	[RULE_HEADER] = HEADER,
	[RULE_MAIL_SERVER] = "(|smtps?://" HOST ")$",
	[RULE_ADDRESS] = ADDRESS,
	[RULE_ADDRESS_OR_NONE] = "($|" ADDRESS ")",
	[RULE_TIME_OF_DAY] = "(|([01][0-9]|2[0-3]):[0-5][0-9])$",
	[RULE_REGION] = "[a-z]{2}-[a-z]{3}$",
	[RULE_UUID_OR_NONE] = "(|" UUID ")$",
	[RULE_NAMESPACE] = "(|" UUID "|(?=.{1,255}$)" NAME ")$",
	[RULE_IMAGE] = "(|" UUID "|(?=.{1,255}$)" NAME "(/" NAME ")*)$",
};

/* The day, or with a time and a zone. */
#define DATE                                                                    \
	"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?" \
	"([Zz]|[+-][0-9]{2}:[0-9]{2}))?$"

/* Also since a pattern's end is before a last newline for some. */
#define NO_CONTROL ", \"not\": { \"pattern\": \"[\\\\u0000-\\\\u001f\\\\u007f]\" }"

static void put_pattern(const char *pattern, FILE *out)
{
	CLEANUP(free_p)
	char *whole = xasprintf("^(" REFERENCE "$|(?!" VARIABLE ")%s)", pattern);

	fputs("\"pattern\": ", out);
	json_write_string(out, whole);
}

static void put_string(const char *pattern, FILE *out)
{
	fputs("\"type\": \"string\", ", out);
	put_pattern(pattern, out);
	fputs(NO_CONTROL, out);
}

static void put_list(const struct config_key *key, FILE *out)
{
	fprintf(out, "\"type\": \"array\", %s\"items\": { ",
		key->filled ? "\"minItems\": 1, " : "");
	put_string(PATTERNS[key->rule], out);
	fputs(" }", out);
}

/* A command is its program, which has a name, and the words behind it. */
static void put_commands(FILE *out)
{
	fputs("\"type\": \"array\", \"items\": { \"type\": \"array\", \"minItems\": 1, "
	      "\"prefixItems\": [ { ",
	      out);
	put_string(PATTERNS[RULE_NOT_EMPTY], out);
	fputs(" } ], \"items\": { ", out);
	put_string(PATTERNS[RULE_ANY], out);
	fputs(" } }", out);
}

static void put_choice(const struct config_key *key, FILE *out)
{
	fputs("\"anyOf\": [ { \"enum\": [", out);
	for (size_t i = 0; key->choices[i]; i++) {
		fputs(i ? ", " : "", out);
		json_write_string(out, key->choices[i]);
	}
	fputs("] }, { \"type\": \"string\", \"pattern\": \"^" REFERENCE "$\"" NO_CONTROL " } ]",
	      out);
}

/* One of them, or a list. */
static void put_choices(const struct config_key *key, FILE *out)
{
	fputs("\"anyOf\": [ { ", out);
	put_choice(key, out);
	fputs(" }, { \"type\": \"array\", \"minItems\": 1, \"items\": { ", out);
	put_choice(key, out);
	fputs(" } } ]", out);
}

static void put_range(const struct config_key *key, const char *type, FILE *out)
{
	fprintf(out, "\"type\": \"%s\", \"minimum\": %ld, \"maximum\": %ld", type, key->minimum,
		key->maximum);
}

static void put_object(const struct config_key *keys, size_t count, const char *section,
		       const char *indent, FILE *out);

/* Of a value of the first key, NUMBER: keys that do not go with it. */
static void put_kind(const struct config_group *group, size_t number, FILE *out)
{
	const struct config_key *kind = &group->keys[0];
	const char *separator = "";

	fprintf(out, "{ \"if\": { \"properties\": { \"%s\": { \"const\": ", config_key_name(kind));
	json_write_string(out, kind->choices[number]);
	fputs(" } } }, \"then\": { \"properties\": { ", out);
	for (size_t i = 1; i < group->key_count; i++) {
		unsigned kinds = group->keys[i].kinds;

		if (kinds == 0 || kinds >> number & 1)
			continue;
		fprintf(out, "%s\"%s\": false", separator, config_key_name(&group->keys[i]));
		separator = ", ";
	}
	fputs(" } } }", out);
}

static bool has_kinds(const struct config_group *group)
{
	for (size_t i = 0; i < group->key_count; i++)
		if (group->keys[i].kinds)
			return true;
	return false;
}

static void put_kinds(const struct config_group *group, FILE *out)
{
	if (!has_kinds(group))
		return;
	fputs(",\n        \"allOf\": [ ", out);
	for (size_t i = 0; group->keys[0].choices[i]; i++) {
		fputs(i ? ", " : "", out);
		put_kind(group, i, out);
	}
	fputs(" ]", out);
}

static void put_group(const struct config_group *group, FILE *out)
{
	fprintf(out, "\"type\": \"array\", \"maxItems\": %zu, \"items\": { ", group->maximum);
	put_object(group->keys, group->key_count, NULL, "        ", out);
	put_kinds(group, out);
	fputs(" }", out);
}

static void put_type(const struct config_key *key, FILE *out)
{
	switch (key->type) {
	case CONFIG_STRING:
		put_string(PATTERNS[key->rule], out);
		break;
	case CONFIG_DATE:
		put_string(DATE, out);
		break;
	case CONFIG_NUMBER:
		put_range(key, "integer", out);
		break;
	case CONFIG_DECIMAL:
		put_range(key, "number", out);
		break;
	case CONFIG_LIST:
		put_list(key, out);
		break;
	case CONFIG_COMMANDS:
		put_commands(out);
		break;
	case CONFIG_CHOICE:
		put_choice(key, out);
		break;
	case CONFIG_CHOICES:
		put_choices(key, out);
		break;
	case CONFIG_BOOLEAN:
		fputs(key->refusal ? "\"const\": false" : "\"type\": \"boolean\"", out);
		break;
	case CONFIG_GROUP:
		put_group(key->group, out);
		break;
	}
}

static void put_key(const struct config_key *key, FILE *out)
{
	json_write_string(out, config_key_name(key));
	fputs(": { \"description\": ", out);
	json_write_string(out, key->meaning);
	if (key->fallback)
		fprintf(out, ", \"default\": %s", key->fallback);
	fputs(", ", out);
	put_type(key, out);
	fputs(" }", out);
}

/* Whatever registry.kind is. */
static bool is_required(const struct config_key *key)
{
	return !key->fallback && !key->optional && !key->only_scaleway && !key->not_scaleway &&
	       !key->scaleway_fallback;
}

static void put_required(const struct config_key *keys, size_t count, const char *section,
			 FILE *out)
{
	const char *separator = "";

	fputs("\"required\": [", out);
	for (size_t i = 0; i < count; i++) {
		if (!config_section_has(section, &keys[i]) || !is_required(&keys[i]))
			continue;
		fputs(separator, out);
		json_write_string(out, config_key_name(&keys[i]));
		separator = ", ";
	}
	fputs("]", out);
}

static void put_object(const struct config_key *keys, size_t count, const char *section,
		       const char *indent, FILE *out)
{
	const char *separator = "";

	fputs("\"type\": \"object\", \"additionalProperties\": false, ", out);
	put_required(keys, count, section, out);
	fputs(", \"properties\": {", out);
	for (size_t i = 0; i < count; i++) {
		if (!config_section_has(section, &keys[i]))
			continue;
		fprintf(out, "%s\n%s", separator, indent);
		put_key(&keys[i], out);
		separator = ",";
	}
	fputs(" }", out);
}

static bool needs(const char *section)
{
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
		if (config_section_has(section, &CONFIG_KEYS[i]) && is_required(&CONFIG_KEYS[i]))
			return true;
	return false;
}

/* Sections, and keys at the top, in the order of the table. */
static void put_top(FILE *out)
{
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		CLEANUP(free_p) char *section = config_section_of(&CONFIG_KEYS[i]);

		if (*section && !config_section_begins(section, i))
			continue;
		fputs(",\n    ", out);
		if (!*section) {
			put_key(&CONFIG_KEYS[i], out);
			continue;
		}
		fprintf(out, "\"%s\": { ", section);
		put_object(CONFIG_KEYS, CONFIG_KEY_COUNT, section, "      ", out);
		fputs(" }", out);
	}
}

static void put_top_required(FILE *out)
{
	const char *separator = "";

	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		CLEANUP(free_p) char *section = config_section_of(&CONFIG_KEYS[i]);

		if (!*section || !config_section_begins(section, i) || !needs(section))
			continue;
		fprintf(out, "%s\"%s\"", separator, section);
		separator = ", ";
	}
}

void config_schema_write(FILE *out)
{
	fputs("{ \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
	      "  \"title\": \"The configuration of clean-registry " VERSION "\",\n"
	      "  \"description\": \"clean-registry.json(5) says more. A string may be "
	      "\\\"__ENV:NAME\\\": then the variable NAME of the environment has it.\",\n"
	      "  \"type\": \"object\", \"additionalProperties\": false, \"required\": [",
	      out);
	put_top_required(out);
	fputs("],\n  \"properties\": {\n    \"" CONFIG_SCHEMA_KEY
	      "\": { \"description\": \"For editors: where this schema is\", \"type\": \"string\" "
	      "}",
	      out);
	put_top(out);
	fputs(" },\n  \"allOf\": [ ", out);
	config_schema_kinds(out);
	fputs(" ] }\n", out);
}
