/* The home folder of the user who runs this. */
#ifndef UTIL_HOME_H
#define UTIL_HOME_H

/* An absolute path, HOME's or the user database's; NULL when there is none. Borrowed until the
 * environment or the user database is asked again. */
const char *home_folder(void);

#endif
