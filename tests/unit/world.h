/* A registry of one repository, described by a few words, as an inventory. One statement per line:
 *
 *   3x                       single tags can be deleted
 *   image NAME DAYS          an image, so many days old; `none`: no date, `bad`: an unbelievable
 * one artifact NAME DAYS       the same for an artifact index NAME CHILD…        CHILD! is an
 * attestation missing NAME             the registry does not have it unreadable NAME subject NAME
 * OF          NAME has a `subject` owed | held | gone NAME trouble                  the repository
 * could not be read completely repository NAME          instead of `repo` tag TAG NAME TAG may be
 * sig:NAME, att:NAME or bare:NAME (sha256-<hex of NAME>…); dangling TAG             listed, without
 * a manifest
 *
 * Digests are the sha256 of NAME. */
#ifndef WORLD_H
#define WORLD_H

#include "inventory.h"
#include "oci/date.h"
#include "oci/digest.h"
#include "util/strtab.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORLD_NOW INT64_C(1780000000)

static inline const char *world_digest(const char *name, char text[DIGEST_TEXT])
{
	return digest_of(name, strlen(name), text);
}

static inline uint32_t world_manifest(struct inventory *inventory, const char *name)
{
	char digest[DIGEST_TEXT];

	return inventory_manifest(inventory, 0, world_digest(name, digest));
}

static inline void world_child(struct inventory *inventory, uint32_t index, const char *name)
{
	char plain[64];
	size_t length = strcspn(name, "!");
	struct inventory_child child = { .attestation = name[length] == '!' };

	snprintf(plain, sizeof plain, "%.*s", (int)length, name);
	child.manifest = world_manifest(inventory, plain);
	if (inventory->manifests[index].child_count == 0)
		inventory->manifests[index].children = (uint32_t)inventory->child_count;
	inventory->children = realloc(inventory->children,
				      (inventory->child_count + 1) * sizeof *inventory->children);
	assert(inventory->children);
	inventory->children[inventory->child_count++] = child;
	inventory->manifests[index].child_count++;
}

static inline int64_t world_date(const char *days)
{
	if (strcmp(days, "none") == 0)
		return DATE_ABSENT;
	if (strcmp(days, "bad") == 0)
		return DATE_INVALID;
	return WORLD_NOW - strtoll(days, NULL, 10) * 86400;
}

static inline void world_tag_name(const char *word, char *name, size_t size)
{
	const char *colon = strchr(word, ':');
	char digest[DIGEST_TEXT];

	if (!colon) {
		snprintf(name, size, "%s", word);
		return;
	}
	world_digest(colon + 1, digest);
	if (strncmp(word, "bare", 4) == 0)
		snprintf(name, size, "sha256-%s", digest + 7);
	else
		snprintf(name, size, "sha256-%s.%.*s", digest + 7, (int)(colon - word), word);
}

static inline void world_statement(struct inventory *inventory, char *words[], size_t count)
{
	const char *verb = words[0];
	uint32_t id = count > 1 && strcmp(verb, "tag") != 0 && strcmp(verb, "dangling") != 0 &&
				      strcmp(verb, "repository") != 0
			      ? world_manifest(inventory, words[1])
			      : 0;
	struct inventory_manifest *manifest = inventory->manifests + id;

	if (strcmp(verb, "3x") == 0) {
		inventory->server.tag_delete = TAG_DELETE_YES;
	} else if (strcmp(verb, "trouble") == 0) {
		inventory_trouble(inventory, 0, "trouble");
	} else if (strcmp(verb, "image") == 0 || strcmp(verb, "artifact") == 0) {
		manifest->kind = *verb == 'i' ? MANIFEST_IMAGE : MANIFEST_ARTIFACT;
		manifest->created = world_date(words[2]);
	} else if (strcmp(verb, "index") == 0) {
		manifest->kind = MANIFEST_INDEX;
		for (size_t i = 2; i < count; i++)
			world_child(inventory, id, words[i]);
	} else if (strcmp(verb, "missing") == 0) {
		manifest->kind = MANIFEST_MISSING;
	} else if (strcmp(verb, "unreadable") == 0) {
		manifest->kind = MANIFEST_UNREADABLE;
	} else if (strcmp(verb, "subject") == 0) {
		uint32_t subject = world_manifest(inventory, words[2]);

		inventory->manifests[id].subject = subject;
	} else if (strcmp(verb, "owed") == 0) {
		manifest->owed = true;
	} else if (strcmp(verb, "held") == 0) {
		manifest->held = true;
	} else if (strcmp(verb, "gone") == 0) {
		manifest->gone = true;
	}
}

/* Tags stand together, so they are collected first and added at the end. */
static inline struct inventory *world_new(const char *text)
{
	struct inventory *inventory = inventory_new();
	char *copy = strdup(text), *line, *rest = copy;
	char *names[64], *targets[64];
	size_t tags = 0;

	assert(copy);
	inventory_repository(inventory, strncmp(text, "repository ", 11) == 0
						? strtok_r(strsep(&rest, "\n") + 11, " ", &line)
						: "repo");
	while ((line = strsep(&rest, "\n"))) {
		char *words[32], *word, *place = NULL;
		size_t count = 0;

		for (word = strtok_r(line, " \t", &place); word;
		     word = strtok_r(NULL, " \t", &place))
			words[count++] = word;
		if (count == 0)
			continue;
		if (strcmp(words[0], "tag") == 0 || strcmp(words[0], "dangling") == 0) {
			names[tags] = malloc(200);
			world_tag_name(words[1], names[tags], 200);
			targets[tags++] = count > 2 ? words[2] : NULL;
		} else {
			world_statement(inventory, words, count);
		}
	}
	inventory_tags(inventory, 0, names, tags);
	for (size_t i = 0; i < tags; i++) {
		if (targets[i])
			inventory_point(inventory, (uint32_t)i,
					world_manifest(inventory, targets[i]));
		else
			inventory->tags[i].state = TAG_MISSING;
		free(names[i]);
	}
	free(copy);
	return inventory;
}

#endif
