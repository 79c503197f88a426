/* Random registries and policies: a plain description of one, made from a seed. */
#ifndef RANDOM_WORLD_H
#define RANDOM_WORLD_H

#include "inventory/inventory.h"
#include "oci/digest.h"
#include "random_policy.h"
#include "util/date.h"

#define RANDOM_NOW       INT64_C(1780000000)
#define RANDOM_MANIFESTS 240
#define RANDOM_TAGS      240
#define RANDOM_CHILDREN  6
#define RANDOM_BLOBS     24
/* Digests are numbers: those of manifests are their labels, then come blobs. */
#define RANDOM_DIGESTS (RANDOM_MANIFESTS + RANDOM_BLOBS)

/* Whether somebody holds it (lists/holds.h). */
enum random_hold { NO_HOLD, HOLD_COUNTS, HOLD_EXPIRED };

/* What ends the name of a tag that may be a part of another one. */
#define RANDOM_PART "-arm64"

struct random_manifest {
	uint32_t repository;
	uint32_t label; /* its digest is that of "m<label>", the same in every repository */
	uint8_t kind;
	int64_t created;
	uint32_t children[RANDOM_CHILDREN];
	bool attestation[RANDOM_CHILDREN], artifact[RANDOM_CHILDREN];
	uint32_t child_count;
	uint32_t subject;
	uint32_t config; /* a digest, or RANDOM_NONE */
	int64_t untagged_since;
	bool pending, held, gone, linked;
	bool wanted;  /* without a tag */
	uint8_t hold; /* enum random_hold, by its digest */
};

enum random_wanted { UNWANTED, WANTED, WANTED_OTHERWISE /* with another digest */ };

struct random_tag {
	uint32_t repository;
	char name[RANDOM_NAME_SIZE];
	uint8_t state;
	uint32_t manifest;
	int64_t pushed, pulled, seen;
	uint8_t wanted;  /* enum random_wanted */
	uint8_t hold;    /* enum random_hold */
	bool not_ready;  /* of an opaque world */
	uint32_t origin; /* its number in the world that this one was derived from */
};

struct random_world {
	uint64_t seed; /* for what checks choose */
	bool tag_delete;
	bool storage; /* read from the storage, and not through the API */
	bool undated; /* most of what is in it has no date */
	bool opaque;  /* nothing but digests of tags is told (random_opaque.h) */
	uint32_t repository_count, manifest_count, tag_count;
	const char *repositories[RANDOM_REPOSITORIES];
	bool trouble[RANDOM_REPOSITORIES];
	struct random_manifest manifests[RANDOM_MANIFESTS];
	struct random_tag tags[RANDOM_TAGS];
	struct random_policy policy;
};

static inline int64_t random_cutoff(const struct random_world *world)
{
	return RANDOM_NOW - (int64_t)world->policy.days * 86400;
}

static inline bool random_readable(const struct random_manifest *manifest)
{
	return manifest->kind == MANIFEST_IMAGE || manifest->kind == MANIFEST_ARTIFACT ||
	       manifest->kind == MANIFEST_INDEX || manifest->kind == MANIFEST_SCHEMA1 ||
	       manifest->kind == MANIFEST_OPAQUE;
}

static inline const char *random_digest_text(uint32_t digest)
{
	static char known[RANDOM_DIGESTS][DIGEST_TEXT];
	bool manifest = digest < RANDOM_MANIFESTS;
	char name[16];

	if (!*known[digest])
		digest_of(name,
			  (size_t)snprintf(name, sizeof name, "%c%" PRIu32, manifest ? 'm' : 'b',
					   manifest ? digest : digest - RANDOM_MANIFESTS),
			  known[digest]);
	return known[digest];
}

static inline const char *random_digest(const struct random_manifest *manifest)
{
	return random_digest_text(manifest->label);
}

static inline int64_t random_date(const struct random_world *world, uint64_t *state)
{
	int64_t cutoff = random_cutoff(world);
	uint32_t dice = random_below(state, 100);

	if (world->undated && random_chance(state, 55))
		return dice < 50 ? DATE_ABSENT : DATE_INVALID;
	if (dice < 30)
		return cutoff - 86400 * (1 + (int64_t)random_below(state, 400));
	/* Few enough that many are equal. */
	if (dice < 60)
		return cutoff - 86400 * (1 + (int64_t)random_below(state, 3));
	if (dice < 75)
		return cutoff - 1 + random_below(state, 3);
	if (dice < 85)
		return RANDOM_NOW - random_below(state, 86400);
	if (dice < 89)
		return RANDOM_NOW + random_below(state, 86400 * 30);
	if (dice < 92)
		return DATE_EARLIEST - 1 + random_below(state, 2);
	return dice < 96 ? DATE_ABSENT : DATE_INVALID;
}

