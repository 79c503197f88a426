/* Texts of the file `history`, for its tests. */
#ifndef TESTS_GROWTH_TEXT_H
#define TESTS_GROWTH_TEXT_H

#include "oci/digest.h"
#include "util/buf.h"

#define GROWTH_HEADER "clean-registry history 1\n"

static const char GROWTH_SMALL[] = "run 1700000000 1700000100 12 complete\n"
				   "run 1700086400 1700086402 0 partial\n"
				   "job 1700000000 nightly\n"
				   "job 1700086400 old \xc3\xa4 \"images\": 50 % / \\d+\n";

/* The text of a file with these LINES: header and checksum are added. */
static inline void growth_text(const char *lines, size_t length, struct buf *out)
{
	char sum[DIGEST_TEXT];

	buf_clear(out);
	buf_text(out, GROWTH_HEADER);
	buf_add(out, lines, length);
	buf_format(out, "%s\n", digest_of(out->data, out->length, sum));
}

#endif
