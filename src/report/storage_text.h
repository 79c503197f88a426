/* The lines of a run's end that are about the storage. For src/report/run_text.c only. */
#ifndef REPORT_STORAGE_TEXT_H
#define REPORT_STORAGE_TEXT_H

struct report; /* report/run_json.h */

/* A dry run: what a collection would free. */
void storage_text_forecast(const struct report *report);
/* A run: what it freed, and what the storage takes now. */
void storage_text_log(const struct report *report);

#endif