static inline uint8_t random_kind(uint64_t *state, bool first)
{
	uint32_t dice = random_below(state, first ? 70 : 100);

	if (dice < 46)
		return MANIFEST_IMAGE;
	if (dice < 56)
		return MANIFEST_ARTIFACT;
	if (dice < 59)
		return MANIFEST_SCHEMA1;
	if (dice < 66)
		return MANIFEST_MISSING;
	if (dice < 68)
		return MANIFEST_UNSEEN;
	return dice < 70 ? MANIFEST_UNREADABLE : MANIFEST_INDEX;
}

/* One of the manifests that its repository has so far, from FIRST on. */
static inline uint32_t random_earlier(const struct random_world *world, uint64_t *state,
				      uint32_t first)
{
	return first + random_below(state, world->manifest_count - first);
}

static inline void random_add_child(struct random_manifest *index, uint32_t child, bool attestation)
{
	if (index->child_count == RANDOM_CHILDREN)
		return;
	index->attestation[index->child_count] = attestation;
	index->artifact[index->child_count] = child % 7 == 3;
	index->children[index->child_count++] = child;
}

/* Of the tag that is added next, whatever else is chosen. */
static inline int64_t random_push(const struct random_world *world)
{
	uint64_t state = world->seed + world->tag_count;

	return random_date(world, &state);
}

/* In a third of all worlds no log of pulls is believed. */
static inline int64_t random_pulls_since(const struct random_world *world)
{
	uint64_t state = world->seed + 77;

	if (random_chance(&state, 33))
		return DATE_ABSENT;
	return RANDOM_NOW - (int64_t)random_below(&state, 120) * 86400;
}

/* Half of the tags were never pulled; a run saw each of them, mostly. */
static inline void random_pulls(struct random_tag *tag, uint64_t seed)
{
	uint64_t state = seed + 99;

	tag->pulled = tag->seen = DATE_ABSENT;
	if (random_chance(&state, 50))
		tag->pulled = RANDOM_NOW - (int64_t)random_below(&state, 100) * 86400;
	if (random_chance(&state, 90))
		tag->seen = RANDOM_NOW - (int64_t)random_below(&state, 150) * 86400;
}

static inline uint8_t random_hold(uint32_t number)
{
	return (uint8_t)(number % 31 <= HOLD_EXPIRED ? number % 31 : NO_HOLD);
}

static inline void random_tag(struct random_world *world, uint32_t repository, const char *name,
			      uint8_t state, uint32_t manifest)
{
	for (uint32_t t = 0; t < world->tag_count; t++) {
		if (world->tags[t].repository == repository &&
		    strcmp(world->tags[t].name, name) == 0)
			return;
	}
	if (world->tag_count == RANDOM_TAGS)
		return;
	world->tags[world->tag_count] = (struct random_tag){
		.repository = repository,
		.state = state,
		.manifest = manifest,
		.wanted = (uint8_t)(world->tag_count % 7 < 5 ? WANTED : world->tag_count % 7 - 5),
		.hold = random_hold((uint32_t)(world->seed >> 32) + world->tag_count),
		.origin = world->tag_count
	};
	world->tags[world->tag_count].pushed = random_push(world);
	random_pulls(&world->tags[world->tag_count], world->seed + world->tag_count);
	random_copy(world->tags[world->tag_count++].name, name);
}

/* A name that describes SUBJECT; ENDING is "", ".sig", … */
static inline void random_describing_name(const struct random_manifest *subject, const char *ending,
					  char name[RANDOM_NAME_SIZE])
{
	snprintf(name, RANDOM_NAME_SIZE, "sha256-%.64s%s",
		 random_digest(subject) + strlen("sha256:"), ending);
}

/* An index that is the fallback for referrers of an earlier manifest, mostly with its tag. */
static inline void random_fallback(struct random_world *world, uint64_t *state, uint32_t first,
				   struct random_manifest *index)
{
	uint32_t subject = random_earlier(world, state, first);
	char name[RANDOM_NAME_SIZE];

