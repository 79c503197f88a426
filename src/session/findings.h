/* Logs the findings of a verification: one line a fault, however many tags it hits. */
#ifndef SESSION_FINDINGS_H
#define SESSION_FINDINGS_H

#include <stddef.h>

struct inventory;
struct verify_result;

/* Tells damage as errors, what could not be found out as warnings, and parts of indexes that were
 * not there before as one line of INFO. RESULT is about INVENTORY. */
void findings_tell(const struct inventory *inventory, const struct verify_result *result);
/* Tells, as warnings, what could not even be listed; each repository that is, and the catalog,
 * counts in the result. */
size_t findings_tell_troubles(const struct inventory *inventory);

#endif
