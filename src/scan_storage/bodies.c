/* Bodies of manifests: each digest is read once, whatever number of repositories link it. What
 * they mention without being linked is looked up again by name: it may have come meanwhile. */
#include "scan_storage/body.h"
#include "scan_storage/file_cache.h"
#include "scan_storage/folders.h"
#include "scan_storage/phases.h"
#include "scan_storage/reading.h"

#include "inventory/alias.h"
#include "inventory/faults.h"
#include "inventory/image_dates.h"
#include "inventory/inventory.h"
#include "oci/digest.h"
#include "oci/manifest.h"
#include "oci/support.h"
#include "registry/api.h"
#include "storage/blob.h"
#include "storage/layout.h"
#include "storage/links.h"
#include "util/buf.h"
#include "util/parallel.h"
#include "util/progress.h"
#include "util/strtab.h"
#include "util/xalloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* How many manifests until the row of progress is asked again. */
#define TELL_EVERY 64

struct body {
	int found;  /* 1, 0: there is no such blob, -1: WHY */
	int error;  /* an errno */
	bool whole; /* it hashes to its digest, and has LENGTH bytes */
	size_t length;
	struct oci_manifest manifest;
	bool formed; /* it is clear what it says that it is: FORM */
	struct oci_form form;
	struct body_source source;
	char why[256];
};

/* The digests to read, and who has them. While threads work nothing of it is changed. */
struct bodies {
	struct reading *reading;
	const char **digests, **stored; /* what each is called, and under which digest it lies */
	uint32_t *heads;                /* the first manifest that has it … */
	uint32_t *next;                 /* … by manifest: the next one, or INVENTORY_NONE */
	size_t count;
};

static void parse_body(const char *text, size_t length, struct body *body, struct err *err)
{
	struct err ignored = { 0 };

	body->length = length;
	if (oci_manifest_parse(text, length, NULL, &body->manifest, err) == 0) {
		body->formed = true;
		body->form = body->manifest.form;
		return;
	}
	body->found = -1;
	body->formed = oci_manifest_form(text, length, &body->form, &ignored) == 0;
}

/* DIGEST is what it is called, STORED where it lies. */
static void read_carefully(const struct layout *layout, const char *digest, const char *stored,
			   struct body *body, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };

	body->found = layout_read_blob(layout, stored, API_MANIFEST_LIMIT, &text, err);
	body->error = body->found < 0 ? errno : 0;
	if (body->found < 1)
		return;
	/* The registry does not compare a body with its digest before it reads it. */
	parse_body(buf_string(&text), text.length, body, err);
	if (body->found == 1 && !digest_matches(digest, buf_string(&text), text.length)) {
		body->found = err_set(err, ERR_IO, "the body does not match its digest");
		oci_manifest_clear(&body->manifest);
	}
}

/* An earlier scan read it, and its file is as it was. */
static void take_entry(struct body *body)
{
	body->found = 1;
	body->whole = true;
	body->length = (size_t)body->source.stamp.length;
}

static void read_body(const struct reading *reading, struct blob_folder *blobs, const char *digest,
		      const char *stored, struct body *body)
{
	char text[BODY_ROOM];
	ssize_t length =
		body_read(blobs, reading->cache, digest, stored, false, text, &body->source);
	struct err err = { 0 };

	if (body->source.known) {
		take_entry(body);
		return;
	}
	/* Nearly all of them: one read, and the hash proves that it was all. */
	body->whole = length > 0 && (size_t)length < sizeof text &&
		      digest_matches(digest, text, (size_t)length);
	body->found = 1;
	if (body->whole)
		parse_body(text, (size_t)length, body, &err);
	else
		read_carefully(blobs->layout, digest, stored, body, &err);
	if (body->found < 0)
		snprintf(body->why, sizeof body->why, "%.255s", err.msg);
}

