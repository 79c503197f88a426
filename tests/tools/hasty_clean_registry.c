/* The program with a wait of a second instead of a minute before it looks again: linked with this
 * in place of src/run/native_settle.c. */
#include "run/native_settle.h"

const unsigned NATIVE_SETTLE_SECONDS = 1;
