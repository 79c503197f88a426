/* Device and inode tell which folder registry.exec leads to, not which one the registry that
 * answers us has: only a delete that shows in it does. */
#include "apply_confirm.h"

#include "apply.h"
#include "storage/links.h"
#include "util/log.h"

void apply_confirm(struct apply *apply, const char *repository, const char *digest)
{
	if (!apply->proved || apply->confirmed || apply->strange)
		return;
	if (links_revision(apply->layout, repository, digest).state == LINK_ABSENT) {
		apply->confirmed = true;
		return;
	}
	apply->strange = true;
	apply->outcome->failures++;
	log_error(
		"%s: the registry deleted %s, but paths.host_storage still has it: that is not "
		"the folder of the registry at registry.url; nothing more is deleted, and nothing "
		"is collected",
		repository, digest);
}
