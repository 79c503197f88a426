/* The parcels that wait for a thread, never more than there are threads, behind one lock. It is
 * taken only when somebody has nothing to do: whoever has work looks at two flags. */
#include "storage/walk_pool.h"

#include "util/stop_signal.h"
#include "util/xalloc.h"

#include <pthread.h>
#include <stdatomic.h>

struct walk_pool {
	pthread_mutex_t lock; /* for all below; the flags may be read without it */
	pthread_cond_t changed;
	unsigned workers;
	unsigned idle;
	bool finished;
	struct walk_parcel *parcels; /* room for one for each worker */
	unsigned count;
	atomic_bool wanted;
	atomic_bool ended;
};

void walk_pool_parcel_free(struct walk_parcel *parcel)
{
	buf_free(&parcel->parent);
	buf_free(&parcel->names);
}

struct walk_pool *walk_pool_new(unsigned workers)
{
	struct walk_pool *pool = xcalloc(1, sizeof *pool);

	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->changed, NULL);
	pool->workers = workers;
	pool->parcels = xcalloc(workers, sizeof *pool->parcels);
	return pool;
}

void walk_pool_free(struct walk_pool *pool)
{
	for (unsigned i = 0; i < pool->count; i++)
		walk_pool_parcel_free(&pool->parcels[i]);
	free(pool->parcels);
	pthread_cond_destroy(&pool->changed);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

static void set_wanted(struct walk_pool *pool)
{
	atomic_store_explicit(&pool->wanted, pool->idle > pool->count, memory_order_relaxed);
}

void walk_pool_resign(struct walk_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->workers--;
	pthread_mutex_unlock(&pool->lock);
}

bool walk_pool_wants(const struct walk_pool *pool)
{
	return atomic_load_explicit(&pool->wanted, memory_order_relaxed);
}

bool walk_pool_give(struct walk_pool *pool, struct walk_parcel *parcel)
{
	bool wanted = false;

	pthread_mutex_lock(&pool->lock);
	wanted = pool->idle > pool->count;
	if (wanted) {
		pool->parcels[pool->count++] = *parcel;
		*parcel = (struct walk_parcel){ 0 };
		set_wanted(pool);
		pthread_cond_signal(&pool->changed);
	}
	pthread_mutex_unlock(&pool->lock);
	return wanted;
}

bool walk_pool_take(struct walk_pool *pool, struct walk_parcel *parcel)
{
	bool taken = false;

	pthread_mutex_lock(&pool->lock);
	pool->idle++;
	set_wanted(pool);
	if (pool->idle == pool->workers && pool->count == 0) {
		pool->finished = true;
		pthread_cond_broadcast(&pool->changed);
	}
	while (pool->count == 0 && !pool->finished && !walk_pool_ended(pool))
		pthread_cond_wait(&pool->changed, &pool->lock);
	taken = pool->count > 0 && !walk_pool_ended(pool);
	if (taken) {
		*parcel = pool->parcels[--pool->count];
		pool->idle--;
		set_wanted(pool);
	}
	pthread_mutex_unlock(&pool->lock);
	return taken;
}

static void end_locked(struct walk_pool *pool)
{
	atomic_store_explicit(&pool->ended, true, memory_order_relaxed);
	pthread_cond_broadcast(&pool->changed);
}

void walk_pool_end(struct walk_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	end_locked(pool);
	pthread_mutex_unlock(&pool->lock);
}

void walk_pool_heed_signals(struct walk_pool *pool)
{
	/* Under the lock, because stop_signal_count is not made for several threads. */
	pthread_mutex_lock(&pool->lock);
	if (stop_signal_count() > 0)
		end_locked(pool);
	pthread_mutex_unlock(&pool->lock);
}

bool walk_pool_ended(const struct walk_pool *pool)
{
	return atomic_load_explicit(&pool->ended, memory_order_relaxed);
}
