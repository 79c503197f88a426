/* Asks the kernel, the environment and the locale; sets nothing. */
#include "util/terminal.h"

#include "util/units.h"

#include <langinfo.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define USUAL_WIDTH 80
#define WIDEST      1000

bool terminal_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8 = locale && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;

	if (locale)
		freelocale(locale);
	return utf8;
}

struct terminal terminal_of(int fd)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	struct winsize window = { 0 };
	struct terminal terminal = { .width = USUAL_WIDTH };

	if (!isatty(fd) || !term || !*term || strcmp(term, "dumb") == 0)
		return (struct terminal){ 0 };
	if (ioctl(fd, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
		terminal.width = window.ws_col < WIDEST ? window.ws_col : WIDEST;
	terminal.utf8 = terminal_utf8();
	terminal.color = !no_color || !*no_color;
	return terminal;
}

unsigned terminal_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize window = { 0 };
	uint64_t given = 0;

	if (columns && units_parse_u64(columns, &given) && given > 0)
		return given < WIDEST ? (unsigned)given : WIDEST;
	if (ioctl(fd, TIOCGWINSZ, &window) != 0)
		return 0;
	if (window.ws_col == 0)
		return USUAL_WIDTH;
	return window.ws_col < WIDEST ? window.ws_col : WIDEST;
}
