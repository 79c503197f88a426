/* The page as a whole: its head, the order of its parts, its end. */
#include "html/html.h"

#include "config/config.h"
#include "html/sections.h"
#include "html/style.h"
#include "html/text.h"
#include "report/run_json.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

/* Nothing may be loaded or sent, whatever got into the page. */
static const char HEAD[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	"style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<meta name=\"referrer\" content=\"no-referrer\">\n"
	"<meta name=\"robots\" content=\"noindex\">\n"
	/* A browser asks a server for an icon where the page has none. */
	"<link rel=\"icon\" href=\"data:,\">\n";

static void write_head(const struct html_page *page, FILE *out)
{
	fputs(HEAD, out);
	fputs("<title>clean-registry: ", out);
	html_text(out, page->report->config->registry.url);
	fprintf(out, ", %s", page->report->dry_run ? "dry run" : page->report->command);
	fprintf(out, ", exit code %d</title>\n", page->report->exit_code);
	html_style(out);
	fputs("</head>\n<body>\n", out);
}

struct part {
	const char *anchor, *name; /* NAME: in the list of contents */
	const char *title, *dry_title;
	void (*write)(const struct html_page *page, FILE *out);
	bool (*is_there)(const struct html_page *page); /* NULL: always */
};

static bool has_inventory(const struct html_page *page)
{
	return page->report->inventory != NULL;
}

static bool has_next(const struct html_page *page)
{
	return page->next != NULL;
}

static const struct part PARTS[] = {
	{ "messages", "Messages", "Warnings and errors", "Warnings and errors", html_messages,
	  NULL },
	{ "damage", "Damage", "What is damaged", "What is damaged", html_damage, html_has_damage },
	{ "deleted", "Deletions", "What was deleted, and why", "What would be deleted, and why",
	  html_deleted, has_inventory },
	{ "left", "Not deleted", "What was to go, and stays", "", html_left, html_has_left },
	{ "space", "Space", "What was freed", "What would be freed", html_space, html_has_space },
	{ "growth", "Growth", "How the storage grew", "How the storage grew", html_growth,
	  html_has_space },
	{ "repositories", "Repositories", "What each repository holds",
	  "What each repository holds", html_repositories, html_has_repositories },
	{ "kept", "Kept", "What stays, and why", "What would stay, and why", html_kept,
	  has_inventory },
	{ "next", "The next run", "What the next run would do", "", html_later, has_next },
	{ "undo", "Undo", "How to undo it", "", html_undo, html_has_undo },
};
#define PART_COUNT (sizeof PARTS / sizeof *PARTS)

static bool is_there(const struct part *part, const struct html_page *page)
{
	return !part->is_there || part->is_there(page);
}

static void write_contents(const struct html_page *page, FILE *out)
{
	fputs("<nav aria-label=\"Contents\"><ul>\n", out);
	for (size_t i = 0; i < PART_COUNT; i++) {
		if (is_there(&PARTS[i], page))
			fprintf(out, "<li><a href=\"#%s\">%s</a></li>\n", PARTS[i].anchor,
				PARTS[i].name);
	}
	fputs("</ul></nav>\n", out);
}

static void write_part(const struct part *part, const struct html_page *page, FILE *out)
{
	fprintf(out, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n", part->anchor,
		part->anchor);
	fprintf(out, "<h2 id=\"%s-title\">%s</h2>\n", part->anchor,
		page->report->dry_run ? part->dry_title : part->title);
	part->write(page, out);
	fputs("</section>\n", out);
}

static void write_parts(const struct html_page *page, FILE *out)
{
	for (size_t i = 0; i < PART_COUNT; i++) {
		if (is_there(&PARTS[i], page))
			write_part(&PARTS[i], page, out);
	}
}

static void write_end(const struct html_page *page, FILE *out)
{
	time_t at = (time_t)page->report->finished_at;
	char zone[32] = "";
	struct tm local;

	if (localtime_r(&at, &local) && strftime(zone, sizeof zone, "%Z, UTC%z", &local) == 0)
		zone[0] = '\0';
	fputs("<footer><p>Written by clean-registry " VERSION ". Times are those of its host", out);
	fprintf(out, "%s%s%s", *zone ? " (" : "", zone, *zone ? ")" : "");
	fputs(". KiB, MiB and GiB are powers of 1024. This page has no scripts and loads "
	      "nothing.</p></footer>\n</body>\n</html>\n",
	      out);
}

int html_write(const struct html_page *page, FILE *stream, struct err *err)
{
	write_head(page, stream);
	fputs("<header>\n", stream);
	html_summary(page, stream);
	write_contents(page, stream);
	fputs("</header>\n<main>\n", stream);
	write_parts(page, stream);
	fputs("</main>\n", stream);
	write_end(page, stream);
	if (fflush(stream) == 0 && !ferror(stream))
		return 0;
	return err_set(err, ERR_IO, "the page could not be written: %s", strerror(errno));
}