static void read_bodies(void *ctx, size_t first, size_t end, void *results)
{
	const struct bodies *bodies = ctx;
	struct body *list = results;
	struct blob_folder blobs;

	blob_folder_open(&blobs, bodies->reading->layout);
	for (size_t i = first; i < end; i++)
		read_body(bodies->reading, &blobs, bodies->digests[i], bodies->stored[i],
			  &list[i - first]);
	blob_folder_close(&blobs);
}

/* Marks a manifest of a type that the registry itself does not read. */
static void take_unsupported(struct reading *reading, uint32_t id, const struct oci_form *form)
{
	char type[160], why[400];

	reading->inventory->manifests[id].unsupported = true;
	snprintf(
		why, sizeof why,
		"this version of the registry does not read %s, and its collector aborts there: if "
		"nobody needs it, delete it by its digest (DELETE /v2/NAME/manifests/DIGEST)",
		oci_support_words(form, type, sizeof type));
	inventory_fault_manifest(reading->inventory, reading->known != NULL, id, why);
}

static void take_manifest(struct reading *reading, uint32_t id, const struct body *body)
{
	struct inventory *inventory = reading->inventory;

	if (body->source.known)
		file_cache_describe(reading->cache, &body->source.entry, inventory, id);
	else if (body->found == 0)
		inventory->manifests[id].kind = MANIFEST_MISSING;
	else if (body->formed && !oci_is_supported(&body->form, inventory->server.major))
		take_unsupported(reading, id, &body->form);
	else if (body->found > 0)
		inventory_describe(inventory, id, &body->manifest, body->length);
	else if (!reading_denied(reading, body->error, body->why))
		inventory_fault_manifest(inventory, reading->known != NULL, id, body->why);
}

/* What is kept for the next scan. */
static void note(struct reading *reading, uint32_t id, const struct body_source *source)
{
	const struct inventory_manifest *manifest = &reading->inventory->manifests[id];

	if (manifest->kind == MANIFEST_IMAGE || manifest->kind == MANIFEST_ARTIFACT ||
	    manifest->kind == MANIFEST_INDEX)
		file_cache_note(reading->cache, manifest->digest, source->stamp, source->known);
}

/* Under which digest ITEM lies, as a number. */
static uint32_t stored_number(const struct bodies *bodies, size_t item)
{
	const struct inventory *inventory = bodies->reading->inventory;

	return inventory_stored(inventory, inventory->manifests[bodies->heads[item]].digest);
}

static void take_body(void *ctx, size_t item, void *result)
{
	struct bodies *bodies = ctx;
	struct body *body = result;

	for (uint32_t id = bodies->heads[item]; id != INVENTORY_NONE; id = bodies->next[id])
		take_manifest(bodies->reading, id, body);
	if (body->whole) {
		reading_note_size(bodies->reading, stored_number(bodies, item), body->length);
		note(bodies->reading, bodies->heads[item], &body->source);
	}
	if (body->found == 1)
		oci_manifest_clear(&body->manifest);
	if (item % TELL_EVERY == 0)
		progress("reading the storage: %zu of %zu manifests", item, bodies->count);
}

/* The content of a digest never changes: copy it from the earlier scan. */
static bool take_known(const struct reading *reading, uint32_t id)
{
	uint32_t from = reading_known(reading, id);

	if (from != INVENTORY_NONE)
		inventory_copy(reading->inventory, id, reading->known, from);
	return from != INVENTORY_NONE;
}

