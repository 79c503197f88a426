/* A scanner that checks JSON text letter by letter and remembers keys given twice. It builds
 * nothing: what it accepts is handed to json-c. */
#include "json/strict.h"

#include "util/buf.h"
#include "util/strtab.h"
#include "util/xalloc.h"
#include "json/document.h"
#include "json/string.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The way from the top of the document to where the scanner is. */
struct frame {
	const struct frame *parent;
	const char *key; /* NULL in a list */
	size_t index;
};

struct scanner {
	const char *at;
	const char *end;
	unsigned line;
	unsigned depth;
	struct json_repeats *repeats;
	size_t capacity; /* of repeats->items */
	struct err *err;
};

/* The keys of one object, and the line where each was first given. */
struct keys {
	struct strtab *table;
	unsigned *lines;
	size_t capacity;
};

static int scan_value(struct scanner *scanner, const struct frame *here);

static void free_keys(struct keys *keys)
{
	strtab_free(keys->table);
	free(keys->lines);
}

static int fail(struct scanner *scanner, const char *what)
{
	return err_set(scanner->err, ERR_USAGE, "line %u: %s%s", scanner->line, what,
		       scanner->at == scanner->end ? ", but the text ends" : "");
}

/* The next byte, or -1 at the end of the text. */
static int peek(const struct scanner *scanner)
{
	return scanner->at < scanner->end ? (unsigned char)*scanner->at : -1;
}

static bool at_digit(const struct scanner *scanner)
{
	return peek(scanner) >= '0' && peek(scanner) <= '9';
}

static bool take(struct scanner *scanner, char wanted)
{
	if (peek(scanner) != wanted)
		return false;
	scanner->at++;
	return true;
}

static void skip_blanks(struct scanner *scanner)
{
	for (;; scanner->at++) {
		int byte = peek(scanner);

		if (byte == '\n')
			scanner->line++;
		else if (byte != ' ' && byte != '\t' && byte != '\r')
			return;
	}
}

/* A string, its opening quote taken already; what it means is added to TEXT. */
static int scan_string(struct scanner *scanner, struct buf *text)
{
	const char *problem = json_string_scan(&scanner->at, scanner->end, text);

	return problem ? fail(scanner, problem) : 0;
}

static int scan_digits(struct scanner *scanner)
{
	if (!at_digit(scanner))
		return fail(scanner, "expected a digit");
	while (at_digit(scanner))
		scanner->at++;
	return 0;
}

static int scan_number(struct scanner *scanner)
{
	take(scanner, '-');
	if (take(scanner, '0')) {
		if (at_digit(scanner))
			return fail(scanner, "a number does not begin with 0");
	} else if (scan_digits(scanner) < 0) {
		return -1;
	}
	if (take(scanner, '.') && scan_digits(scanner) < 0)
		return -1;
	if (take(scanner, 'e') || take(scanner, 'E')) {
		if (!take(scanner, '+'))
			take(scanner, '-');
		return scan_digits(scanner);
	}
	return 0;
}

static int scan_word(struct scanner *scanner)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t length = strlen(words[i]);

		if ((size_t)(scanner->end - scanner->at) >= length &&
		    memcmp(scanner->at, words[i], length) == 0) {
			scanner->at += length;
			return 0;
		}
	}
	if (peek(scanner) == '\'')
		return fail(scanner, "expected a value; strings stand in double quotes");
	if (peek(scanner) == '/' || peek(scanner) == '#')
		return fail(scanner, "expected a value; JSON has no comments");
	return fail(scanner, "expected a value");
}

static void add_path(struct buf *path, const struct frame *here)
{
	if (!here)
		return;
	add_path(path, here->parent);
	if (here->key)
		buf_format(path, "%s%s", path->length > 0 ? "." : "", here->key);
	else
		buf_format(path, "[%zu]", here->index);
}

static void note_repeat(struct scanner *scanner, const struct frame *here, unsigned first_line)
{
	CLEANUP(buf_free) struct buf path = { 0 };
	struct json_repeats *repeats = scanner->repeats;

	add_path(&path, here);
	GROW(repeats->items, repeats->count, scanner->capacity);
	repeats->items[repeats->count++] = (struct json_repeat){
		.path = xstrdup(buf_string(&path)),
		.first_line = first_line,
		.line = scanner->line,
	};
}

static void note_key(struct scanner *scanner, const struct frame *here, struct keys *keys)
{
	size_t count = strtab_count(keys->table);
	uint32_t id = strtab_add(keys->table, here->key, strlen(here->key));

	if (id < count) {
		note_repeat(scanner, here, keys->lines[id]);
		return;
	}
	GROW(keys->lines, count, keys->capacity);
	keys->lines[count] = scanner->line;
}

