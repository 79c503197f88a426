/* The metrics by name, and how a sample is written. Names and units are as Prometheus wants them
 * (https://prometheus.io/docs/practices/naming/). Private to src/metrics. */
#ifndef METRICS_FAMILIES_H
#define METRICS_FAMILIES_H

#include <stdint.h>

struct buf; /* util/buf.h */

/* X(name, name in the file, type, what it is); docs/metrics.md has each of them. */
/* clang-format off */
#define METRICS_FAMILY_TABLE(X) \
	X(BUILD_INFO, "clean_registry_build_info", "gauge", \
	  "Always 1; its label is the version of the program.") \
	X(RUN_TIME, "clean_registry_last_run_timestamp_seconds", "gauge", \
	  "When the last run ended.") \
	X(SUCCESS_TIME, "clean_registry_last_success_timestamp_seconds", "gauge", \
	  "When the last run ended that had the exit code 0.") \
	X(RUN_SECONDS, "clean_registry_last_run_duration_seconds", "gauge", \
	  "How long the last run took.") \
	X(RUN_CODE, "clean_registry_last_run_exit_code", "gauge", \
	  "Exit code of the last run; 0: all that was planned was done.") \
	X(RUN_ERRORS, "clean_registry_last_run_errors", "gauge", \
	  "What failed or could not be read in the last run.") \
	X(RUN_DELETED, "clean_registry_last_run_tags_deleted", "gauge", \
	  "Tags that the last run deleted, each under its first reason.") \
	X(RUN_FAILED, "clean_registry_last_run_tags_failed", "gauge", \
	  "Tags that the last run could not delete.") \
	X(RUN_LEFT, "clean_registry_last_run_tags_left", "gauge", \
	  "Tags that the last run left for the next one.") \
	X(RUN_NAMESPACES, "clean_registry_last_run_namespaces_deleted", "gauge", \
	  "Empty namespaces of Scaleway's registry that the last run deleted.") \
	X(RUN_NAMESPACES_FAILED, "clean_registry_last_run_namespaces_failed", "gauge", \
	  "Empty namespaces of Scaleway's registry that the last run could not delete.") \
	X(RUN_MANIFESTS, "clean_registry_last_run_manifests_deleted", "gauge", \
	  "Manifests that the last run deleted.") \
	X(RUN_FREED, "clean_registry_last_run_freed_bytes", "gauge", \
	  "Bytes of the blobs that went in the last run.") \
	X(RUNS, "clean_registry_runs_total", "counter", \
	  "Runs that ended.") \
	X(DELETED, "clean_registry_tags_deleted_total", "counter", \
	  "Tags that runs deleted.") \
	X(NAMESPACES, "clean_registry_namespaces_deleted_total", "counter", \
	  "Empty namespaces of Scaleway's registry that runs deleted.") \
	X(MANIFESTS, "clean_registry_manifests_deleted_total", "counter", \
	  "Manifests that runs deleted.") \
	X(FREED, "clean_registry_freed_bytes_total", "counter", \
	  "Bytes of the blobs that went in runs.") \
	X(FREE, "clean_registry_file_system_free_bytes", "gauge", \
	  "Free bytes of the file system that has the blobs, for users without rights.") \
	X(SIZE, "clean_registry_file_system_size_bytes", "gauge", \
	  "Size of that file system.") \
	X(KNOWN, "clean_registry_known_timestamp_seconds", "gauge", \
	  "When a run ended that learnt this: what is about tags, space, storage or damage.") \
	X(REPOSITORIES, "clean_registry_repositories", "gauge", \
	  "Repositories that the registry had.") \
	X(TAGS, "clean_registry_tags", "gauge", \
	  "Tags that the registry had, before the run deleted any.") \
	X(KEPT, "clean_registry_tags_kept", "gauge", \
	  "Tags that stayed, each under the most important of its reasons.") \
	X(REPOSITORY_TAGS, "clean_registry_repository_tags", "gauge", \
	  "Tags of the repository, before the run deleted any.") \
	X(REPOSITORY_DELETED, "clean_registry_repository_tags_deleted", "gauge", \
	  "Tags of the repository that the run deleted.") \
	X(REPOSITORY_BYTES, "clean_registry_repository_bytes", "gauge", \
	  "Bytes of the blobs that the repository referred to, before the run deleted anything.") \
	X(REPOSITORY_FREED, "clean_registry_repository_forecast_bytes", "gauge", \
	  "Bytes of blobs of this repository alone that a collection would still free after the run.") \
	X(BLOBS, "clean_registry_blob_bytes", "gauge", \
	  "Bytes of all blobs: of their files, or without the storage, of those that manifests name.") \
	X(FORECAST, "clean_registry_forecast_bytes", "gauge", \
	  "Bytes that a collection would still free after the run.") \
	X(GARBAGE, "clean_registry_garbage_bytes", "gauge", \
	  "Bytes of blobs that nothing referred to before the run, less what it freed.") \
	X(UNTAGGED, "clean_registry_untagged_bytes", "gauge", \
	  "Bytes that only manifests hold which no tag leads to.") \
	X(STORAGE, "clean_registry_storage_bytes", "gauge", \
	  "Disk space that the storage took, as measured by a run that deleted or collected.") \
	X(DAMAGED, "clean_registry_tags_damaged", "gauge", \
	  "Tags that were found to lack something when they were verified.") \
	X(UNVERIFIED, "clean_registry_tags_unverified", "gauge", \
	  "Tags that could not be verified.")
/* clang-format on */

#define METRICS_FAMILY(name, ...) METRICS_##name,
enum metrics_family { METRICS_FAMILY_TABLE(METRICS_FAMILY) METRICS_FAMILIES };

#define METRICS_UNKNOWN UINT64_MAX /* a number that is not known */

/* Where samples go, each with the label "registry". */
struct metrics_out {
	struct buf *text;
	const char *registry; /* its URL, without credentials */
};

/* HELP and TYPE of FAMILY, before its first sample. */
void metrics_begin(const struct metrics_out *out, enum metrics_family family);
/* A sample; LABEL (may be NULL) is one more label, VALUE its value. */
void metrics_sample(const struct metrics_out *out, enum metrics_family family, const char *label,
		    const char *value, uint64_t number);
/* A family of one sample; nothing when NUMBER is METRICS_UNKNOWN. */
void metrics_one(const struct metrics_out *out, enum metrics_family family, uint64_t number);
/* The same of an amount of seconds. */
void metrics_seconds(const struct metrics_out *out, enum metrics_family family, double seconds);

/* Appends TEXT as a label's value: \, " and line breaks are escaped; other control characters, and
 * bytes that are no UTF-8, become \xNN, since no exporter may send these. */
void metrics_escape(struct buf *out, const char *text);

#endif
