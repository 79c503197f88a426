/* What reports tell of a tag, and of a namespace, of Scaleway's registry alone. For src/report/
 * only.
 */
#ifndef REPORT_SCALEWAY_FIELDS_H
#define REPORT_SCALEWAY_FIELDS_H

#include <stdint.h>
#include <stdio.h>

struct report;             /* report/run_json.h */
struct scaleway_namespace; /* apply_scaleway/namespaces.h */

/* "tag_id": … "updated_at": …, the members of TAG's object, without what is before and behind them;
 * null where it is not known. "error" is there only where TAG was to go and did not. */
void scaleway_fields_write(const struct report *report, uint32_t tag, FILE *stream);
/* "namespace_id": … "reason": …, and "error" where that failed. */
void scaleway_fields_namespace(const struct scaleway_namespace *space, FILE *stream);

#endif
