/* What is there: the registry's repositories, tags and manifests, as far as they are known.
 *
 * Filled by one of the inventory_*.c; read by plan, apply and report. Arrays are referred to by
 * index (they grow); names and digests stay where they are as long as the inventory lives. */
#ifndef INVENTORY_INVENTORY_H
#define INVENTORY_INVENTORY_H

#include "registry/facts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INVENTORY_NONE UINT32_MAX

enum manifest_kind {
	MANIFEST_UNSEEN = 0, /* mentioned (as child, subject or debt) and not looked at */
	MANIFEST_IMAGE,
	MANIFEST_ARTIFACT,
	MANIFEST_INDEX,
	MANIFEST_SCHEMA1,
	MANIFEST_UNREADABLE, /* it is there and cannot be understood */
	MANIFEST_MISSING,    /* the registry says that it does not have it */
	/* An API tells its digest, as that of tags, and nothing else: it has no date of its own,
	 * and what it lists, describes and consists of is not known. */
	MANIFEST_OPAQUE,
};

struct inventory_child {
	uint32_t manifest;
	bool attestation; /* buildx's: says nothing about the index's age */
	bool artifact;    /* the index says that it is one: nor does this, unless it has a date */
};

/* A manifest in one repository. The same digest in another repository is another entry. */
struct inventory_manifest {
	uint32_t repository;
	uint32_t digest;   /* number in inventory.digests */
	uint32_t next;     /* next manifest of the repository, or INVENTORY_NONE */
	uint32_t subject;  /* the manifest that it describes, or INVENTORY_NONE */
	uint32_t children; /* first of child_count entries in inventory.children */
	uint32_t child_count;
	uint32_t blobs; /* first of blob_count entries in inventory.references: config, then layers
			 */
	uint32_t blob_count;
	int64_t created; /* util/date.h; of an index DATE_ABSENT: the plan takes its children's */
	uint64_t size;   /* bytes of its body, config and layers, as it states them */
	uint8_t kind;    /* enum manifest_kind */
	bool linked;     /* storage only: the repository has a revision link for it */
	uint32_t length; /* bytes of its body alone */
	bool pending;    /* an earlier plan was about to delete it */
	bool repushed;   /* it was, and has been pushed again since: that is no reason any more */
	/* Storage only: a manifest of a type that this version of the registry does not read
	 * (oci/support.h): it answers 500, and its collector aborts. UNREADABLE, then. */
	bool unsupported;
	bool held; /* it must stay: it changed since it was planned */
	bool gone; /* we deleted it, says our state; with MANIFEST_MISSING its signatures may go */
	bool remembered;       /* it, or its date, was read by an earlier run and not by this one */
	int64_t pending_since; /* when that plan was made, seconds since 1970, or DATE_ABSENT */
	/* Storage only, and only where it was asked for (wants_untagged): since when no tag has
	 * pointed at it, seconds since 1970, as far as links tell, and then
	 * (inventory/untagged_seen.h) as is known of deleted tags, too; DATE_ABSENT: not known, or
	 * it has a tag. */
	int64_t untagged_since;
};

enum tag_state {
	TAG_UNSEEN = 0,
	TAG_READ,
	TAG_MISSING,    /* listed, but the registry has no manifest for it */
	TAG_UNREADABLE, /* an answer that says nothing; the repository has a trouble */
};

struct inventory_tag {
	const char *name;
	uint32_t repository;
	uint32_t manifest;      /* INVENTORY_NONE unless TAG_READ */
	uint32_t unread;        /* storage only: the manifest of one that is UNREADABLE, if known */
	uint32_t named_subject; /* the manifest named by a sha256-… tag, or INVENTORY_NONE */
	int64_t pushed;         /* storage, and Scaleway's API, only: when it was pushed last,
				   seconds since 1970; else DATE_ABSENT */
	/* Only where somebody asks for pulls (pulls/pulls.h), seconds since 1970: when it was
	 * pulled last, DATE_ABSENT: no pull is known; and when it was seen with this manifest
	 * first, or pushed, as far as the log tells. */
	int64_t pulled, seen;
	uint8_t state; /* enum tag_state */
	/* `restore` put it back, and nobody has pushed it since (undo/restored.h): its times are
	 * those from before it was deleted. */
	bool restored;
	/* Scaleway's API only: it, its image or its namespace has another status than `ready`. */
	bool not_ready;
};

struct inventory_repository {
	const char *name;
	uint32_t first_tag; /* its tags stand together */
	uint32_t tag_count;
	uint32_t first_manifest; /* a list through inventory_manifest.next */
	bool never_tagged;       /* tags/list answered 404: it never had a tag */
	bool unlisted;           /* the catalog does not name it: it was asked for by name */
	/* Storage only, and only with manifests whose untagged_since was read: when a tag's name
	 * was last added or taken away, seconds since 1970; DATE_ABSENT: not known. */
	int64_t tags_changed;
	const char *trouble; /* why nothing in it may go (S2), or NULL */
};

struct inventory_blob {
	uint32_t digest;
	bool foreign;    /* a layer that may be absent, say all that mention it */
	uint64_t size;   /* as the manifests state it; of one that none states: STORED */
	uint64_t stored; /* storage only: bytes of its data file; INVENTORY_ABSENT when there is
			    none */
};
#define INVENTORY_ABSENT UINT64_MAX

/* What one manifest says of a blob, where that is not what inventory_blob has. */
struct inventory_statement {
	uint32_t reference; /* index into references */
	bool foreign;
	uint64_t size;
};

