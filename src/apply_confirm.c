/* Device and inode tell which folder registry.exec leads to, not which one the registry that
 * answers us has: only a delete that shows in it does. */
#include "apply_confirm.h"

#include "apply.h"
#include "storage/links.h"
#include "util/log.h"

/* Clocks of the registry's host and of ours may differ by so much. */
#define CLOCKS_SECONDS 2

void apply_confirm(struct apply *apply, const char *repository, const char *digest, int64_t sent_at)
{
	struct link link;

	if (!apply->proved || apply->confirmed || apply->strange)
		return;
	link = links_revision(apply->layout, repository, digest);
	if (link.state == LINK_ABSENT) {
		apply->confirmed = true;
		return;
	}
	/* It cannot be read now, or somebody pushed it anew directly after: the next delete has to
	 * tell. */
	if (link.state != LINK_READ || link.written >= sent_at - CLOCKS_SECONDS)
		return;
	apply->strange = true;
	apply->outcome->failures++;
	log_error(
		"%s: the registry deleted %s, but paths.host_storage still has it: that is not "
		"the folder of the registry at registry.url; nothing more is deleted, and nothing "
		"is collected",
		repository, digest);
}