	/* Mostly of something that has referrers. */
	for (uint32_t m = first; m < world->manifest_count && random_chance(state, 80); m++) {
		if (world->manifests[m].subject != RANDOM_NONE)
			subject = world->manifests[m].subject;
	}
	for (uint32_t m = first; m < world->manifest_count; m++) {
		if (world->manifests[m].subject == subject)
			random_add_child(index, m, false);
	}
	if (random_chance(state, 10))
		random_add_child(index, random_earlier(world, state, first), false);
	random_describing_name(&world->manifests[subject], "", name);
	if (random_chance(state, 85))
		random_tag(world, index->repository, name, TAG_READ, world->manifest_count);
}

/* Once in a while what is a manifest elsewhere. */
static inline uint32_t random_config(uint64_t *state)
{
	return random_chance(state, 3) ? random_below(state, 14)
				       : RANDOM_MANIFESTS + random_below(state, RANDOM_BLOBS);
}

static inline void random_manifest(struct random_world *world, uint64_t *state, uint32_t repository,
				   uint32_t first)
{
	uint32_t number = world->manifest_count;
	struct random_manifest *manifest = &world->manifests[number];
	bool is_first = number == first;

	*manifest = (struct random_manifest){ .repository = repository,
					      .label = number - first,
					      .kind = random_kind(state, is_first),
					      .created = DATE_ABSENT,
					      .subject = RANDOM_NONE,
					      .config = RANDOM_NONE,
					      .untagged_since = random_date(world, state),
					      .linked = random_chance(state, 88),
					      .wanted = random_chance(state, 50),
					      .hold = random_hold(random_below(state, 90)),
					      .pending = random_chance(state, 6),
					      .held = random_chance(state, 3) };
	manifest->gone = random_chance(state, manifest->kind == MANIFEST_MISSING ? 40 : 3);
	if (manifest->kind == MANIFEST_UNREADABLE && random_chance(state, 50))
		world->trouble[repository] = true;
	if (manifest->kind == MANIFEST_INDEX && random_chance(state, 30)) {
		random_fallback(world, state, first, manifest);
	} else if (manifest->kind == MANIFEST_INDEX) {
		for (uint32_t left = random_below(state, 5); left > 0; left--)
			random_add_child(manifest, random_earlier(world, state, first),
					 random_chance(state, 15));
	} else if (random_readable(manifest)) {
		manifest->created = random_date(world, state);
	}
	if ((manifest->kind == MANIFEST_IMAGE || manifest->kind == MANIFEST_ARTIFACT) &&
	    random_chance(state, 95))
		manifest->config = random_config(state);
	if (!is_first && manifest->kind != MANIFEST_SCHEMA1 && random_readable(manifest) &&
	    random_chance(state, manifest->kind == MANIFEST_ARTIFACT ? 80 : 18))
		manifest->subject = random_earlier(world, state, first);
	world->manifest_count++;
}

static inline void random_tag_name(const struct random_world *world, uint64_t *state,
				   uint32_t first, char name[RANDOM_NAME_SIZE])
{
	static const char *const endings[] = { ".sig", ".att", ".sbom", "", ".other" };
	static const char *const words[] = { "latest", "release-1", "Stable",
					     "prod.2", "v0",        RANDOM_SLOW_NAME };
	static const char *const ids[] = { "a", "b", "c", "z", "b-x", "a-3" };
	uint32_t dice = random_below(state, 100), number = random_below(state, 10);

	if (dice < 25)
		random_describing_name(&world->manifests[random_earlier(world, state, first)],
				       endings[random_below(state, 5)], name);
	else if (dice < 45)
		random_copy(name, words[random_below(state, 6)]);
	else if (dice < 60)
		snprintf(name, RANDOM_NAME_SIZE, "img%s-%" PRIu32, ids[random_below(state, 6)],
			 number);
	else if (dice < 70)
		snprintf(name, RANDOM_NAME_SIZE, "r%" PRIu32 "%s", number,
			 random_chance(state, 40) ? "-b-x" : "");
	else
		snprintf(name, RANDOM_NAME_SIZE, "v%" PRIu32 "%s", random_below(state, RANDOM_TAGS),
			 random_chance(state, 25) ? "-dev" : "");
}

