/* A folder that is not the registry's tells nothing, least of all that nothing is in it. */
#include "session/folder.h"

#include "config/config.h"
#include "inventory/inventory.h"
#include "scan_storage/unlisted.h"
#include "session/session.h"
#include "storage/layout.h"
#include "util/log.h"

#include <dirent.h>
#include <string.h>

bool folder_is_empty(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	bool empty = folder != NULL;

	if (!folder)
		return false;
	while (empty && (entry = readdir(folder)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	closedir(folder);
	return empty;
}

int folder_expect_driver(const struct session *session, struct err *err)
{
	const struct config *config = session->config;

	if (!config->paths.host_storage[0] || !server_config_has_no_folder(&session->server))
		return 0;
	return err_set(err, ERR_IO,
		       "paths.host_storage is ignored: the registry has its storage in %s, as %s "
		       "says; take the key out of the configuration",
		       session->server.driver, config->paths.config);
}

struct layout *folder_expect_layout(const char *path, struct err *err)
{
	struct err why = { 0 };
	struct layout *layout = layout_open(path, &why);

	if (layout)
		return layout;
	if (folder_is_empty(path))
		err_set(err, ERR_IO,
			"paths.host_storage: %s is empty: it is not the registry's storage, or "
			"nothing was ever pushed; nothing is read or measured there",
			path);
	else
		err_set(err, ERR_IO,
			"paths.host_storage: there is no registry storage in %s (%s); nothing is "
			"read or measured there",
			path, why.msg);
	return NULL;
}

void folder_open(struct session *session)
{
	const char *path = session->config->paths.host_storage;
	struct err err = { 0 };

	session->unseen = "paths.host_storage is not set";
	if (!path[0])
		return;
	if (folder_expect_driver(session, &err) < 0) {
		session->unseen = "the registry's storage is no folder of this host";
		log_warning("%s", err.msg);
		return;
	}
	session->layout = folder_expect_layout(path, &err);
	session->trust = session->layout ? STORAGE_UNPROVED : STORAGE_NONE;
	session->unseen = session->layout ? NULL : "paths.host_storage is no registry's storage";
	if (!session->layout)
		log_warning("%s", err.msg);
}

void folder_read_revisions(struct session *session)
{
	struct inventory *inventory = session->inventory;
	const char *strange = NULL;

	for (uint32_t r = 0; session->layout && r < inventory->repository_count; r++) {
		const struct inventory_repository *repository = &inventory->repositories[r];

		if (repository->trouble)
			continue;
		if (!scan_storage_unlisted(inventory, session->layout, r) &&
		    !inventory->repositories[r].trouble)
			strange = repository->name;
		if (inventory->repositories[r].trouble) {
			inventory->failures++;
			log_warning("%s: %s; nothing is deleted in this repository",
				    inventory->repositories[r].name,
				    inventory->repositories[r].trouble);
		}
	}
	if (!strange)
		return;
	session->unseen = "paths.host_storage is not this registry's folder";
	session->trust = STORAGE_REFUTED;
	log_warning("%s has tags, but paths.host_storage has no manifest of them: it is not this "
		    "registry's folder, and nothing is measured there",
		    strange);
}
