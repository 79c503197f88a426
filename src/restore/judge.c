/* From the bottom up what is possible, from the top down what is needed. */
#include "restore/judge.h"

#include "oci/support.h"
#include "restore/list.h"
#include "util/xalloc.h"

#include <stdio.h>
#include <string.h>

#define WORDS 160

static bool is_possible(const struct restore_manifest *manifest)
{
	return manifest->verdict == VERDICT_PUT || manifest->verdict == VERDICT_THERE;
}

static const struct restore_blob *missing_blob(const struct restore_list *list,
					       const struct restore_manifest *manifest)
{
	for (size_t b = 0; b < manifest->blob_count; b++) {
		const struct restore_blob *blob = &list->blobs[manifest->blobs[b]];

		if (blob->found == BLOB_GONE || blob->found == BLOB_UNASKED)
			return blob;
	}
	return NULL;
}

static const struct restore_manifest *missing_child(const struct restore_list *list,
						    const struct restore_manifest *manifest,
						    const struct restore_rules *rules)
{
	for (size_t c = 0; manifest->children && c < manifest->content.child_count; c++) {
		const struct restore_manifest *child = &list->manifests[manifest->children[c]];

		if (!is_possible(child) && !(rules->sparse && child->found == FOUND_ABSENT))
			return child;
	}
	return NULL;
}

/* Why it cannot come back, the caller's; NULL: it can. */
static char *objection(const struct restore_list *list, const struct restore_manifest *manifest,
		       const struct restore_rules *rules)
{
	const struct restore_blob *blob = missing_blob(list, manifest);
	const struct restore_manifest *child;
	char words[WORDS];

	if (manifest->found == FOUND_UNKNOWN)
		return xasprintf("whether it is there is not known: %s", manifest->why);
	if (!manifest->body && manifest->found == FOUND_ABSENT)
		return xstrdup("it is not in the registry, and no journal that was read has it");
	if (!manifest->body)
		return NULL;
	if (manifest->schema1)
		return xstrdup("it is schema1, whose bytes no registry takes back");
	if (!manifest->parsed)
		return xasprintf("it is no manifest that can be read: %s", manifest->why);
	if (blob)
		return xasprintf(
			"its %s %s %s",
			manifest->content.config.digest &&
					strcmp(blob->digest, manifest->content.config.digest) == 0
				? "config"
				: "layer",
			blob->digest, blob->why ? blob->why : "was not looked for");
	if (manifest->found != FOUND_THERE &&
	    !oci_is_supported(&manifest->content.form, rules->major))
		return xasprintf("this registry takes no %s",
				 oci_support_words(&manifest->content.form, words, sizeof words));
	child = missing_child(list, manifest, rules);
	return child ? xasprintf("its part %s cannot come back: %s", child->digest,
				 child->why ? child->why : "it was not looked for")
		     : NULL;
}

static void judge_manifest(struct restore_list *list, struct restore_manifest *manifest,
			   const struct restore_rules *rules)
{
	char *why = objection(list, manifest, rules);

	if (why) {
		free(manifest->why);
		manifest->why = why;
		manifest->verdict = VERDICT_IMPOSSIBLE;
	} else {
		manifest->verdict = manifest->found == FOUND_THERE ? VERDICT_THERE : VERDICT_PUT;
	}
}

/* Parts first: what has a lower level. */
static void judge_manifests(struct restore_list *list, const struct restore_rules *rules)
{
	unsigned top = 0;

	for (size_t m = 0; m < list->manifest_count; m++) {
		if (list->manifests[m].level > top)
			top = list->manifests[m].level;
	}
	for (unsigned level = 0; level <= top; level++) {
		for (size_t m = 0; m < list->manifest_count; m++) {
			if (list->manifests[m].wanted && list->manifests[m].level == level)
				judge_manifest(list, &list->manifests[m], rules);
		}
	}
}

static void judge_tag(const struct restore_list *list, struct restore_tag *tag,
		      const struct restore_rules *rules)
{
	const struct restore_manifest *manifest = &list->manifests[tag->manifest];

	if (tag->found == FOUND_UNKNOWN) {
		tag->verdict = VERDICT_IMPOSSIBLE;
	} else if (tag->found == FOUND_OTHER && !rules->overwrite) {
		tag->verdict = VERDICT_EXISTS;
		free(tag->why);
		tag->why = xasprintf("it exists again, as %s", tag->now);
	} else if (!is_possible(manifest)) {
		tag->verdict = VERDICT_IMPOSSIBLE;
		free(tag->why);
		tag->why = xstrdup(manifest->why ? manifest->why : "it was not looked for");
	} else {
		tag->verdict = tag->found == FOUND_THERE ? VERDICT_THERE : VERDICT_PUT;
	}
}

