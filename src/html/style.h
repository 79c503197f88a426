/* How a page looks. */
#ifndef HTML_STYLE_H
#define HTML_STYLE_H

#include <stdio.h>

/* Writes the element <style>: light and dark by what the reader prefers, narrow and wide, paper. */
void html_style(FILE *out);

#endif
