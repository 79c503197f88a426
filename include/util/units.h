/* Numbers from and for people. */
#ifndef UTIL_UNITS_H
#define UTIL_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNITS_SIZE 32

/* "0 B", "71 B", "1.5 KiB", "12 MiB", "3.2 GiB": three significant digits; into TEXT, returned. */
const char *units_bytes(uint64_t bytes, char text[UNITS_SIZE]);
/* "0.4 s", "12 s", "3 min 5 s", "2 h 10 min"; into TEXT, returned. */
const char *units_duration(double seconds, char text[UNITS_SIZE]);
/* The whole days of SECONDS, "1 day", "30 days"; into TEXT, returned. */
const char *units_days(int64_t seconds, char text[UNITS_SIZE]);
/* A whole decimal number, digits only, no sign, no blanks, all of TEXT. False if it is not. */
bool units_parse_u64(const char *text, uint64_t *value);
/* Reads the decimal number at *AT and moves *AT behind it. False, and nothing moved, if there is
 * none or it is too large. */
bool units_read_u64(const char **at, uint64_t *value);
/* "" for 1, "s" otherwise: printf("%u tag%s", n, units_s(n)). */
const char *units_s(uint64_t count);

#endif
