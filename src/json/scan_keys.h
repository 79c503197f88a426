/* Keys given twice, found while an object is scanned. For src/json/scan.c only. */
#ifndef JSON_SCAN_KEYS_H
#define JSON_SCAN_KEYS_H

#include "json/scan.h"

/* Notes a key of the innermost object, which began at FIRST in KEYS. True if it had KEY already and
 * has not many; json_scan_keys_leave tells it of the others. */
bool json_scan_keys_add(struct json_scan_keys *keys, size_t first, const struct json_value *key);
/* Forgets the keys from FIRST on. True if one of them was given twice. */
bool json_scan_keys_leave(struct json_scan_keys *keys, size_t first);
/* Releases its memory. */
void json_scan_keys_free(struct json_scan_keys *keys);

#endif
