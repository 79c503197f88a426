/* Tag names that say for which platform an image is: 1.0-amd64 beside 1.0, the usual names of the
 * parts from which a multi-platform image is put together. A convention, no specification: the
 * words are those of GOOS and GOARCH, and what distributions and Docker's own images write instead.
 */
#ifndef OCI_PLATFORM_TAG_H
#define OCI_PLATFORM_TAG_H

#include <stddef.h>

/* BASE, LENGTH bytes of a tag's name, borrowed. */
typedef void (*platform_tag_base)(void *ctx, const char *base, size_t length);

/* Calls EACH with each name that TAG has without words for a platform behind or before it: with
 * "1.0" for 1.0-amd64, 1.0-linux-arm-v7, 1.0_x86_64 and arm64v8-1.0; with none for most names.
 * Letter case does not matter. */
void platform_tag_bases(const char *tag, platform_tag_base each, void *ctx);

#endif
