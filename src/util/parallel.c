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

struct pool {
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
static bool begin_item(struct pool *pool, size_t *item)
{
	bool any = false;

	pthread_mutex_lock(&pool->lock);
	while (pool->begun < pool->end && pool->begun - pool->taken == RING)
		pthread_cond_wait(&pool->room, &pool->lock);
	any = pool->begun < pool->end;
	if (any)
		*item = pool->begun++;
	pthread_mutex_unlock(&pool->lock);
	return any;
}

static void finish_item(struct pool *pool, size_t item, void *result)
{
	pthread_mutex_lock(&pool->lock);
	pool->ring[item % RING] = (struct slot){ result, true };
	if (item == pool->taken)
		pthread_cond_signal(&pool->ready);
	pthread_mutex_unlock(&pool->lock);
}

static void *work(void *argument)
{
	struct pool *pool = argument;
	size_t item = 0;

	while (begin_item(pool, &item))
		finish_item(pool, item, pool->job->work(pool->job->ctx, item));
	return NULL;
}

/* Nothing more is begun after a stop signal. */
static void look_for_signals(struct pool *pool)
{
	if (stop_signal_count() == 0)
		return;
	pool->end = pool->begun;
	if (pool->watch)
		atomic_store(&pool->watch->ended, true);
	pthread_cond_broadcast(&pool->room);
}

/* Waits until the next result may be there. */
static void wait_for_result(struct pool *pool)
{
	int64_t until = time_monotonic_ms() + WAIT_MS;
	struct timespec limit = { .tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000 };

	if (!pool->watch) {
		pthread_cond_wait(&pool->ready, &pool->lock);
		return;
	}
	(void)pthread_cond_clockwait(&pool->ready, &pool->lock, CLOCK_MONOTONIC, &limit);
	look_for_signals(pool);
	if (!pool->watch->waiting)
		return;
	pthread_mutex_unlock(&pool->lock);
	pool->watch->waiting(pool->job->ctx);
	pthread_mutex_lock(&pool->lock);
}

/* Waits for the next result. False when all that was begun is taken and nothing more will be. */
static bool next_result(struct pool *pool, void **result)
{
	struct slot *slot = NULL;
	bool any = false;

	pthread_mutex_lock(&pool->lock);
	slot = &pool->ring[pool->taken % RING];
	look_for_signals(pool);
	while (pool->taken < pool->end && !slot->done)
		wait_for_result(pool);
	any = pool->taken < pool->end;
	*result = slot->result;
	pthread_mutex_unlock(&pool->lock);
	return any;
}

static void free_slot(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->ring[pool->taken % RING] = (struct slot){ 0 };
	pool->taken++;
	pthread_cond_broadcast(&pool->room);
	pthread_mutex_unlock(&pool->lock);
}

static void run_alone(struct pool *pool)
{
	const struct parallel *job = pool->job;

	while (pool->taken < pool->end && stop_signal_count() == 0) {
		job->take(job->ctx, pool->taken, job->work(job->ctx, pool->taken));
		pool->taken++;
	}
}

static void run_threads(struct pool *pool, unsigned count)
{
	pthread_t threads[PARALLEL_THREADS_MAX];
	unsigned started = 0;
	void *result = NULL;

	while (started < count && pthread_create(&threads[started], NULL, work, pool) == 0)
		started++;
	if (started == 0) {
		run_alone(pool);
		return;
	}
	while (next_result(pool, &result)) {
		pool->job->take(pool->job->ctx, pool->taken, result);
		free_slot(pool);
		progress_tick();
	}
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}

static int run_pool(const struct parallel *job, struct parallel_watch *watch, struct err *err)
{
	struct pool pool = { .job = job, .watch = watch, .end = job->count };
	unsigned threads = parallel_threads();

	pthread_mutex_init(&pool.lock, NULL);
	pthread_cond_init(&pool.room, NULL);
	pthread_cond_init(&pool.ready, NULL);
	if (job->count == 0 || (!watch && (threads == 1 || job->count == 1)))
		run_alone(&pool);
	else
		run_threads(&pool, threads < job->count ? threads : (unsigned)job->count);
	pthread_cond_destroy(&pool.ready);
	pthread_cond_destroy(&pool.room);
	pthread_mutex_destroy(&pool.lock);
	if (pool.taken < job->count || (watch && atomic_load(&watch->ended)))
		return err_set(err, ERR_STOPPED, "stopped by signal %d", stop_signal());
	return 0;
}

int parallel_run(const struct parallel *job, struct err *err)
{
	return run_pool(job, NULL, err);
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
	return run_pool(job, watch, err);
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
