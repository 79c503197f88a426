/* The link files of one folder, read. Private to src/native; no function here touches what several
 * threads have. */
#ifndef NATIVE_LINKS_H
#define NATIVE_LINKS_H

#include "native/digests.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is in a folder that link files lie below. */
struct native_folder {
	const char *path; /* "_layers/sha256", for messages and to open it; static */
	size_t length;    /* bytes of each hash; 0: names of tags */
	size_t count, capacity;
	uint8_t *hashes; /* COUNT of LENGTH bytes each … */
	char *names;     /* … or names, each with a NUL, … */
	size_t name_bytes, name_capacity;
	uint32_t *at; /* … and where each begins */
};
void native_folder_clear(struct native_folder *folder);
const char *native_folder_tag(const struct native_folder *folder, size_t item);
/* The path of the link of ITEM below the repository; the caller's. */
char *native_folder_link(const struct native_folder *folder, size_t item);

enum native_link_state {
	NATIVE_LINK_ABSENT = 0,
	NATIVE_LINK_SAME, /* it holds the digest of its folder */
	NATIVE_LINK_OTHER,
	NATIVE_LINK_BAD, /* it cannot be read, or holds no digest */
};

struct native_other {
	size_t item;
	struct native_digest digest;
};

/* What the links of COUNT items hold, from the item FROM on. */
struct native_reading {
	size_t from, count;
	uint8_t *states; /* enum native_link_state */
	/* What those in NATIVE_LINK_OTHER hold, in their order. */
	struct native_other *others;
	size_t other_count, other_capacity;
	char *fault;  /* of the first bad one; NULL when there is none */
	bool stale;   /* something vanished in a way that asks for another look */
	bool unknown; /* what a bad one named by an alias leads to, nobody can tell */
};

/* Reads them; FD is the folder's. */
struct native_reading *native_reading_new(int fd, const struct native_folder *folder, size_t from,
					  size_t count);
void native_reading_free(struct native_reading *reading); /* NULL is fine */

#endif
