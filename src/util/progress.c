/* The row of progress: kept here, so that it can be shown again. */
#include "util/progress.h"

#include "util/log.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define EVERY_MS   100
#define TICK_MS    1000
#define PATIENT_MS 3000 /* what is done by then needs no time beside it */

static struct {
	char text[256]; /* "": nothing is being done */
	int64_t began;  /* the phase, in milliseconds */
	int64_t shown;  /* the row */
} row;

static void show(int64_t now)
{
	CLEANUP(free_p) char *text = NULL;

	row.shown = now;
	if (now - row.began < PATIENT_MS) {
		log_row(row.text);
		return;
	}
	text = xasprintf("%s (%" PRId64 " s)", row.text, (now - row.began) / 1000);
	log_row(text);
}

/* FORMAT names the phase itself. */
static bool is_same_phase(const char *format)
{
	size_t length = strcspn(row.text, ":");

	return length > 0 && strcspn(format, ":") == length &&
	       strncmp(row.text, format, length) == 0;
}

void progress(const char *format, ...)
{
	int64_t now = time_monotonic_ms();
	char text[sizeof row.text];
	va_list args;
	bool same = is_same_phase(format);

	if ((same && now - row.shown < EVERY_MS) || !log_row_wanted())
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (!same)
		row.began = now;
	memcpy(row.text, text, sizeof text);
	show(now);
}

void progress_end(void)
{
	row.text[0] = '\0';
	log_wipe_row();
}

int progress_wait(int ms)
{
	return row.text[0] && (ms < 0 || ms > TICK_MS) ? TICK_MS : ms;
}

void progress_tick(void)
{
	int64_t now = time_monotonic_ms();

	if (row.text[0] && now - row.shown >= TICK_MS)
		show(now);
}