static inline void random_some_tag(struct random_world *world, uint64_t *state, uint32_t repository,
				   uint32_t first)
{
	uint32_t target = random_earlier(world, state, first);
	const struct random_manifest *manifest = &world->manifests[target];
	char name[RANDOM_NAME_SIZE];

	random_tag_name(world, state, first, name);
	if (random_chance(state, 5))
		random_describing_name(manifest, ".imgpkg", name);
	if (random_chance(state, 3)) {
		random_tag(world, repository, name, TAG_MISSING, RANDOM_NONE);
	} else if (world->trouble[repository] && random_chance(state, 5)) {
		random_tag(world, repository, name, TAG_UNREADABLE, RANDOM_NONE);
	} else if (random_readable(manifest) ||
		   (manifest->kind == MANIFEST_UNREADABLE && random_chance(state, 60))) {
		random_tag(world, repository, name, TAG_READ, target);
	}
}

/* One reference of what is in use, right or nearly. */
static inline void random_reference(const struct random_world *world, uint64_t *state,
				    char written[RANDOM_REFERENCE_SIZE])
{
	char reference[RANDOM_REFERENCE_SIZE];
	const struct random_manifest *manifest =
		&world->manifests[random_below(state, world->manifest_count)];
	const char *repository = world->repositories[manifest->repository];
	const char *host = random_chance(state, 85) ? RANDOM_HOST : "elsewhere.test";
	bool is_config = manifest->config != RANDOM_NONE && random_chance(state, 50);
	const char *digest = random_digest_text(is_config ? manifest->config : manifest->label);
	uint32_t dice = random_below(state, 100);

	if (dice < 45 && world->tag_count > 0) {
		const struct random_tag *tag = &world->tags[random_below(state, world->tag_count)];

		snprintf(reference, RANDOM_REFERENCE_SIZE, "%s/%s:%s", host,
			 world->repositories[tag->repository], tag->name);
	} else if (dice < 50) {
		snprintf(reference, RANDOM_REFERENCE_SIZE, "%s/%s", host, repository);
	} else if (dice < 75) {
		snprintf(reference, RANDOM_REFERENCE_SIZE, "%s/%s@%s", host, repository, digest);
	} else {
		snprintf(reference, RANDOM_REFERENCE_SIZE, "%s%.*s",
			 random_chance(state, 50) ? "sha256:" : "",
			 12 + (int)random_below(state, 53), digest + strlen("sha256:"));
	}
	memcpy(written, reference, sizeof reference);
}

/* What in the policy takes its names from the registry. */
static inline void random_policy_on(struct random_world *world, uint64_t *state)
{
	struct random_policy *policy = &world->policy;

	if (world->tag_count && random_chance(state, 30))
		random_copy(policy->protected_tags[policy->protected_tag_count++],
			    world->tags[random_below(state, world->tag_count)].name);
	if (random_chance(state, 20))
		policy->keep_since = random_date(world, state);
	if (!date_known(policy->keep_since))
		policy->keep_since = 0;
	policy->asks_in_use = random_chance(state, 30);
	while (policy->asks_in_use && policy->image_refs_count < RANDOM_IN_USE &&
	       random_chance(state, 60))
		random_reference(world, state, policy->in_use[policy->image_refs_count++]);
}

/* Fills WORLD from SEED alone. */
static inline void random_world(struct random_world *world, uint64_t seed)
{
	static const char *const names[] = { "app", "team/api", "lib" };
	uint64_t state = seed;
	bool large = random_below(&state, 100) == 0;

	memset(world, 0, sizeof *world);
	world->seed = random_next(&state);
	world->tag_delete = random_chance(&state, 50);
	world->storage = random_chance(&state, 70);
	world->undated = random_chance(&state, 15);
	random_policy(&world->policy, &state);
	world->repository_count = 1 + random_below(&state, RANDOM_REPOSITORIES);
	for (uint32_t r = 0; r < world->repository_count; r++) {
		uint32_t first = world->manifest_count;
		uint32_t manifests = large && r == 0 ? 200 : 1 + random_below(&state, 14);
		uint32_t tags = large && r == 0 ? 190 : random_below(&state, 13);

		world->repositories[r] = names[r];
		world->trouble[r] = random_chance(&state, 4);
		while (manifests-- > 0)
			random_manifest(world, &state, r, first);
		/* Two unreadable manifests in a hundred would be a trouble of every large one. */
		if (large && r == 0)
			world->trouble[r] = false;
		while (tags-- > 0)
			random_some_tag(world, &state, r, first);
	}
	random_policy_on(world, &state);
}

#endif
