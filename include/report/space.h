/* What a run frees: everybody who tells it asks here. */
#ifndef REPORT_SPACE_H
#define REPORT_SPACE_H

#include "forecast/listed.h"

#include <stdbool.h>
#include <stdint.h>

struct report; /* report/run_json.h */

struct report_space {
	uint64_t bytes;        /* MEASURE_UNKNOWN: not known; AT_LEAST: what of it is known */
	uint64_t blobs, added; /* freed; bytes added meanwhile; MEASURE_UNKNOWN: not known */
	bool at_least;         /* the sizes of some blobs are not known */
	bool by_collector;     /* it said so; else it was seen in the storage, or is a forecast */
};
/* Whether the registry tells any size: with Scaleway's API nothing is known of what images take,
 * and nothing may be said of it, not even that nothing was freed. */
bool report_knows_space(const struct report *report);

/* What REPORT's run freed. */
struct report_space report_freed(const struct report *report);
/* What it was to free: of the native collector what goes in this run; unknown without a forecast.
 */
struct report_space report_expected(const struct report *report);
/* What of that a collection would still free after REPORT's run: less what the run freed; unknown
 * where it collected and what that freed is not known. */
struct report_space report_still_to_free(const struct report *report);
/* The bytes where all of them are known; else MEASURE_UNKNOWN. */
uint64_t report_space_known(struct report_space space);

/* What a collection after the plan frees: of REPORT's forecast (not NULL), and of what the
 * collector lists now; how much of it is not known is at least counted. */
struct listed_blobs report_forecast(const struct report *report);

#endif