static int scan_member(struct scanner *scanner, const struct frame *parent, struct keys *keys)
{
	CLEANUP(buf_free) struct buf key = { 0 };
	struct frame here = { .parent = parent };

	skip_blanks(scanner);
	if (!take(scanner, '"'))
		return fail(scanner, "expected a key in double quotes");
	if (scan_string(scanner, &key) < 0)
		return -1;
	here.key = buf_string(&key);
	/* json-c would take what stands before it for the whole key. */
	if (strlen(here.key) != key.length)
		return fail(scanner, "a key holds the character \\u0000");
	note_key(scanner, &here, keys);
	skip_blanks(scanner);
	if (!take(scanner, ':'))
		return fail(scanner, "expected ':' after a key");
	return scan_value(scanner, &here);
}

static int scan_object(struct scanner *scanner, const struct frame *here)
{
	CLEANUP(free_keys) struct keys keys = { .table = strtab_new() };

	skip_blanks(scanner);
	if (take(scanner, '}'))
		return 0;
	do {
		if (scan_member(scanner, here, &keys) < 0)
			return -1;
		skip_blanks(scanner);
	} while (take(scanner, ','));
	return take(scanner, '}') ? 0 : fail(scanner, "expected ',' or '}' after a value");
}

static int scan_list(struct scanner *scanner, const struct frame *parent)
{
	struct frame here = { .parent = parent };

	skip_blanks(scanner);
	if (take(scanner, ']'))
		return 0;
	do {
		if (scan_value(scanner, &here) < 0)
			return -1;
		here.index++;
		skip_blanks(scanner);
	} while (take(scanner, ','));
	return take(scanner, ']') ? 0 : fail(scanner, "expected ',' or ']' after a value");
}

static int scan_nested(struct scanner *scanner, const struct frame *here)
{
	int status;

	if (scanner->depth == JSON_TEXT_DEPTH_LIMIT)
		return fail(scanner, "objects and lists are nested too deeply");
	scanner->depth++;
	if (take(scanner, '{')) {
		status = scan_object(scanner, here);
	} else {
		take(scanner, '[');
		status = scan_list(scanner, here);
	}
	scanner->depth--;
	return status;
}

static int scan_value(struct scanner *scanner, const struct frame *here)
{
	CLEANUP(buf_free) struct buf ignored = { 0 };

	skip_blanks(scanner);
	if (peek(scanner) == '{' || peek(scanner) == '[')
		return scan_nested(scanner, here);
	if (peek(scanner) == '-' || at_digit(scanner))
		return scan_number(scanner);
	if (take(scanner, '"'))
		return scan_string(scanner, &ignored);
	return scan_word(scanner);
}

static int scan_document(struct scanner *scanner)
{
	if (scan_value(scanner, NULL) < 0)
		return -1;
	skip_blanks(scanner);
	if (scanner->at < scanner->end)
		return fail(scanner, "expected nothing more after the value");
	return 0;
}

static int build(const char *text, size_t length, struct json_object **out, struct err *err)
{
	/* json-c counts what is inside the innermost list as one level more. */
	struct json_tokener *tokener = NULL;
	enum json_tokener_error error;

	document_ensure_memory(length);
	tokener = xchecked(json_tokener_new_ex(JSON_TEXT_DEPTH_LIMIT + 2));
	*out = json_tokener_parse_ex(tokener, text, (int)length);
	/* A number may go on until a NUL says that it does not. */
	if (json_tokener_get_error(tokener) == json_tokener_continue)
		*out = json_tokener_parse_ex(tokener, "", 1);
	error = json_tokener_get_error(tokener);
	json_tokener_free(tokener);
	if (document_lacks_memory((int)error, *out, text, length))
		xchecked(NULL);
	if (error == json_tokener_success)
		return 0;
	return err_set(err, ERR_USAGE, "line 1: the text is not understood: %s",
		       json_tokener_error_desc(error));
}

void json_repeats_clear(struct json_repeats *repeats)
{
	for (size_t i = 0; i < repeats->count; i++)
		free(repeats->items[i].path);
	free(repeats->items);
	*repeats = (struct json_repeats){ 0 };
}

int json_strict_parse(const char *text, size_t length, struct json_object **out,
		      struct json_repeats *repeats, struct err *err)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct scanner scanner = { .line = 1, .repeats = repeats, .err = err };

	*out = NULL;
	*repeats = (struct json_repeats){ 0 };
	if (length > JSON_STRICT_SIZE_LIMIT)
		return err_set(err, ERR_USAGE, "line 1: the text is longer than %zu bytes",
			       JSON_STRICT_SIZE_LIMIT);
	if (length >= 3 && memcmp(text, mark, 3) == 0) {
		text += 3;
		length -= 3;
	}
	scanner.at = text;
	scanner.end = text + length;
	if (scan_document(&scanner) == 0 && build(text, length, out, err) == 0)
		return 0;
	json_repeats_clear(repeats);
	return -1;
}
