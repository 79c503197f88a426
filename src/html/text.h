/* Texts and numbers in a page. */
#ifndef HTML_TEXT_H
#define HTML_TEXT_H

#include <stdint.h>
#include <stdio.h>

/* TEXT, from wherever, as the content of an element or between double quotes: nothing of it is
 * markup. Control characters, those that turn the direction of writing, and what is no UTF-8 are
 * written as \xNN. */
void html_text(FILE *out, const char *text);
/* Begins the box of a table: one that is wider than the screen is moved in it, with the keyboard,
 * too; LABEL, from wherever, is what it is called then. */
void html_begin_box(FILE *out, const char *label);
/* A name from outside in an element of its own, whose direction of writing ends with it. */
void html_name(FILE *out, const char *text);
/* A name that a machine gave: in a fixed pitch, broken anywhere. */
void html_code(FILE *out, const char *text);

/* "1,234,567" */
void html_number(FILE *out, uint64_t number);
/* "1 tag", "1,234 tags" */
void html_count(FILE *out, uint64_t number, const char *noun);
/* "3.2 GiB", which is not broken between two lines; HTML_UNKNOWN: "not known" */
void html_bytes(FILE *out, uint64_t bytes);
/* The same two as a cell of a table. */
void html_number_cell(FILE *out, uint64_t number);
void html_bytes_cell(FILE *out, uint64_t bytes);
/* Seconds since 1970, as this host's clock shows them; "not known" for what is no date. */
void html_time(FILE *out, int64_t seconds);
/* The same without the time of day. */
void html_day(FILE *out, int64_t seconds);

#endif
