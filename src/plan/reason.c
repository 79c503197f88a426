/* The table of reasons, for whoever asks at run time. */
#include "plan/reason.h"

#define ROW(name, text, kind, place, words, meaning) { text, place, words },

const struct plan_reason_row PLAN_REASON_ROWS[PLAN_REASONS] = { PLAN_REASON_TABLE(ROW) };
