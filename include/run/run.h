/* The verb `run`: what cron calls. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

struct config;
struct options;

/* Lists, plans, deletes, collects, measures, reports. Returns the exit code. */
int run_command(const struct options *options, const struct config *config);

/* For one that ended with CODE before it came to that, and told WHY: tells those whom every run
 * tells how it ended (report.metrics_file, report.ping_url, notify). */
void run_not_begun(const struct options *options, const struct config *config, int code,
		   const char *why);
/* For one that a configuration at fault ended before that, as WHY says: prints what --format asks
 * for. */
void run_refused(const struct options *options, const char *why);

#endif
