/* What a reader wants to know first. */
#include "apply/outcome.h"
#include "apply_scaleway/namespaces.h"
#include "config/config.h"
#include "html/facts.h"
#include "html/html.h"
#include "html/sections.h"
#include "html/text.h"
#include "inventory/inventory.h"
#include "plan/plan.h"
#include "report/run_json.h"
#include "report/space.h"
#include "session/exit_code.h"
#include "util/log.h"
#include "util/messages.h"
#include "util/units.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>

static const char *class_of(int code)
{
	if (code == EXIT_ALL_DONE)
		return "good";
	return code == EXIT_PARTLY || code == EXIT_BUSY ? "warn" : "bad";
}

/* Empty namespaces that went, or would go. */
static size_t count_namespaces(const struct report *report)
{
	if (!report->namespaces)
		return 0;
	return report->dry_run ? report->namespaces->count : report->namespaces->deleted;
}

static void write_namespaces(const struct report *report, bool first, FILE *out)
{
	size_t count = count_namespaces(report);

	if (count == 0)
		return;
	fputs(first ? "" : " and ", out);
	html_count(out, count, "empty namespace");
}

static void write_did(const struct report *report, FILE *out)
{
	const struct outcome *outcome = report->outcome;
	struct report_space freed = report_freed(report);
	size_t tags = outcome ? outcome->tags_deleted : 0;
	size_t manifests = outcome ? outcome->manifests_deleted : 0;
	size_t things = (tags ? tags : manifests) + count_namespaces(report);

	if (tags > 0)
		html_count(out, tags, "tag");
	else if (manifests > 0)
		html_count(out, manifests, "manifest");
	else if (things == 0)
		fputs("Nothing", out);
	write_namespaces(report, tags + manifests == 0, out);
	fputs(things > 1 ? " were deleted" : " was deleted", out);
	if (freed.bytes != HTML_UNKNOWN) {
		fputs(", and ", out);
		html_write_space(out, freed);
		fputs(" freed", out);
	}
	fputs(".", out);
}

static void write_would_do(const struct report *report, FILE *out)
{
	struct report_space freed = report_expected(report);

	if (!report->plan)
		return;
	fputs(" A run would delete ", out);
	html_count(out, report->plan->tags_going, "tag");
	write_namespaces(report, false, out);
	if (freed.bytes != HTML_UNKNOWN && report->collects) {
		fputs(", and free ", out);
		html_write_space(out, freed);
	}
	fputs(".", out);
}

/* WORDS as the beginning of a sentence. */
static void write_first(FILE *out, const char *words)
{
	fprintf(out, "%c%s", toupper((unsigned char)*words), words + 1);
}

/* The limit that refuses a plan is told first, then that it is refused. */
static void write_limit(FILE *out)
{
	const struct messages *messages = log_messages();
	size_t first = 0;

	while (first < messages->count && !messages->items[first].is_error)
		first++;
	if (first == messages->count)
		return;
	html_name(out, messages->items[first].text);
	fputs("; ", out);
}

/* What ended the run early, as a sentence. */
static void write_failure(const struct html_page *page, FILE *out)
{
	fputs(page->report->dry_run ? " A run would stop here: " : " It ended early: ", out);
	if (page->report->exit_code == EXIT_SAFETY)
		write_limit(out);
	html_name(out, page->failure);
	fputs(".", out);
}

static void write_verdict(const struct html_page *page, FILE *out)
{
	const struct report *report = page->report;
	const char *words = exit_code_words(report->exit_code);

	fprintf(out, "<p class=\"verdict %s\"><strong>", class_of(report->exit_code));
	if (!report->dry_run)
		write_first(out, words);
	else if (report->exit_code == EXIT_ALL_DONE)
		fputs("Dry run: nothing was changed", out);
	else
		fprintf(out, "Dry run: %s", words);
	fputs(".</strong>", out);
	if (page->failure)
		write_failure(page, out);
	if (report->dry_run) {
		write_would_do(report, out);
	} else {
		fputs(" ", out);
		write_did(report, out);
	}
	fputs("</p>\n", out);
}

