/* Reads a manifest from its blob. Only what hashes to its digest and is one kind of manifest, by
 * the strict reader, is without a fault; of what else can be parsed the references count all the
 * same. */
#include "native/body.h"

#include "native/store.h"
#include "oci/manifest.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A registry takes manifests of 4 MiB at most. */
#define LIMIT ((size_t)32 * 1024 * 1024)
#define PIECE ((size_t)16 * 1024)

size_t native_body_algorithm(size_t length)
{
	return length / 16 - 2;
}

void native_body_path(const struct native_digest *digest, char path[NATIVE_BODY_PATH])
{
	char *end = native_digest_hex(digest->bytes, 1, path);

	*end++ = '/';
	end = native_digest_hex(digest->bytes, digest->length, end);
	memcpy(end, "/data", sizeof "/data");
}

static int open_blob(int folder, const struct native_digest *digest)
{
	char path[NATIVE_BODY_PATH];
	int fd = -1;

	if (folder < 0) {
		errno = ENOENT;
		return -1;
	}
	native_body_path(digest, path);
	fd = native_store_openat(folder, path, O_RDONLY);
	return fd < 0 && errno == ESTALE ? native_store_openat(folder, path, O_RDONLY) : fd;
}

/* -1 with errno set. */
static int read_whole(int fd, struct buf *body)
{
	ssize_t length = 0;

	do {
		length = read(fd, buf_reserve(body, PIECE), PIECE);
		if (length > 0)
			buf_extend(body, (size_t)length);
		if (body->length > LIMIT) {
			errno = EFBIG;
			return -1;
		}
	} while (length == (ssize_t)PIECE || (length < 0 && errno == EINTR));
	return length < 0 ? -1 : 0;
}

static void pack(struct native_packed *packed, const char *text, unsigned bits)
{
	struct native_digest digest;
	size_t length = 0;

	if (!native_digest_parse(text, strlen(text), &digest))
		die_internal("a manifest with an invalid digest");
	length = 2 + (size_t)digest.length;
	while (packed->length + length > packed->capacity) {
		packed->capacity = packed->capacity ? packed->capacity * 2 : 2 * PIECE;
		packed->bytes = xreallocarray(packed->bytes, packed->capacity, 1);
	}
	packed->bytes[packed->length] = (uint8_t)bits;
	packed->bytes[packed->length + 1] = digest.length;
	memcpy(packed->bytes + packed->length + 2, digest.bytes, digest.length);
	packed->length += length;
}

static size_t pack_list(struct native_packed *packed, const struct oci_descriptor *list,
			size_t count, unsigned bits)
{
	for (size_t i = 0; i < count; i++)
		pack(packed, list[i].digest, bits | (list[i].foreign ? NATIVE_PACKED_FOREIGN : 0));
	return count;
}

static size_t pack_manifest(struct native_packed *packed, const struct oci_manifest *manifest)
{
	size_t count = manifest->config.digest ? 1 : 0;

	pack_list(packed, &manifest->config, count, 0);
	count += pack_list(packed, manifest->layers, manifest->layer_count, 0);
	return count +
	       pack_list(packed, manifest->children, manifest->child_count, NATIVE_PACKED_CHILD);
}

/* A registry's collector ends at these. */
static bool is_known_form(const struct oci_form *form)
{
	return !form->typed ||
	       (form->type != MEDIATYPE_OTHER && form->type != MEDIATYPE_OCI_ARTIFACT);
}

static void parse(const struct buf *body, struct native_packed *packed, struct native_body *out)
{
	struct oci_manifest manifest;
	struct err err;

	if (oci_manifest_parse(buf_string(body), body->length, NULL, &manifest, &err) < 0) {
		if (!out->fault)
			out->fault = xstrdup(err.msg);
		return;
	}
	out->refs = pack_manifest(packed, &manifest);
	if (!is_known_form(&manifest.form) && !out->fault)
		out->fault = xstrdup("its media type is none that a registry knows");
	oci_manifest_clear(&manifest);
}

static bool matches(const struct native_digest *digest, const struct buf *body)
{
	char text[DIGEST_TEXT];

	return digest_matches(native_digest_text(digest, text), buf_string(body), body->length);
}

static struct native_body fail(int error)
{
	struct native_body body = { .absent = error == ENOENT || error == ENOTDIR };
	const char *why = strerror(error);

	if (body.absent)
		why = "its blob is not there";
	else if (error == ELOOP)
		why = "its blob is behind a symbolic link, which is not followed";
	body.fault = xstrdup(why);
	return body;
}

struct native_body native_body_read(const int blobs[NATIVE_ALGORITHMS],
				    const struct native_digest *digest,
				    struct native_packed *packed)
{
	int fd = open_blob(blobs[native_body_algorithm(digest->length)], digest);
	struct native_body out = { 0 };
	struct buf body = { 0 };

	if (fd < 0)
		return fail(errno);
	if (read_whole(fd, &body) < 0) {
		out = fail(errno);
	} else {
		if (!matches(digest, &body))
			out.fault =
				xstrdup(body.length == 0 ? "its blob is empty"
							 : "its bytes do not hash to its digest");
		parse(&body, packed, &out);
	}
	close(fd);
	buf_free(&body);
	return out;
}
