/* Two checks: device and inode (or, where they cannot be asked, all names) are equal; and a sample
 * of tags points at what the registry answers. */
#include "session/storage_proof.h"

#include "config/config.h"
#include "registry/folder_identity.h"
#include "registry/server_config.h"
#include "scan_storage/compare_with_api.h"
#include "storage/layout.h"
#include "util/log.h"
#include "util/xalloc.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum same { SAME, OTHER, NOT_KNOWN };

/* The folder that was read is compared, not the root that it lies in: something else may be mounted
 * there. */
static enum same compare_folder(const struct proof *proof, const char *path, struct err *err)
{
	const struct config *config = proof->config;
	const char *const *exec = (const char *const *)config->registry.exec.items;
	CLEANUP(free_p) char *folder = xasprintf("%s/" LAYOUT_FOLDER, path);
	struct folder_identity there;
	struct stat here;

	if (fstat(layout_fd(proof->layout), &here) != 0) {
		err_set(err, ERR_IO, "%s: %s", layout_path(proof->layout), strerror(errno));
		return OTHER;
	}
	if (folder_identity_ask(exec, folder, &there, err) < 0)
		return NOT_KNOWN;
	if (there.device == (uint64_t)here.st_dev && there.inode == (uint64_t)here.st_ino)
		return SAME;
	err_set(err, ERR_IO,
		"%s is another folder than %s where registry.exec leads (device and inode differ)",
		config->paths.host_storage, path);
	return OTHER;
}

static bool is_same_path(const char *a, const char *b)
{
	size_t a_length = strlen(a), b_length = strlen(b);

	while (a_length > 1 && a[a_length - 1] == '/')
		a_length--;
	while (b_length > 1 && b[b_length - 1] == '/')
		b_length--;
	return a_length == b_length && memcmp(a, b, a_length) == 0;
}

/* paths.storage must be the folder, and what the registry's own configuration says, if that is
 * known: it may have moved away and left a copy behind. */
static enum same compare_folders(const struct proof *proof, struct err *err)
{
	const struct config *config = proof->config;
	const char *storage = config->paths.storage, *root = proof->server->root;
	enum same same = NOT_KNOWN;

	err_set(err, ERR_IO, "paths.storage is not set");
	if (*storage)
		same = compare_folder(proof, storage, err);
	if (same == OTHER || !*root || (*storage && is_same_path(storage, root)))
		return same;
	return compare_folder(proof, root, err);
}

int storage_proof(const struct proof *proof, bool *own, struct err *err)
{
	struct err why = { 0 };
	enum same same = compare_folders(proof, &why);

	*own = false;
	if (same == OTHER || why.kind == ERR_STOPPED) {
		*err = why;
		return -1;
	}
	/* While it is not known where the registry has its storage, the one at paths.storage may be
	 * what it left behind when it moved. */
	if (same == NOT_KNOWN || !proof->server->root[0]) {
		log_debug("all names are compared, since %s",
			  same == NOT_KNOWN ? why.msg : "the registry's own folder is not known");
		if (compare_with_api_names(proof->inventory, proof->layout, proof->api, proof->http,
					   err) < 0)
			return -1;
	}
	if (compare_with_api_sample(proof->inventory, proof->layout, proof->api, proof->http, err) <
	    0)
		return -1;
	*own = same == SAME && proof->server->root[0];
	return 0;
}
