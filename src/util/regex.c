/* Regular expressions: PCRE2 within limits, behind a filter that needs nanoseconds. */
#include "util/regex.h"

#include "util/xalloc.h"

#include <stdbool.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Backtracking that is allowed from one place of the text: some hundred times what expressions for
 * tags need (128 characters at most), and a millisecond at worst. */
#define MATCH_LIMIT    25000
#define DEPTH_LIMIT    5000
#define HEAP_LIMIT_KIB 8192

/* One of these bytes, each modulo 128, must be in a text that matches. */
struct byte_set {
	uint64_t bits[2];
	bool any; /* false: it asks for nothing */
};

struct regex {
	size_t minimum;        /* what matches is at least so long */
	struct byte_set first; /* what matches begins with one of these */
	struct byte_set later; /* and has one of these behind that */
	bool anchored;         /* it can match at the beginning of the text only */
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *limits;
};

static void set_add(uint64_t bits[2], unsigned char byte)
{
	bits[byte >> 6 & 1] |= UINT64_C(1) << (byte & 63);
}

static bool set_meets(const struct byte_set *set, const uint64_t bits[2])
{
	return ((set->bits[0] & bits[0]) | (set->bits[1] & bits[1])) != 0;
}

static uint32_t info(const pcre2_code *code, uint32_t what)
{
	uint32_t value = 0;

	if (pcre2_pattern_info(code, what, &value) != 0)
		die_internal("regular expression: no information %u", what);
	return value;
}

/* PCRE2 does not tell whether letter case counts for the byte that it found: both are let pass. */
static void set_add_cases(struct byte_set *set, uint32_t byte)
{
	set->any = true;
	set_add(set->bits, (unsigned char)byte);
	if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'))
		set_add(set->bits, (unsigned char)(byte ^ ('a' - 'A')));
}

static void set_add_bitmap(struct byte_set *set, const uint8_t *bitmap)
{
	set->any = true;
	for (unsigned byte = 0; byte < 256; byte++) {
		if (bitmap[byte / 8] >> byte % 8 & 1)
			set_add(set->bits, (unsigned char)byte);
	}
}

/* Takes what PCRE2 found out about everything that can match. pcre2_match would ask for the same,
 * but takes ten times as long to begin. */
static void prepare_filter(struct regex *regex)
{
	const pcre2_code *code = regex->code;
	const uint8_t *bitmap = NULL;

	regex->anchored = (info(code, PCRE2_INFO_ALLOPTIONS) & PCRE2_ANCHORED) != 0;
	regex->minimum = info(code, PCRE2_INFO_MINLENGTH);
	if (info(code, PCRE2_INFO_FIRSTCODETYPE) == 1)
		set_add_cases(&regex->first, info(code, PCRE2_INFO_FIRSTCODEUNIT));
	else if (pcre2_pattern_info(code, PCRE2_INFO_FIRSTBITMAP, &bitmap) == 0 && bitmap)
		set_add_bitmap(&regex->first, bitmap);
	if (info(code, PCRE2_INFO_LASTCODETYPE) == 1)
		set_add_cases(&regex->later, info(code, PCRE2_INFO_LASTCODEUNIT));
}

struct regex *regex_new(const char *pattern, struct err *err)
{
	struct regex *regex;
	PCRE2_SIZE offset = 0;
	int error = 0;
	/* Tags are ASCII: no part of a pattern may switch to UTF-8, which costs time. */
	pcre2_code *code =
		pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
			      PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C, &error, &offset, NULL);

	if (!code) {
		PCRE2_UCHAR text[256];

		pcre2_get_error_message(error, text, sizeof text);
		err_set(err, ERR_USAGE, "at offset %zu: %s", (size_t)offset, (const char *)text);
		return NULL;
	}
	regex = xcalloc(1, sizeof *regex);
	regex->code = code;
	/* Where it matched is of no interest. */
	regex->match = pcre2_match_data_create(1, NULL);
	regex->limits = pcre2_match_context_create(NULL);
	if (!regex->match || !regex->limits)
		die_internal("out of memory");
	pcre2_set_match_limit(regex->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(regex->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(regex->limits, HEAP_LIMIT_KIB);
	prepare_filter(regex);
	return regex;
}

void regex_free(struct regex *regex)
{
	if (!regex)
		return;
	pcre2_match_context_free(regex->limits);
	pcre2_match_data_free(regex->match);
	pcre2_code_free(regex->code);
	free(regex);
}

struct regex_text regex_text(const char *text, size_t length)
{
	struct regex_text ready = { .text = text, .length = length };

	for (size_t i = 0; i < length; i++)
		set_add(ready.has, (unsigned char)text[i]);
	if (length > 0)
		set_add(ready.begins, (unsigned char)text[0]);
	return ready;
}

/* True when TEXT certainly does not match. */
static bool is_ruled_out(const struct regex *regex, const struct regex_text *text)
{
	return text->length < regex->minimum ||
	       (regex->first.any &&
		!set_meets(&regex->first, regex->anchored ? text->begins : text->has)) ||
	       (regex->later.any && !set_meets(&regex->later, text->has));
}

enum regex_result regex_match(const struct regex *regex, const struct regex_text *text)
{
	int found;

	if (is_ruled_out(regex, text))
		return REGEX_NO;
	found = pcre2_match(regex->code, (PCRE2_SPTR)text->text, text->length, 0, 0, regex->match,
			    regex->limits);
	if (found == PCRE2_ERROR_NOMATCH)
		return REGEX_NO;
	return found < 0 ? REGEX_LIMIT : REGEX_YES;
}
