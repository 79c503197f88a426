/* From Scaleway's own file to registry.secret_key. */
#include "credentials/scaleway.h"

#include "config/config.h"
#include "config/scaleway.h"
#include "credentials/scaleway_config.h"
#include "credentials/secret_file.h"
#include "util/buf.h"
#include "util/home.h"
#include "util/notes.h"
#include "util/uuid.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char KEY[] = "registry.scaleway_config";

/* Where "default" is: as Scaleway's SDKs have it. */
static int find_path(const char *given, char **path, struct err *err)
{
	const char *variable = getenv("SCW_CONFIG_PATH"), *folder = getenv("XDG_CONFIG_HOME");
	const char *home = home_folder();

	if (strcmp(given, "default") != 0)
		*path = xstrdup(given);
	else if (variable && *variable && *variable != '/')
		return err_set(err, ERR_USAGE, "%s: SCW_CONFIG_PATH must be an absolute path", KEY);
	else if (variable && *variable)
		*path = xstrdup(variable);
	else if (folder && *folder == '/')
		*path = xasprintf("%s/scw/config.yaml", folder);
	else if (home)
		*path = xasprintf("%s/.config/scw/config.yaml", home);
	else
		return err_set(err, ERR_USAGE, "%s: this user has no home folder", KEY);
	return 0;
}

/* NULL: the one that the file says. */
static const char *find_name(const struct config *config)
{
	const char *name = config->registry.scaleway_profile, *other = getenv("SCW_PROFILE");

	if (*name)
		return name;
	return other && *other ? other : NULL;
}

static int check_secret(const struct config *config, const struct scaleway_profile *profile,
			struct err *err)
{
	const char *other = config->scaleway_variable;

	if (!profile->secret_key)
		return err_set(err, ERR_USAGE, "it has no secret_key");
	if (!uuid_valid(profile->secret_key))
		return err_set(err, ERR_USAGE, "its secret_key is no UUID");
	/* Scaleway's own tools would take the variable: the two may be keys of two organizations.
	 */
	if (other && *other && strcasecmp(other, profile->secret_key) != 0)
		return err_set(err, ERR_USAGE,
			       "its secret_key is another one than SCW_SECRET_KEY: unset that, or "
			       "write \"__ENV: SCW_SECRET_KEY\" into registry.secret_key instead "
			       "of this key");
	return 0;
}

/* The key is for the API that the profile names. */
static int check_url(const struct config *config, const struct scaleway_profile *profile,
		     struct err *err)
{
	CLEANUP(free_p)
	char *base = profile->api_url
			     ? config_scaleway_base(profile->api_url, config->registry.region)
			     : NULL;

	if (!profile->api_url || (base && strcmp(base, config->registry.url) == 0))
		return 0;
	return err_set(err, ERR_USAGE, "its api_url is another one than registry.url");
}

static void warn_region(const struct config *config, const char *path,
			const struct scaleway_profile *profile, struct notes *warnings)
{
	if (profile->region && strcmp(profile->region, config->registry.region) != 0)
		notes_add(warnings,
			  "%s: %s: its default_region is not used, because registry.region is "
			  "another one",
			  KEY, path);
}

static int use_file(struct config *config, const char *path, struct notes *told,
		    struct notes *warnings, struct err *err)
{
	CLEANUP(scaleway_config_clear) struct scaleway_profile profile = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	bool exposed;

	if (secret_file_read(KEY, path, SCALEWAY_CONFIG_LIMIT, &text, &exposed, err) < 0)
		return -1;
	if (exposed)
		secret_file_warn(config, KEY, path, warnings);
	if (scaleway_config_find(text.data, text.length, find_name(config), &profile, err) < 0 ||
	    check_secret(config, &profile, err) < 0 || check_url(config, &profile, err) < 0)
		return err_wrap(err, "%s: %s", KEY, path);
	warn_region(config, path, &profile, warnings);
	free(config->registry.secret_key);
	config->registry.secret_key = steal(&profile.secret_key);
	notes_add(told, "the secret key is from %s%s%.100s", path, profile.name ? ", profile " : "",
		  profile.name ? profile.name : "");
	return 0;
}

int credentials_scaleway(struct config *config, struct notes *told, struct notes *warnings,
			 struct err *err)
{
	char *path = NULL;

	if (find_path(config->registry.scaleway_config, &path, err) < 0)
		return -1;
	/* Where "default" is, counts from here on. */
	free(config->registry.scaleway_config);
	config->registry.scaleway_config = path;
	return use_file(config, path, told, warnings, err);
}
