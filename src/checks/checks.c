/* What the answers to questions about a set-up have in common. */
#include "checks/checks.h"

#include "util/secrets.h"

#include <stdarg.h>
#include <stdlib.h>

void checks_answer_clear(struct check_answer *answer)
{
	for (size_t i = 0; i < answer->detail_count; i++)
		free(answer->details[i]);
	free(answer->details);
	*answer = (struct check_answer){ 0 };
}

enum check_verdict checks_say(struct err *said, enum check_verdict verdict, const char *format, ...)
{
	va_list args;

	said->kind = ERR_NONE;
	va_start(args, format);
	secrets_print(said->msg, sizeof said->msg, format, args);
	va_end(args);
	return verdict;
}
