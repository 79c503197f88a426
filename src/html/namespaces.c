/* What became of empty namespaces of Scaleway's registry. */
#include "apply_scaleway/namespaces.h"
#include "html/html.h"
#include "html/sections.h"
#include "html/text.h"
#include "report/run_json.h"

#include <stddef.h>

#define NAMESPACES_SHOWN 200

static const char *fate_of(const struct report *report, const struct scaleway_namespace *space)
{
	static const char *const FATES[] = {
		[SCALEWAY_NAMESPACE_PLANNED] = "left for the next run",
		[SCALEWAY_NAMESPACE_DELETED] = "deleted",
		[SCALEWAY_NAMESPACE_FAILED] = "could not be deleted: ",
		[SCALEWAY_NAMESPACE_KEPT] = "stays, as it changed while it was looked at",
	};

	if (report->dry_run && space->fate == SCALEWAY_NAMESPACE_PLANNED)
		return "would be deleted";
	return FATES[space->fate];
}

static void write_namespace(const struct report *report, const struct scaleway_namespace *space,
			    FILE *out)
{
	fputs("<li>", out);
	html_name(out, space->name);
	fprintf(out, ": %s", fate_of(report, space));
	if (space->error[0])
		html_name(out, space->error);
	fputs("</li>\n", out);
}

void html_namespaces(const struct html_page *page, FILE *out)
{
	const struct scaleway_namespaces *spaces = page->report->namespaces;

	if (!spaces || spaces->count == 0)
		return;
	fputs("<h3>Empty namespaces</h3>\n<ul class=\"list\">\n", out);
	for (size_t i = 0; i < spaces->count && i < NAMESPACES_SHOWN; i++)
		write_namespace(page->report, &spaces->items[i], out);
	fputs("</ul>\n", out);
	if (spaces->count > NAMESPACES_SHOWN) {
		fputs("<p>And ", out);
		html_number(out, spaces->count - NAMESPACES_SHOWN);
		fputs(" more, not shown.</p>\n", out);
	}
}
