/* What is free where the blobs lie. */
#ifndef MEASURE_FREE_SPACE_H
#define MEASURE_FREE_SPACE_H

#include <stdint.h>

#define FREE_SPACE_UNKNOWN UINT64_MAX

/* In bytes, FREE_SPACE_UNKNOWN when that cannot be told. */
struct free_space {
	uint64_t free; /* that unprivileged users may still write (statvfs f_bavail) */
	uint64_t size; /* all of it, what is reserved for root left out */
};

/* Of the file system that has HOST_STORAGE's blobs, or while it has none, HOST_STORAGE itself. */
struct free_space measure_file_system(const char *host_storage);
/* Bytes that unprivileged users may still write (statvfs f_bavail) to the file system that has
 * HOST_STORAGE's blobs, or while it has none, HOST_STORAGE itself. FREE_SPACE_UNKNOWN when that
 * cannot be told. */
uint64_t measure_free_space(const char *host_storage);

#endif
