/* What a run deletes, so that it can be undone: the file journal/RUN.jsonl in the registry's folder
 * of the state, one JSON object in a line. RUN is when the run began and its process,
 * 20261130T182645Z-4711: names sort by time.
 *
 *   {"version":1,"run":RUN,"registry":URL,"started_at":T,"command":VERB}    the first line
 *   {"manifest":{"repository","digest","media_type","body","tags":[{"name","reasons","created_at",
 *      "pushed_at"}],"reasons","children","subject"}}     before it is deleted by its digest
 *   {"tag":{"repository","name","digest","reasons","created_at","pushed_at","media_type","body"}}
 *      before it is deleted by its name; an earlier line may have the body of that digest
 *   {"listed":{"repository","digest","image_id","tag_id","name","reasons","created_at","pushed_at"}}
 *      before a tag is deleted of whose manifest nothing is told: nothing can put that back
 *   {"deleted":{"repository","digest" or "tag"}}          after that
 *   {"kept":{the same}}                                   it stayed, or was put back, after all
 *   {"collecting":{"at","method"}}                        before a collection,
 *   {"collected":{"at","method","blobs_deleted","freed_bytes","until"}}     and after it
 *   {"end":{"at","exit_code","tags_deleted","freed_bytes"}}                 the last line
 *
 * The first line has "kind":"scaleway" too where the registry is Scaleway's.
 *
 * A tag has "seen_at" and "pulled_at" beside "pushed_at" where a rule asked for pulls. Bodies are
 * in base64 (RFC 4648, section 4). Of several lines about the same the last counts. What neither is
 * deleted nor kept may have been deleted: the run was killed, or had no clear answer. The folder is
 * 0700, a file in it 0600. */
#ifndef UNDO_JOURNAL_H
#define UNDO_JOURNAL_H

#include "util/err.h"
#include "util/string_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct state;      /* state/state.h */
struct undo_index; /* opaque */

#define UNDO_FOLDER "journal"
/* Room for the name of a run, with its NUL. */
#define UNDO_RUN_NAME 64
/* Bytes of a line; one that is longer is damaged. */
#define UNDO_LINE_LIMIT ((size_t)64 << 20)
#define UNDO_UNKNOWN    UINT64_MAX /* a number that is not known */

/* What became of something that was to be deleted. */
enum undo_fate {
	UNDO_NOT_KNOWN = 0, /* it may have been deleted */
	UNDO_DELETED,
	UNDO_KEPT,
};

/* Times are seconds since 1970, DATE_ABSENT where they are not known (util/date.h). */
struct undo_tag {
	char *name;
	struct string_list reasons; /* as reports spell them: "old" */
	int64_t created_at, pushed_at;
	int64_t seen_at, pulled_at; /* as inventory_tag has them */
	bool by_name;               /* it was deleted alone, by its name */
	enum undo_fate fate;
};

/* A manifest that goes, or of which tags go. */
struct undo_manifest {
	char *repository, *digest, *media_type;
	char *body; /* hashes to DIGEST, but for SCHEMA1; NULL: not asked for */
	size_t body_length;
	bool whole; /* it is deleted by its digest, with its tags; else tags of it are, by name */
	/* Of schema1: the registry signs it anew for each answer, so its bytes prove nothing. */
	bool schema1;
	enum undo_fate fate; /* of a WHOLE one; its tags have the same */
	struct undo_tag *tags;
	size_t tag_count;
	struct string_list reasons;  /* why it goes where it has no tag */
	struct string_list children; /* digests that it lists */
	char *subject;               /* the digest that it describes; NULL: none */
};

struct undo_collection {
	int64_t at;     /* when it ended; of one that did not, when it began */
	char *method;   /* gc.method */
	bool ended;     /* else it may have removed anything */
	uint64_t blobs; /* that it removed, or UNDO_UNKNOWN */
	uint64_t freed; /* bytes, or UNDO_UNKNOWN */
	int64_t until;  /* until then what it removed lies in the trash; DATE_ABSENT: it is gone */
};

/* A journal, read. */
struct undo_run {
	char run[UNDO_RUN_NAME];
	char *path;     /* of the file */
	char *registry; /* its URL */
	char *command;  /* "run", "apply", "collect" */
	bool opaque;    /* it has no manifest of what it deleted: nothing of it can be put back */
	int64_t started_at;
	struct undo_manifest *manifests; /* in the order in which they were written */
	size_t manifest_count;
	struct undo_collection *collections;
	size_t collection_count;
	bool ended; /* else what follows is not known */
	int64_t ended_at;
	int exit_code;
	uint64_t tags_deleted, freed_bytes; /* UNDO_UNKNOWN: not known */
	uint64_t file_bytes;
	struct undo_index *index; /* opaque: how manifests and tags are found */
};

/* --- Written by a run that has the locks of the state. --- */

struct undo_journal; /* opaque */

struct undo_about {
	const char *registry; /* URL */
	const char *command;
	int64_t started_at;
	const char *host_storage; /* paths.host_storage, or "": for what is said of a full disk */
	bool opaque;              /* as undo_run has it */
};

