/* The text format of Prometheus' exporters, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). */
#include "metrics/families.h"

#include "util/buf.h"
#include "util/printable.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <string.h>

struct family {
	const char *name, *type, *help;
};

#define ROW(id, name, type, help) [METRICS_##id] = { name, type, help },
static const struct family FAMILIES[METRICS_FAMILIES] = { METRICS_FAMILY_TABLE(ROW) };

/* What is printable already. */
static void add_escaped(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			buf_text(out, "\\");
		buf_add(out, text, 1);
	}
}

void metrics_escape(struct buf *out, const char *text)
{
	CLEANUP(buf_free) struct buf plain = { 0 };
	const char *end;

	for (;; text = end + 1) {
		CLEANUP(free_p) char *line = NULL;

		end = strchrnul(text, '\n');
		line = xstrndup(text, (size_t)(end - text));
		buf_clear(&plain);
		printable_add(&plain, line);
		add_escaped(out, buf_string(&plain));
		if (!*end)
			return;
		buf_text(out, "\\n");
	}
}

void metrics_begin(const struct metrics_out *out, enum metrics_family family)
{
	const struct family *row = &FAMILIES[family];

	buf_format(out->text, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
		   row->type);
}

static void begin_sample(const struct metrics_out *out, enum metrics_family family,
			 const char *label, const char *value)
{
	buf_format(out->text, "%s{registry=\"", FAMILIES[family].name);
	metrics_escape(out->text, out->registry);
	if (label) {
		buf_format(out->text, "\",%s=\"", label);
		metrics_escape(out->text, value);
	}
	buf_text(out->text, "\"} ");
}

void metrics_sample(const struct metrics_out *out, enum metrics_family family, const char *label,
		    const char *value, uint64_t number)
{
	begin_sample(out, family, label, value);
	buf_format(out->text, "%" PRIu64 "\n", number);
}

void metrics_one(const struct metrics_out *out, enum metrics_family family, uint64_t number)
{
	if (number == METRICS_UNKNOWN)
		return;
	metrics_begin(out, family);
	metrics_sample(out, family, NULL, NULL, number);
}

void metrics_seconds(const struct metrics_out *out, enum metrics_family family, double seconds)
{
	metrics_begin(out, family);
	begin_sample(out, family, NULL, NULL);
	buf_format(out->text, "%.3f\n", seconds);
}