static void collect_bodies(struct bodies *bodies)
{
	const struct inventory *inventory = bodies->reading->inventory;
	size_t manifests = inventory->manifest_count, numbers = strtab_count(inventory->digests);
	CLEANUP(free_p) uint32_t *places = xmalloc((numbers + 1) * sizeof *places);

	bodies->digests = xcalloc(manifests + 1, sizeof *bodies->digests);
	bodies->stored = xcalloc(manifests + 1, sizeof *bodies->stored);
	bodies->heads = xcalloc(manifests + 1, sizeof *bodies->heads);
	bodies->next = xcalloc(manifests + 1, sizeof *bodies->next);
	memset(places, 0xff, (numbers + 1) * sizeof *places);
	for (uint32_t m = 0; m < manifests; m++) {
		const struct inventory_manifest *manifest = &inventory->manifests[m];
		uint32_t *place = &places[manifest->digest];

		if (!manifest->linked || manifest->kind != MANIFEST_UNSEEN ||
		    take_known(bodies->reading, m))
			continue;
		manifest = &inventory->manifests[m];
		if (*place == INVENTORY_NONE) {
			*place = (uint32_t)bodies->count++;
			bodies->digests[*place] = strtab_text(inventory->digests, manifest->digest);
			bodies->stored[*place] = strtab_text(
				inventory->digests, inventory_stored(inventory, manifest->digest));
			bodies->heads[*place] = INVENTORY_NONE;
		}
		bodies->next[m] = bodies->heads[*place];
		bodies->heads[*place] = m;
	}
}

static int read_linked(struct reading *reading, struct err *err)
{
	struct bodies bodies = { .reading = reading };
	struct parallel_chunks job = { 0, sizeof(struct body), read_bodies, take_body, &bodies };
	int result = 0;

	collect_bodies(&bodies);
	job.count = bodies.count;
	result = parallel_run_chunks(&job, err);
	free(bodies.digests);
	free(bodies.stored);
	free(bodies.heads);
	free(bodies.next);
	return result;
}

/* A manifest that is only mentioned. The texts stay where they are, while the inventory grows. */
struct mention {
	uint32_t id, repository;
	const char *digest;
};

struct mentions {
	struct reading *reading;
	struct mention *list;
	size_t count;
	bool any_linked;
};

static void look_up(void *ctx, size_t first, size_t end, void *results)
{
	const struct mentions *mentions = ctx;
	struct link *links = results;
	struct folders folders;

	folders_open(&folders, mentions->reading, LINKS_REVISIONS);
	for (size_t i = first; i < end; i++)
		links[i - first] =
			links_digest_in(folders_links(&folders, mentions->list[i].repository),
					mentions->list[i].digest);
	folders_close(&folders);
}

static void take_looked_up(void *ctx, size_t item, void *result)
{
	struct mentions *mentions = ctx;
	const struct link *link = result;
	uint32_t id = mentions->list[item].id;

	if (link->state == LINK_ABSENT)
		mentions->reading->inventory->manifests[id].kind = MANIFEST_MISSING;
	mentions->any_linked |= link->state == LINK_READ;
	reading_take_revision(mentions->reading, id, link);
}

static struct mention mention_of(const struct inventory *inventory, uint32_t id)
{
	return (struct mention){ id, inventory->manifests[id].repository,
				 inventory_digest(inventory, id) };
}

/* Looks up what is only mentioned; ANY: something of it is linked after all. */
static int look_up_mentions(struct reading *reading, bool *any, struct err *err)
{
	const struct inventory *inventory = reading->inventory;
	CLEANUP(free_p)
	struct mention *list = xcalloc(inventory->manifest_count + 1, sizeof *list);
	struct mentions mentions = { .reading = reading, .list = list };
	struct parallel_chunks job = { 0, sizeof(struct link), look_up, take_looked_up, &mentions };
	int result = 0;

	for (uint32_t m = 0; m < inventory->manifest_count; m++) {
		if (inventory->manifests[m].kind == MANIFEST_UNSEEN)
			list[mentions.count++] = mention_of(inventory, m);
	}
	job.count = mentions.count;
	result = parallel_run_chunks(&job, err);
	*any = mentions.any_linked;
	return result;
}

int scan_storage_bodies(struct reading *reading, struct err *err)
{
	bool any = true;

	while (any) {
		if (read_linked(reading, err) < 0 || look_up_mentions(reading, &any, err) < 0 ||
		    reading_end(reading, 0, err) < 0)
			return -1;
	}
	return 0;
}