struct causes; /* util/causes.h */
struct named;
struct string_list; /* util/string_list.h */

struct inventory {
	struct facts server;
	struct inventory_repository *repositories;
	struct inventory_tag *tags;
	struct inventory_manifest *manifests;
	struct inventory_child *children;
	struct inventory_blob *blobs;
	uint32_t *references;                   /* indexes into blobs */
	struct inventory_statement *statements; /* few, by reference */
	size_t statement_count;
	size_t repository_count, tag_count, manifest_count, child_count, blob_count,
		reference_count;
	const char *catalog_trouble; /* why the list of repositories is not complete, or NULL */
	size_t failures; /* answers that told nothing: configs, lists, tags; each is named in the
			    log */
	/* What of these is still to be told (inventory_faults_tell()): what spares repositories,
	 * and configs that leave images without a date. */
	struct causes *faults, *undated;
	/* Filled through an API that tells of manifests nothing but the digests of tags
	 * (MANIFEST_OPAQUE): neither sizes nor blobs are known. */
	bool opaque;
	bool from_storage; /* filled by scan_storage/load.c: blobs has every blob file there is */
	bool to_verify; /* set before it is filled: only to prove that tags are whole, so no dates
			   are read, and what could not be read is told elsewhere */
	bool wants_untagged; /* set before it is filled: untagged_since is read, too */
	/* Which tags were restored is not known (undo/restored.h), so that no push time counts. */
	bool restored_unknown;
	bool pushes_copied; /* push times were found to be those of a copy, and forgotten */
	bool pushes_known;  /* the times of the registry's own links were read, and are believed */
	/* Since when the log of pulls is whole, seconds since 1970; DATE_ABSENT: there is none that
	 * is believed, or nobody asks for it. */
	int64_t pulls_since;
	/* Set before it is filled through the API: repositories that are asked for though no
	 * catalog names them (--repository); NULL is none. Borrowed. */
	const struct string_list *asked_for;
	/* Names of tags to ask for before anything goes (inventory/named.h); NULL is none.
	 * Borrowed. */
	const struct named *named;

	struct strtab *digests;
	struct u64map *aliases;        /* inventory/alias.h; NULL while there are none */
	struct inventory_index *index; /* opaque: how things are found, and where names live */
};

struct inventory *inventory_new(void);
void inventory_free(struct inventory *inventory); /* NULL is fine */

/* Finds or adds. Adding a repository that is there returns the one that is there. */
uint32_t inventory_repository(struct inventory *inventory, const char *name);
uint32_t inventory_repository_find(const struct inventory *inventory, const char *name);
/* Adds a repository's tags, once, COUNT names that are not there yet. */
void inventory_tags(struct inventory *inventory, uint32_t repository, char *const *names,
		    size_t count);
/* The manifest DIGEST of REPOSITORY, added as MANIFEST_UNSEEN where it is new. */
uint32_t inventory_manifest(struct inventory *inventory, uint32_t repository, const char *digest);
uint32_t inventory_manifest_find(const struct inventory *inventory, uint32_t repository,
				 const char *digest);
/* The blob DIGEST; SIZE is kept where it is new. */
uint32_t inventory_blob(struct inventory *inventory, const char *digest, uint64_t size);
uint32_t inventory_blob_find(const struct inventory *inventory, const char *digest);

/* What the manifest says of its REFERENCE (index into references). */
struct inventory_statement inventory_statement(const struct inventory *inventory,
					       uint32_t reference);

struct oci_manifest;
/* Fills manifest ID from its parsed body of LENGTH bytes; children and subject are added as unseen.
 */
void inventory_describe(struct inventory *inventory, uint32_t id, const struct oci_manifest *body,
			size_t length);
/* Fills manifest ID like the one of the same digest in FROM (another inventory), with its children
 * and subject, down to the last. */
void inventory_copy(struct inventory *inventory, uint32_t id, const struct inventory *from,
		    uint32_t from_id);
/* The same piece by piece, for what was described before and written down: first VALUES' kind,
 * created, size and length, then its blobs and children in their order, those of no other manifest
 * in between. */
void inventory_restore(struct inventory *inventory, uint32_t id,
		       const struct inventory_manifest *values);
void inventory_restore_blob(struct inventory *inventory, uint32_t id, uint32_t blob);
/* In place of inventory_restore_blob, where it was written down what each manifest stated: first
 * the blob DIGEST as it is stated, once or more often, then BLOB, its number, for the manifest. */
uint32_t inventory_mention(struct inventory *inventory, const char *digest, uint64_t size,
			   bool foreign);
void inventory_refer(struct inventory *inventory, uint32_t id, uint32_t blob, uint64_t size,
		     bool foreign);
/* CHILD: what the index says of it; its manifest is found by DIGEST. */
void inventory_restore_child(struct inventory *inventory, uint32_t id, const char *digest,
			     struct inventory_child child);
void inventory_restore_subject(struct inventory *inventory, uint32_t id, const char *digest);
/* Says that tag ID points at MANIFEST, and works out what its name describes. */
void inventory_point(struct inventory *inventory, uint32_t tag, uint32_t manifest);
/* S2: nothing in REPOSITORY may go. The first reason is kept. */
void inventory_trouble(struct inventory *inventory, uint32_t repository, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Sets catalog_trouble. */
void inventory_catalog_trouble(struct inventory *inventory, const char *why);

/* Borrowed from INVENTORY. */
const char *inventory_digest(const struct inventory *inventory, uint32_t manifest);
const char *inventory_tag_repository(const struct inventory *inventory, uint32_t tag);

#endif
