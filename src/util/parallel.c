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
#include <string.h>
#include <time.h>

#define RING    ((size_t)4 * PARALLEL_THREADS_MAX)
#define WAIT_MS 100

/* How many small items one thread takes at a time: so many that threads seldom meet, and so few
 * that none is left alone with the last ones. */
#define CHUNK_MOST       ((size_t)256)
#define CHUNKS_OF_THREAD 8

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
	size_t room_for; /* how many may be begun and not taken, RING at most */
	size_t end;      /* items from here on are not begun */
	struct slot ring[RING];
};

/* The next item to work on; false when there is none. */
static bool begin_item(struct pool *pool, size_t *item)
{
	bool any = false;

	pthread_mutex_lock(&pool->lock);
	while (pool->begun < pool->end && pool->begun - pool->taken == pool->room_for)
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

static int run_pool(const struct parallel *job, struct parallel_watch *watch, size_t room_for,
		    struct err *err)
{
	struct pool pool = { .job = job, .watch = watch, .room_for = room_for, .end = job->count };
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
	return run_pool(job, NULL, RING, err);
}

/* The results of a chunk are where those of an earlier one were, which is taken by then. */
struct chunks {
	const struct parallel_chunks *job;
	size_t length;   /* items of a chunk */
	size_t room_for; /* chunks */
	char *results;
};

static size_t chunk_end(const struct chunks *chunks, size_t chunk)
{
	size_t end = (chunk + 1) * chunks->length;

	return end < chunks->job->count ? end : chunks->job->count;
}

static void *work_chunk(void *ctx, size_t chunk)
{
	const struct chunks *chunks = ctx;
	const struct parallel_chunks *job = chunks->job;
	size_t bytes = chunks->length * job->size;
	char *results = chunks->results + chunk % chunks->room_for * bytes;

	memset(results, 0, bytes);
	job->work(job->ctx, chunk * chunks->length, chunk_end(chunks, chunk), results);
	return results;
}

static void take_chunk(void *ctx, size_t chunk, void *result)
{
	const struct chunks *chunks = ctx;
	const struct parallel_chunks *job = chunks->job;
	size_t first = chunk * chunks->length, end = chunk_end(chunks, chunk);
	char *results = result;

	for (size_t i = first; i < end; i++)
		job->take(job->ctx, i, results + (i - first) * job->size);
}

int parallel_run_chunks(const struct parallel_chunks *chunked, struct err *err)
{
	unsigned threads = parallel_threads();
	struct chunks chunks = { .job = chunked, .room_for = (size_t)2 * threads + 2 };
	CLEANUP(free_p) char *results = NULL;
	struct parallel job = { 0, work_chunk, take_chunk, &chunks };

	chunks.length = chunked->count / threads / CHUNKS_OF_THREAD + 1;
	if (chunks.length > CHUNK_MOST)
		chunks.length = CHUNK_MOST;
	job.count = (chunked->count + chunks.length - 1) / chunks.length;
	if (chunks.room_for > job.count)
		chunks.room_for = job.count + 1;
	results = xcalloc(chunks.room_for * chunks.length, chunked->size);
	chunks.results = results;
	return run_pool(&job, NULL, chunks.room_for, err);
}

static void work_one_by_one(void *ctx, size_t first, size_t end, void *results)
{
	const struct parallel_small *job = ctx;
	char *result = results;

	for (size_t i = first; i < end; i++, result += job->size)
		job->work(job->ctx, i, result);
}

static void take_one(void *ctx, size_t item, void *result)
{
	const struct parallel_small *job = ctx;

	job->take(job->ctx, item, result);
}

int parallel_run_small(const struct parallel_small *small, struct err *err)
{
	struct parallel_small copy = *small;
	const struct parallel_chunks job = { small->count, small->size, work_one_by_one, take_one,
					     &copy };

	return parallel_run_chunks(&job, err);
}

int parallel_run_long(const struct parallel *job, struct parallel_watch *watch, struct err *err)
{
	return run_pool(job, watch, RING, err);
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