/* An index that cannot come back stands for none of its parts. */
static void note_orphans(struct restore_list *list)
{
	for (size_t m = 0; m < list->manifest_count; m++)
		list->manifests[m].listed = false;
	for (size_t m = 0; m < list->manifest_count; m++) {
		const struct restore_manifest *index = &list->manifests[m];

		if (!index->wanted || !index->children || !is_possible(index))
			continue;
		for (size_t c = 0; c < index->content.child_count; c++)
			list->manifests[index->children[c]].listed = true;
	}
}

static bool need(struct restore_manifest *manifest)
{
	bool was = manifest->needed;

	manifest->needed = true;
	return !was;
}

/* What hangs on what is needed; true if that was more than before. */
static bool spread(struct restore_list *list)
{
	bool more = false;

	for (size_t m = 0; m < list->manifest_count; m++) {
		struct restore_manifest *manifest = &list->manifests[m];
		uint32_t subject = RESTORE_NONE;

		if (manifest->describes)
			subject = restore_list_find(list, manifest->repository,
						    manifest->content.subject);
		if (subject != RESTORE_NONE && list->manifests[subject].needed)
			more |= need(manifest);
		for (size_t c = 0; manifest->needed && is_possible(manifest) &&
				   manifest->children && c < manifest->content.child_count;
		     c++)
			more |= need(&list->manifests[manifest->children[c]]);
	}
	return more;
}

static void find_needs(struct restore_list *list)
{
	for (size_t t = 0; t < list->tag_count; t++) {
		const struct restore_tag *tag = &list->tags[t];

		if (tag->verdict == VERDICT_PUT || tag->verdict == VERDICT_THERE)
			list->manifests[tag->manifest].needed = true;
	}
	for (size_t m = 0; m < list->manifest_count; m++) {
		struct restore_manifest *manifest = &list->manifests[m];

		manifest->needed |= manifest->sole || (manifest->named && !manifest->listed);
	}
	while (spread(list)) {
	}
}

/* Tags are told of by their names. */
static void find_told(struct restore_list *list)
{
	for (size_t m = 0; m < list->manifest_count; m++) {
		struct restore_manifest *manifest = &list->manifests[m];

		manifest->told = manifest->wanted && manifest->needed &&
				 (manifest->sole ||
				  (!manifest->listed && (manifest->named || manifest->describes)));
	}
	for (size_t t = 0; t < list->tag_count; t++) {
		if (list->tags[t].wanted)
			list->manifests[list->tags[t].manifest].told = false;
	}
}

void restore_judge(struct restore_list *list, const struct restore_rules *rules)
{
	judge_manifests(list, rules);
	for (size_t t = 0; t < list->tag_count; t++) {
		if (list->tags[t].wanted)
			judge_tag(list, &list->tags[t], rules);
	}
	note_orphans(list);
	find_needs(list);
	find_told(list);
	for (size_t m = 0; m < list->manifest_count; m++) {
		if (list->manifests[m].verdict == VERDICT_PUT && !list->manifests[m].needed)
			list->manifests[m].verdict = VERDICT_NONE;
	}
}

static void count(struct restore_account *account, enum restore_verdict verdict,
		  enum restore_found found)
{
	switch (verdict) {
	case VERDICT_NONE:
	case VERDICT_PUT:
	case VERDICT_DONE:
		break;
	case VERDICT_THERE:
		account->there++;
		break;
	case VERDICT_EXISTS:
		account->exists++;
		break;
	case VERDICT_IMPOSSIBLE:
		account->impossible++;
		account->unknown += found == FOUND_UNKNOWN;
		break;
	case VERDICT_FAILED:
		account->failed++;
		break;
	}
}

struct restore_account restore_count(const struct restore_list *list)
{
	struct restore_account account = { 0 };

	for (size_t t = 0; t < list->tag_count; t++) {
		const struct restore_tag *tag = &list->tags[t];

		account.tags += tag->verdict == VERDICT_PUT;
		account.done_tags += tag->verdict == VERDICT_DONE;
		count(&account, tag->verdict, tag->found);
	}
	for (size_t m = 0; m < list->manifest_count; m++) {
		const struct restore_manifest *manifest = &list->manifests[m];

		if (!manifest->told)
			continue;
		account.manifests += manifest->verdict == VERDICT_PUT;
		account.done_manifests += manifest->verdict == VERDICT_DONE;
		count(&account, manifest->verdict, manifest->found);
	}
	return account;
}
