/* What the native collector did, as JSON. */
#ifndef REPORT_NATIVE_JSON_H
#define REPORT_NATIVE_JSON_H

#include <stdio.h>

struct report; /* report/run_json.h */

/* "null" where another collector is set. */
void native_json_write(const struct report *report, FILE *stream);

#endif