static void begin_figure(FILE *out, const char *label)
{
	fprintf(out, "<div><dt>%s</dt><dd>", label);
}

static void end_figure(FILE *out)
{
	fputs("</dd></div>\n", out);
}

static void write_number(FILE *out, const char *label, uint64_t number)
{
	begin_figure(out, label);
	html_number(out, number);
	end_figure(out);
}

static void write_bytes(FILE *out, const char *label, uint64_t bytes)
{
	begin_figure(out, label);
	html_bytes(out, bytes);
	end_figure(out);
}

static void write_tags(const struct report *report, FILE *out)
{
	struct report_counts counts;

	if (!report->inventory)
		return;
	report_count(report, &counts);
	write_number(out, report->dry_run ? "tags to delete" : "tags deleted",
		     report->dry_run ? report->outcome->tags_planned
				     : report->outcome->tags_deleted);
	write_number(out, report->dry_run ? "tags would stay" : "tags stay", counts.kept);
}

/* What is not known has its place further down, where it is said why. */
static void write_space(const struct report *report, FILE *out)
{
	struct report_space freed =
		report->dry_run ? report_expected(report) : report_freed(report);
	uint64_t now = html_storage_now(report);

	if (freed.bytes != HTML_UNKNOWN)
		write_bytes(out, report->dry_run ? "could be freed" : "freed", freed.bytes);
	if (now != HTML_UNKNOWN)
		write_bytes(out, "in storage now", now);
	if (report->verified)
		write_number(out, "damaged tags", report->verification.damaged);
}

static void write_figures(const struct report *report, FILE *out)
{
	fputs("<dl class=\"figures\">\n", out);
	write_tags(report, out);
	write_space(report, out);
	write_number(out, log_warnings() == 1 ? "warning" : "warnings", log_warnings());
	write_number(out, log_errors() == 1 ? "error" : "errors", log_errors());
	fputs("</dl>\n", out);
}

static void write_server(const struct report *report, FILE *out)
{
	if (report->inventory) {
		fputs("<div><dt>Read</dt><dd>", out);
		html_count(out, report->inventory->tag_count, "tag");
		fputs(" in ", out);
		html_number(out, report->inventory->repository_count);
		fputs(report->inventory->repository_count == 1 ? " repository, "
							       : " repositories, ",
		      out);
		fputs(report->inventory->from_storage ? "from the storage" : "through the API",
		      out);
		fputs("</dd></div>\n", out);
	}
	if (report->driver && *report->driver) {
		fputs("<div><dt>Storage driver</dt><dd>", out);
		html_name(out, report->driver);
		fputs("</dd></div>\n", out);
	}
}

static void write_facts(const struct report *report, FILE *out)
{
	char duration[UNITS_SIZE];

	fputs("<dl class=\"facts\">\n<div><dt>Began</dt><dd>", out);
	html_time(out, report->started_at);
	fprintf(out, "</dd></div>\n<div><dt>Took</dt><dd>%s</dd></div>\n",
		units_duration(report->seconds, duration));
	fprintf(out, "<div><dt>Exit code</dt><dd>%d: %s</dd></div>\n", report->exit_code,
		exit_code_words(report->exit_code));
	fprintf(out, "<div><dt>Command</dt><dd>%s%s</dd></div>\n", report->command,
		report->dry_run ? ", dry run" : "");
	write_server(report, out);
	fputs("<div><dt>Program</dt><dd>clean-registry " VERSION "</dd></div>\n</dl>\n", out);
}

void html_summary(const struct html_page *page, FILE *out)
{
	fprintf(out, "<p class=\"kicker\">clean-registry &middot; %s</p>\n<h1>",
		page->report->dry_run ? "dry run" : page->report->command);
	html_name(out, page->report->config->registry.url);
	fputs("</h1>\n", out);
	write_verdict(page, out);
	write_figures(page->report, out);
	write_facts(page->report, out);
}
