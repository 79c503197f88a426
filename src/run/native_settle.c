/* One number, in a file of its own so that tests can be linked with another one. */
#include "run/native_settle.h"

const unsigned NATIVE_SETTLE_SECONDS = 60;
