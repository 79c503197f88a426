/* What of a list can come back, by what was found. Pure. */
#ifndef RESTORE_JUDGE_H
#define RESTORE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

struct restore_list;
struct restore_manifest;
struct restore_tag;

struct restore_rules {
	bool overwrite; /* tags that exist again */
	bool sparse;    /* the registry takes an index without some of its parts */
	unsigned major; /* its version, 0: not known */
};

/* Gives everything that is wanted its verdict, what is found being known. */
void restore_judge(struct restore_list *list, const struct restore_rules *rules);

/* How many of what is told (tags, and manifests that no tag or index stands for) ended how. */
struct restore_account {
	size_t tags, manifests;           /* that can come back, and were not put yet */
	size_t done_tags, done_manifests; /* that were put */
	size_t there;                     /* already, before */
	size_t exists, impossible, failed;
	size_t unknown; /* of those that are impossible: the registry did not say what it has */
};
struct restore_account restore_count(const struct restore_list *list);

#endif
