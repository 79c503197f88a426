/* Tags in the order of the journal, then manifests without a tag. */
#include "restore/print.h"

#include "restore/judge.h"
#include "restore/list.h"
#include "util/date.h"
#include "util/log.h"
#include "util/time.h"
#include "util/units.h"
#include "json/write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One that is told: a tag, or else a manifest. */
struct item {
	const struct restore_tag *tag; /* NULL: none */
	const struct restore_manifest *manifest;
	enum restore_verdict verdict;
	const char *why, *run;
};

struct teller {
	const struct restore_print *print;
	void (*each)(struct teller *teller, const struct item *item);
	size_t count;
};

static void each_item(struct teller *teller, const struct restore_list *list)
{
	for (size_t t = 0; t < list->tag_count; t++) {
		const struct restore_tag *tag = &list->tags[t];
		struct item item = { tag, &list->manifests[tag->manifest], tag->verdict, tag->why,
				     tag->run };

		if (tag->wanted && tag->verdict != VERDICT_NONE)
			teller->each(teller, &item);
	}
	for (size_t m = 0; m < list->manifest_count; m++) {
		const struct restore_manifest *manifest = &list->manifests[m];
		struct item item = { NULL, manifest, manifest->verdict, manifest->why,
				     manifest->run };

		if (manifest->told && manifest->verdict != VERDICT_NONE)
			teller->each(teller, &item);
	}
}

static void warn(struct teller *teller, const struct item *item)
{
	const char *repository = item->manifest->repository;
	const char *reference = item->tag ? item->tag->name : item->manifest->digest;

	(void)teller;
	if (item->verdict == VERDICT_EXISTS)
		log_warning("%s:%s is not put back: %s; --overwrite replaces it", repository,
			    reference, item->why);
	else if (item->verdict == VERDICT_IMPOSSIBLE)
		log_warning("%s%s%s cannot come back: %s", repository, item->tag ? ":" : "@",
			    reference, item->why);
}

void restore_warn(const struct restore_list *list)
{
	struct teller teller = { .each = warn };

	each_item(&teller, list);
}

static const char *words_of(const struct restore_print *print, enum restore_verdict verdict)
{
	switch (verdict) {
	case VERDICT_PUT:
		return print->dry_run ? "can come back" : "not put back";
	case VERDICT_DONE:
		return "restored";
	case VERDICT_THERE:
		return "is there already";
	case VERDICT_EXISTS:
		return "exists again";
	case VERDICT_IMPOSSIBLE:
		return "cannot come back";
	case VERDICT_FAILED:
		return "failed";
	case VERDICT_NONE:
		break;
	}
	return "";
}

static void print_line(struct teller *teller, const struct item *item)
{
	bool told = item->verdict == VERDICT_EXISTS || item->verdict == VERDICT_IMPOSSIBLE ||
		    item->verdict == VERDICT_FAILED;

	if (item->tag)
		printf("%-16s  %s:%s%s%s\n", words_of(teller->print, item->verdict),
		       item->manifest->repository, item->tag->name, told ? ": " : "",
		       told ? item->why : "");
	else
		printf("%-16s  %s@%s%s%s\n", words_of(teller->print, item->verdict),
		       item->manifest->repository, item->manifest->digest, told ? ": " : "",
		       told ? item->why : "");
}

static void print_end(const struct restore_print *print, const struct restore_list *list)
{
	struct restore_account account = restore_count(list);
	size_t tags = print->dry_run ? account.tags : account.done_tags;
	size_t manifests = print->dry_run ? account.manifests : account.done_manifests;
	size_t left = account.exists + account.impossible + account.failed;
	char until[TIME_TEXT];

	if (!print->dry_run)
		left += account.tags + account.manifests;
	printf("%zu tag%s", tags, units_s(tags));
	if (manifests > 0)
		printf(" and %zu manifest%s without a tag", manifests, units_s(manifests));
	printf(" %s; %zu there already; %zu not\n", print->dry_run ? "can be restored" : "restored",
	       account.there, left);
	if (!print->dry_run && date_known(print->held_until) &&
	    tags + manifests + account.there > 0)
		printf("held until %s: no rule takes it before then; clean-registry release ends "
		       "that\n",
		       time_utc(print->held_until, until));
}

static const char *status_of(const struct restore_print *print, enum restore_verdict verdict)
{
	static const char *const STATUS[] = {
		[VERDICT_NONE] = "",         [VERDICT_PUT] = "not_restored",
		[VERDICT_DONE] = "restored", [VERDICT_THERE] = "there",
		[VERDICT_EXISTS] = "exists", [VERDICT_IMPOSSIBLE] = "impossible",
		[VERDICT_FAILED] = "failed",
	};

	return verdict == VERDICT_PUT && print->dry_run ? "planned" : STATUS[verdict];
}

static void print_object(struct teller *teller, const struct item *item)
{
	printf("%s\n    { \"repository\": ", teller->count++ > 0 ? "," : "");
	json_write_string(stdout, item->manifest->repository);
	printf(", \"tag\": ");
	json_write_string(stdout, item->tag ? item->tag->name : NULL);
	printf(", \"digest\": ");
	json_write_string(stdout, item->manifest->digest);
	printf(", \"run\": ");
	json_write_string(stdout, item->run);
	printf(", \"status\": \"%s\", \"why\": ", status_of(teller->print, item->verdict));
	json_write_string(stdout, item->verdict == VERDICT_EXISTS ||
						  item->verdict == VERDICT_IMPOSSIBLE ||
						  item->verdict == VERDICT_FAILED
					  ? item->why
					  : NULL);
	printf(" }");
}

static void print_json(const struct restore_print *print, const struct restore_list *list)
{
	struct teller teller = { .print = print, .each = print_object };

	printf("{\n  \"version\": 1,\n  \"registry\": ");
	json_write_string(stdout, print->registry);
	printf(",\n  \"dry_run\": %s,\n  \"exit_code\": %d,\n  \"held_until\": ",
	       print->dry_run ? "true" : "false", print->exit_code);
	json_write_time(stdout, print->held_until);
	printf(",\n  \"items\": [");
	each_item(&teller, list);
	printf("%s]\n}\n", teller.count > 0 ? "\n  " : "");
}

int restore_print(const struct restore_print *print, const struct restore_list *list,
		  struct err *err)
{
	struct teller teller = { .print = print, .each = print_line };

	if (print->json) {
		print_json(print, list);
	} else {
		each_item(&teller, list);
		print_end(print, list);
	}
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return err_set(err, ERR_IO, "standard output: %s",
		       errno ? strerror(errno) : "cannot be written");
}
