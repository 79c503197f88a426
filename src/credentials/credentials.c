/* From a key that says where, to user and password, or the secret key, in the configuration. */
#include "credentials/credentials.h"

#include "config/config.h"
#include "config/format.h"
#include "config/registry_names.h"
#include "credentials/docker_config.h"
#include "credentials/helper.h"
#include "credentials/scaleway.h"
#include "credentials/secret_file.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/home.h"
#include "util/notes.h"
#include "util/secrets.h"
#include "util/secure_file.h"
#include "util/xalloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PASSWORD_LIMIT ((size_t)4096) /* bytes */

int credentials_read_line(const char *name, const char *path, char **line, bool *exposed,
			  struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err why = { 0 };

	if (secret_file_read(name, path, PASSWORD_LIMIT, &text, exposed, err) < 0)
		return -1;
	if (text.length > 0 && text.data[text.length - 1] == '\n')
		text.length--;
	if (text.length > 0 && text.data[text.length - 1] == '\r')
		text.length--;
	if (text.length == 0)
		return err_set(err, ERR_USAGE, "%s: %s: it is empty", name, path);
	if (config_format_check(RULE_ANY, text.data, text.length, &why) < 0)
		return err_set(err, ERR_USAGE, "%s: %s: one line is expected: it %s", name, path,
			       why.msg);
	*line = xstrndup(text.data, text.length);
	return 0;
}

static int read_password(struct config *config, struct notes *told, struct notes *warnings,
			 struct err *err)
{
	static const char KEY[] = "registry.password_file";
	const char *path = config->registry.password_file;
	char *password = NULL;
	bool exposed;

	if (credentials_read_line(KEY, path, &password, &exposed, err) < 0)
		return -1;
	if (exposed)
		secret_file_warn(config, KEY, path, warnings);
	free(config->registry.password);
	config->registry.password = password;
	secrets_add_login(config->registry.user, config->registry.password);
	notes_add(told, "the password of %s is from %s", config->registry.user, path);
	return 0;
}

/* Where "default" is: as docker has it. */
static char *docker_config_path(const char *given)
{
	const char *folder = getenv("DOCKER_CONFIG");
	const char *home = home_folder();

	if (strcmp(given, "default") != 0)
		return xstrdup(given);
	if (folder && *folder == '/')
		return xasprintf("%s/config.json", folder);
	return home ? xasprintf("%s/.docker/config.json", home) : NULL;
}

/* What is kept under a name with two ports is nobody's. */
static void find_names(const struct config *config, struct string_list *names)
{
	struct string_list all = { 0 };

	registry_names(config, &all);
	for (size_t i = 0; i < all.count; i++) {
		const char *end = strrchr(all.items[i], ']');
		const char *colon = strchr(end ? end : all.items[i], ':');
		bool twice = false;

		for (size_t k = 0; k < names->count; k++)
			twice = twice || strcmp(names->items[k], all.items[i]) == 0;
		if (!twice && !(colon && strchr(colon + 1, ':')))
			string_list_add(names, xstrdup(all.items[i]));
	}
	string_list_clear(&all);
}

static int find_login(const char *path, const struct buf *text, const struct string_list *names,
		      struct docker_login *login, struct err *err)
{
	if (docker_config_find(text->data, text->length, names, login, err) < 0)
		return err_wrap(err, "registry.docker_config: %s", path);
	if (!login->helper)
		return 0;
	if (helper_ask(login, names, err) < 0)
		return err_wrap(err, "registry.docker_config: %s", path);
	return 0;
}

/* What a header can carry. */
static int check_login(const char *path, const struct docker_login *login, struct err *err)
{
	struct err why = { 0 };

	if (config_format_check(RULE_USER, login->user, strlen(login->user), &why) < 0 ||
	    config_format_check(RULE_ANY, login->password, strlen(login->password), &why) < 0)
		return err_set(err, ERR_USAGE,
			       "registry.docker_config: %s: user or password of %s %s", path,
			       login->name, why.msg);
	if (*login->user && *login->password)
		return 0;
	return err_set(err, ERR_USAGE, "registry.docker_config: %s: the login for %s has no %s",
		       path, login->name, *login->user ? "password" : "user");
}

static void tell(const char *path, const struct docker_login *login, struct notes *told)
{
	if (login->helper)
		notes_add(told, "logs in as %s, as docker-credential-%s of %s has it for %s",
			  login->user, login->helper, path, login->name);
	else
		notes_add(told, "logs in as %s, as %s has it for %s", login->user, path,
			  login->name);
}

static int read_docker_config(struct config *config, struct notes *told, struct notes *warnings,
			      struct err *err)
{
	static const char KEY[] = "registry.docker_config";
	CLEANUP(free_p) char *path = docker_config_path(config->registry.docker_config);
	CLEANUP(docker_config_clear) struct docker_login login = { 0 };
	CLEANUP(string_list_clear) struct string_list names = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	bool exposed;

	if (!path)
		return err_set(err, ERR_USAGE, "%s: this user has no home folder", KEY);
	/* Where "default" is, counts from here on. */
	free(config->registry.docker_config);
	config->registry.docker_config = xstrdup(path);
	if (secret_file_read(KEY, path, DOCKER_CONFIG_LIMIT, &text, &exposed, err) < 0)
		return -1;
	if (exposed)
		secret_file_warn(config, KEY, path, warnings);
	find_names(config, &names);
	if (find_login(path, &text, &names, &login, err) < 0 || check_login(path, &login, err) < 0)
		return -1;
	free(config->registry.user);
	free(config->registry.password);
	config->registry.user = steal(&login.user);
	config->registry.password = steal(&login.password);
	login.user = xstrdup(config->registry.user);
	tell(path, &login, told);
	return 0;
}

/* Who can write the key, can have us show a certificate of theirs. */
static int check_key(struct config *config, struct notes *warnings, struct err *err)
{
	const char *path = config->registry.client_key;
	struct notes faults = { 0 };
	struct stat status = { 0 };
	int fd;

	if (!*path)
		return 0;
	fd = secure_file_open(path, &status, &faults);
	if (fd < 0)
		err_set(err, ERR_USAGE, "registry.client_key: %s", faults.lines[0]);
	else if (status.st_mode & S_IROTH)
		secret_file_warn(config, "registry.client_key", path, warnings);
	notes_clear(&faults);
	if (fd < 0)
		return -1;
	file_close(&fd);
	return 0;
}

int credentials_complete(struct config *config, struct notes *told, struct notes *warnings,
			 struct err *err)
{
	int result = check_key(config, warnings, err);

	if (result == 0 && *config->registry.scaleway_config)
		result = credentials_scaleway(config, told, warnings, err);
	else if (result == 0 && *config->registry.docker_config)
		result = read_docker_config(config, told, warnings, err);
	else if (result == 0 && *config->registry.password_file && *config->registry.user)
		result = read_password(config, told, warnings, err);
	return result;
}