/* A tag of whose manifest nothing is told; its ids are UUIDs (scaleway/object.h). */
struct undo_listed {
	const char *repository, *digest, *image_id, *tag_id;
	const struct undo_tag *tag;
};

/* A journal of this process, without a file as long as nothing is written. Borrows STATE and what
 * ABOUT points at. The caller's. */
struct undo_journal *undo_journal_new(const struct state *state, const struct undo_about *about);
/* Closes it. NULL is fine here. */
void undo_journal_free(struct undo_journal *journal);
/* The name of its run, and where its file is, or would be; borrowed. */
const char *undo_journal_run(const struct undo_journal *journal);
const char *undo_journal_path(const struct undo_journal *journal);
/* Whether it has a file. */
bool undo_journal_exists(const struct undo_journal *journal);

/* Makes the file, with its first line, where there is none. -1 (ERR_IO), here and below: it could
 * not be written, after what scans remember and the reserve were given up for it on a full disk
 * (state/reserve.h); the message says what to do. */
int undo_journal_begin(struct undo_journal *journal, struct err *err)
	__attribute__((warn_unused_result));
/* Adds a line for a manifest that is to go by its digest. -1: ERR_USAGE too, when the body does not
 * hash to the digest, or a name in it is none: then it must not be deleted. FATEs do not matter. */
int undo_journal_add_manifest(struct undo_journal *journal, const struct undo_manifest *manifest,
			      struct err *err) __attribute__((warn_unused_result));
/* Adds lines for the tags of MANIFEST, which are to go by their names; with its body unless that is
 * NULL: then an earlier line has it. */
int undo_journal_add_tags(struct undo_journal *journal, const struct undo_manifest *manifest,
			  struct err *err) __attribute__((warn_unused_result));
/* Adds a line for such a tag. -1: as above. */
int undo_journal_add_listed(struct undo_journal *journal, const struct undo_listed *listed,
			    struct err *err) __attribute__((warn_unused_result));
/* All that was added is on the disk: only then it may be deleted. Costs nothing where nothing was
 * added since. */
int undo_journal_sync(struct undo_journal *journal, struct err *err)
	__attribute__((warn_unused_result));
/* What became of DIGEST, or of TAG where that is not NULL; not fsynced. */
int undo_journal_tell(struct undo_journal *journal, enum undo_fate fate, const char *repository,
		      const char *digest, const char *tag, struct err *err)
	__attribute__((warn_unused_result));
/* A collection: before it begins (fsynced; AT and METHOD count), and after it. Makes the file where
 * there is none: it ends what earlier runs can be undone for. */
int undo_journal_collecting(struct undo_journal *journal, const struct undo_collection *collection,
			    struct err *err) __attribute__((warn_unused_result));
int undo_journal_collected(struct undo_journal *journal, const struct undo_collection *collection,
			   struct err *err) __attribute__((warn_unused_result));
/* The last line, where there is a file. RUN's ended_at, exit_code, tags_deleted and freed_bytes
 * count. */
int undo_journal_end(struct undo_journal *journal, const struct undo_run *run, struct err *err)
	__attribute__((warn_unused_result));

/* --- Read, with or without locks. --- */

/* True for what can be the name of a run. */
bool undo_run_valid(const char *name);
/* When that one began, by its name; not known (util/date.h) where that is no time. */
int64_t undo_run_began(const char *name);

/* Names of the runs that have a journal, the oldest first: into NAMES, the caller's. None where
 * there is no folder. -1 (ERR_IO): the folder cannot be read, is a symbolic link, belongs to
 * neither root nor the user who runs this, or others can write it. */
int undo_journal_list(const struct state *state, struct string_list *names, struct err *err)
	__attribute__((warn_unused_result));

struct undo_wanted {
	const char *repository; /* only what is of this one; NULL: all */
	bool bodies;            /* else bodies are neither kept nor checked */
};

/* Reads the journal of RUN, all of it, whatever is wanted of it. OUT is the caller's:
 * undo_run_free. -1 (ERR_IO): there is none (errno is ENOENT), it is no regular file, or a symbolic
 * link, belongs to neither root nor the user who runs this, or others can write it; or a line is
 * damaged, or a body does not hash to its digest. The message begins with the path, and names the
 * line. A last line that is cut, without a newline, is left out with a warning in the log: the run
 * was killed while it wrote it, and nothing that only it names was deleted. The first line, and one
 * behind "end", are no such. */
int undo_journal_read(const struct state *state, const char *run, const struct undo_wanted *wanted,
		      struct undo_run **out, struct err *err) __attribute__((warn_unused_result));
void undo_run_free(struct undo_run *run); /* NULL is fine */
/* Releases what is most of it, its manifests, and keeps the rest. */
void undo_run_forget_manifests(struct undo_run *run);
/* What RUN has of DIGEST in REPOSITORY, or NULL. */
const struct undo_manifest *undo_run_find(const struct undo_run *run, const char *repository,
					  const char *digest);

/* Removes journals of runs that began more than DAYS days before NOW, but for the one of KEEP (may
 * be NULL), and tells of what cannot be removed in the log. */
void undo_journal_forget(const struct state *state, const char *keep, int64_t now, unsigned days);

#endif
