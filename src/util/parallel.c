/* A ring of results between the threads, which fill it in any order, and the caller, who empties it
 * in the order of the items. */
#include "util/parallel.h"

#include "util/progress.h"
#include "util/stop_signal.h"
#include "util/time.h"
#include "util/xalloc.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <time.h>

#define RING    ((size_t)4 * PARALLEL_THREADS_MAX)
#define WAIT_MS 100
/* How many small items one thread takes at a time. */
#define CHUNK ((size_t)32)

struct slot {
	void *result;
	bool done;
};

struct crew {
	const struct parallel *job;
	struct parallel_watch *watch; /* NULL: items are short */
	pthread_mutex_t lock;         /* for all below */
	pthread_cond_t room;          /* a slot became free, or there is nothing more to begin */
	pthread_cond_t ready;         /* the next result to take is there */
	size_t begun, taken;
	size_t end; /* items from here on are not begun */
	struct slot ring[RING];
};

/* The next item to work on; false when there is none. */
static bool begin_item(struct crew *crew, size_t *item)
{
	bool any = false;

	pthread_mutex_lock(&crew->lock);
	while (crew->begun < crew->end && crew->begun - crew->taken == RING)
		pthread_cond_wait(&crew->room, &crew->lock);
	any = crew->begun < crew->end;
	if (any)
		*item = crew->begun++;
	pthread_mutex_unlock(&crew->lock);
	return any;
}

static void finish_item(struct crew *crew, size_t item, void *result)
{
	pthread_mutex_lock(&crew->lock);
	crew->ring[item % RING] = (struct slot){ result, true };
	if (item == crew->taken)
		pthread_cond_signal(&crew->ready);
	pthread_mutex_unlock(&crew->lock);
}

static void *work(void *argument)
{
	struct crew *crew = argument;
	size_t item = 0;

	while (begin_item(crew, &item))
		finish_item(crew, item, crew->job->work(crew->job->ctx, item));
	return NULL;
}

/* Nothing more is begun after a stop signal. */
static void look_for_signals(struct crew *crew)
{
	if (stop_signal_count() == 0)
		return;
	crew->end = crew->begun;
	if (crew->watch)
		atomic_store(&crew->watch->ended, true);
	pthread_cond_broadcast(&crew->room);
}

/* Waits until the next result may be there. */
static void wait_for_result(struct crew *crew)
{
	int64_t until = time_monotonic_ms() + WAIT_MS;
	struct timespec limit = { .tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000 };

	if (!crew->watch) {
		pthread_cond_wait(&crew->ready, &crew->lock);
		return;
	}
	(void)pthread_cond_clockwait(&crew->ready, &crew->lock, CLOCK_MONOTONIC, &limit);
	look_for_signals(crew);
	if (!crew->watch->waiting)
		return;
	pthread_mutex_unlock(&crew->lock);
	crew->watch->waiting(crew->job->ctx);
	pthread_mutex_lock(&crew->lock);
}

/* Waits for the next result. False when all that was begun is taken and nothing more will be. */
static bool next_result(struct crew *crew, void **result)
{
	struct slot *slot = NULL;
	bool any = false;

	pthread_mutex_lock(&crew->lock);
	slot = &crew->ring[crew->taken % RING];
	look_for_signals(crew);
	while (crew->taken < crew->end && !slot->done)
		wait_for_result(crew);
	any = crew->taken < crew->end;
	*result = slot->result;
	pthread_mutex_unlock(&crew->lock);
	return any;
}

static void free_slot(struct crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	crew->ring[crew->taken % RING] = (struct slot){ 0 };
	crew->taken++;
	pthread_cond_broadcast(&crew->room);
	pthread_mutex_unlock(&crew->lock);
}

static void run_alone(struct crew *crew)
{
	const struct parallel *job = crew->job;

	while (crew->taken < crew->end && stop_signal_count() == 0) {
		job->take(job->ctx, crew->taken, job->work(job->ctx, crew->taken));
		crew->taken++;
	}
}

static void run_threads(struct crew *crew, unsigned count)
{
	pthread_t threads[PARALLEL_THREADS_MAX];
	unsigned started = 0;
	void *result = NULL;

	while (started < count && pthread_create(&threads[started], NULL, work, crew) == 0)
		started++;
	if (started == 0) {
		run_alone(crew);
		return;
	}
	while (next_result(crew, &result)) {
		crew->job->take(crew->job->ctx, crew->taken, result);
		free_slot(crew);
		progress_tick();
	}
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}

static int run_crew(const struct parallel *job, struct parallel_watch *watch, struct err *err)
{
	struct crew crew = { .job = job, .watch = watch, .end = job->count };
	unsigned threads = parallel_threads();

	pthread_mutex_init(&crew.lock, NULL);
	pthread_cond_init(&crew.room, NULL);
	pthread_cond_init(&crew.ready, NULL);
	if (job->count == 0 || (!watch && (threads == 1 || job->count == 1)))
		run_alone(&crew);
	else
		run_threads(&crew, threads < job->count ? threads : (unsigned)job->count);
	pthread_cond_destroy(&crew.ready);
	pthread_cond_destroy(&crew.room);
	pthread_mutex_destroy(&crew.lock);
	if (crew.taken < job->count || (watch && atomic_load(&watch->ended)))
		return err_set(err, ERR_STOPPED, "stopped by signal %d", stop_signal());
	return 0;
}

int parallel_run(const struct parallel *job, struct err *err)
{
	return run_crew(job, NULL, err);
}

static size_t chunk_end(const struct parallel_small *job, size_t chunk)
{
	size_t end = (chunk + 1) * CHUNK;

	return end < job->count ? end : job->count;
}

static void *work_chunk(void *ctx, size_t chunk)
{
	const struct parallel_small *job = ctx;
	char *results = xcalloc(CHUNK, job->size);

	for (size_t i = chunk * CHUNK; i < chunk_end(job, chunk); i++)
		job->work(job->ctx, i, results + i % CHUNK * job->size);
	return results;
}

static void take_chunk(void *ctx, size_t chunk, void *result)
{
	const struct parallel_small *job = ctx;
	char *results = result;

	for (size_t i = chunk * CHUNK; i < chunk_end(job, chunk); i++)
		job->take(job->ctx, i, results + i % CHUNK * job->size);
	free(results);
}

int parallel_run_small(const struct parallel_small *small, struct err *err)
{
	struct parallel_small copy = *small;
	const struct parallel job = { (small->count + CHUNK - 1) / CHUNK, work_chunk, take_chunk,
				      &copy };

	return parallel_run(&job, err);
}

int parallel_run_long(const struct parallel *job, struct parallel_watch *watch, struct err *err)
{
	return run_crew(job, watch, err);
}

unsigned parallel_threads(void)
{
	cpu_set_t cores;
	int count = 1;

	if (sched_getaffinity(0, sizeof cores, &cores) == 0)
		count = CPU_COUNT(&cores);
	if (count < 1)
		return 1;
	return count < PARALLEL_THREADS_MAX ? (unsigned)count : PARALLEL_THREADS_MAX;
}
