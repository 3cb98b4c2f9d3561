/*
 * Threads that are held up where they take or leave a lock: what needs luck to happen in a race
 * does happen.  Loaded into a program with LD_PRELOAD.
 *
 * CAIRN_SHAKE_ONE_IN (20000) is how many such places there are to one hold-up, of up to 160 ms.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

enum {
    ONE_IN = 20000,
    MOST_NS = 20000000,
    LONG_ONE_IN = 8, /* of the hold-ups; so many times as long, too */
};

static uint64_t one_in = ONE_IN;

/* Other libraries may take locks before. */
static __attribute__((constructor)) void read_settings(void)
{
    const char *text = getenv("CAIRN_SHAKE_ONE_IN"); /* NOLINT(concurrency-mt-unsafe): one thread */
    const uint64_t given = text != NULL ? strtoull(text, NULL, 10) : ONE_IN;
    one_in = given > 0 ? given : 1;
}

/* Of the thread, from the clock: no two runs are alike. */
static uint64_t next_random(void)
{
    static _Thread_local uint64_t state;
    if (state == 0) {
        struct timespec now;
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        state = ((uint64_t)now.tv_nsec * 2654435761U) ^ (uint64_t)(uintptr_t)&state;
        state |= 1;
    }
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void hold_up(void)
{
    const uint64_t random = next_random();
    if (random % one_in != 0) {
        return;
    }
    long ns = (long)((random >> 20) % MOST_NS);
    ns *= (random >> 50) % LONG_ONE_IN == 0 ? LONG_ONE_IN : 1;
    (void)nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL);
}

/* What the C library does under that name; looked up when it is first asked for. */
typedef int lock_function(void *lock);

static lock_function *real(const char *name, _Atomic(lock_function *) *known)
{
    lock_function *found = atomic_load(known);
    if (found == NULL) {
        *(void **)&found = dlsym(RTLD_NEXT, name);
        atomic_store(known, found);
    }
    return found;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    static _Atomic(lock_function *) known;
    hold_up();
    return real("pthread_mutex_lock", &known)(mutex);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    static _Atomic(lock_function *) known;
    const int rc = real("pthread_mutex_unlock", &known)(mutex);
    hold_up();
    return rc;
}

int pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
    static _Atomic(lock_function *) known;
    const int rc = real("pthread_rwlock_unlock", &known)(lock);
    hold_up();
    return rc;
}
