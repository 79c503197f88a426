/* A value that is not known is null. */
#include "report/native_json.h"

#include "config/config.h"
#include "report/run_json.h"
#include "util/date.h"
#include "json/write.h"

#include <inttypes.h>

static void write_blobs(FILE *stream, const char *name, bool known,
			const struct report_native_blobs *blobs)
{
	if (known)
		fprintf(stream, "\"%s_blobs\": %" PRIu64 ", \"%s_bytes\": %" PRIu64, name,
			blobs->count, name, blobs->bytes);
	else
		fprintf(stream, "\"%s_blobs\": null, \"%s_bytes\": null", name, name);
}

static void write_moment(FILE *stream, const char *name, int64_t moment)
{
	fprintf(stream, ", \"%s\": ", name);
	json_write_time(stream, moment > 0 ? moment : DATE_ABSENT);
}

static void write_unclear(const struct report *report, FILE *stream)
{
	const struct report_native *native = &report->native;

	fputs(",\n      \"unclear\": [", stream);
	for (size_t i = 0; i < report_items(report, native->unclear.count); i++) {
		fprintf(stream, "%s\n        { \"repository\": ", i ? "," : "");
		json_write_string(stream, native->unclear.items[i]);
		fputs(", \"reason\": ", stream);
		json_write_string(stream, native->reasons.items[i]);
		fputs(" }", stream);
	}
	fputs(" ]", stream);
}

void native_json_write(const struct report *report, FILE *stream)
{
	const struct report_native *native = &report->native;

	if (report->config->gc.method != GC_NATIVE) {
		fputs("null", stream);
		return;
	}
	fputs("{ ", stream);
	write_blobs(stream, "detached", native->collected, &native->detached);
	write_moment(stream, "detached_until", native->detached_until);
	fputs(",\n      ", stream);
	write_blobs(stream, "trash", native->trash_known, &native->trash);
	write_moment(stream, "trash_until", native->kept_until);
	if (native->collected)
		fprintf(stream,
			",\n      \"links_put_back\": %" PRIu64 ", \"blobs_put_back\": %" PRIu64,
			native->links_put_back, native->blobs_put_back);
	else
		fputs(",\n      \"links_put_back\": null, \"blobs_put_back\": null", stream);
	write_unclear(report, stream);
	fputs(" }", stream);
}
