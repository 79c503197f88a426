/* Debts (state/state.h) that the storage shows to be void. */
#ifndef SCAN_STORAGE_REPUSHED_H
#define SCAN_STORAGE_REPUSHED_H

struct inventory;
struct layout; /* storage/layout.h */

/* What is owed and was pushed again since that was planned is forgiven: somebody wants it, though
 * it looks the same, and rules decide on it anew. LAYOUT must be the registry's own folder. The API
 * does not tell when a manifest was pushed: without the storage nothing is forgiven. */
void repushed_check(struct inventory *inventory, const struct layout *layout);

#endif
