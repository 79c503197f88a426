/* What registry.kind means for the other keys: which of them it has, their defaults, and rules
 * between those that only one kind has. */
#include "config/kind.h"

#include "config/scaleway.h"
#include "config/url.h"
#include "config/value.h"
#include "util/notes.h"
#include "util/uuid.h"
#include "util/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define API_PATH "/registry/v1"

bool config_kind_refuses(const struct config_key *key, enum registry_kind kind)
{
	return kind == KIND_V2 ? key->only_scaleway : key->not_scaleway != NULL;
}

bool config_kind_allows(const struct config_key *key, const char *name, enum registry_kind kind,
			struct notes *faults)
{
	if (!config_kind_refuses(key, kind))
		return true;
	if (kind == KIND_V2)
		notes_add(faults, "%s: not for registry.kind \"v2\", only for \"scaleway\"", name);
	else
		notes_add(faults, "%s: not for registry.kind \"scaleway\": %s", name,
			  key->not_scaleway);
	return false;
}

struct config_key config_kind_key(const struct config_key *key, enum registry_kind kind)
{
	struct config_key result = *key;

	result.optional |= config_kind_refuses(key, kind);
	if (kind == KIND_V2)
		return result;
	if (key->scaleway_fallback)
		result.fallback = key->scaleway_fallback;
	if (key->scaleway_maximum)
		result.maximum = key->scaleway_maximum;
	return result;
}

/* What the program reads may be empty, but is there. */
static void fill(char **field)
{
	if (!*field)
		*field = xstrdup("");
}

static bool given(const char *text)
{
	return text && *text;
}

static void check_secret(const struct config *config, struct notes *faults)
{
	const char *key = config->registry.secret_key, *file = config->registry.scaleway_config;

	if (given(key) && given(file))
		notes_add(faults, "registry.scaleway_config: must not be given beside "
				  "registry.secret_key");
	/* One that is at fault is missing, and was told already. */
	if (key && !*key && file && !*file)
		notes_add(faults, "registry.secret_key: required, or registry.scaleway_config");
	if (given(config->registry.scaleway_profile) && file && !*file)
		notes_add(faults, "registry.scaleway_config: required, because "
				  "registry.scaleway_profile is a profile of it");
}

static void check_image(const struct config *config, struct notes *faults)
{
	const char *image = config->registry.image, *in = config->registry.namespace;

	if (given(image) && !uuid_valid(image) && in && !*in)
		notes_add(faults, "registry.namespace: required, because registry.image is a name "
				  "and no id");
}

char *config_scaleway_base(const char *url, const char *region)
{
	CLEANUP(free_p) char *normal = NULL;

	if (config_url_problem(url))
		return NULL;
	normal = config_url_normal(url);
	return xasprintf("%s" API_PATH "/regions/%s", normal, region);
}

static void put_base(struct config *config, struct notes *faults)
{
	CLEANUP(free_p) char *url = config->registry.url;

	config->registry.url = NULL;
	if (!url || !config->registry.region)
		return;
	if (strstr(url, API_PATH))
		notes_add(faults, "registry.url: must not hold " API_PATH
				  ", which is put behind it, with registry.region");
	else
		config->registry.url = config_scaleway_base(url, config->registry.region);
}

void config_finish_kind(struct config *config, struct notes *faults)
{
	if (config->registry.kind == KIND_V2) {
		fill(&config->registry.region);
		return;
	}
	fill(&config->paths.config);
	check_secret(config, faults);
	check_image(config, faults);
	put_base(config, faults);
}
