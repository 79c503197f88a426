/* Reads the tokens of YAML as config.yml files are written: scalars and keys on one line, comments,
 * block scalars. For src/registry/server_yaml.c only. */
#ifndef REGISTRY_YAML_READER_H
#define REGISTRY_YAML_READER_H

#include <stdbool.h>
#include <stddef.h>

struct server_findings; /* registry/server_yaml.h */

struct yaml_reader {
	const char *p;
	const char *line; /* where the line of P begins */
	unsigned depth;
	bool begun, bad;
	struct server_findings *found; /* what the caller looks for; not used here */
};

struct yaml_token {
	const char *text;
	size_t length;
	bool quoted;
};

/* Ends every loop: BAD is set, and P is at the end. */
void yaml_fail(struct yaml_reader *r);
/* Of P in its line; -1 at the end of the text. */
ptrdiff_t yaml_column(const struct yaml_reader *r);
bool yaml_is_blank(char c);
/* P is at "- ", or at the --- or ... between documents. */
bool yaml_at_dash(const struct yaml_reader *r);
bool yaml_at_marker(const struct yaml_reader *r);
/* TEXT has no control characters, and no others that YAML takes for the end of a line. */
bool yaml_is_readable(const char *text);
/* Goes to what comes next behind blanks and comments. True: nothing was left on this line. */
bool yaml_skip(struct yaml_reader *r);
/* A scalar on one line, quoted or not; FLOW: between braces or brackets. */
void yaml_read_scalar(struct yaml_reader *r, bool flow, struct yaml_token *token);
bool yaml_token_is(const struct yaml_token *token, const char *text);
/* A key and its colon. */
void yaml_read_key(struct yaml_reader *r, bool flow, struct yaml_token *key);
bool yaml_at_key(const struct yaml_reader *r);
/* The lines of | or >, all deeper than the column PARENT. */
void yaml_skip_block_scalar(struct yaml_reader *r, ptrdiff_t parent);

#endif
