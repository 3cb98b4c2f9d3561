#include "api/throttle.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

enum {
    SLOTS = 16384, /* a power of two */
    PROBES = 8
};

struct slot {
    uint64_t key; /* 0: free */
    int64_t since_us;
    int64_t count;
};

struct cn_throttle {
    pthread_mutex_t lock;
    int64_t window_us;
    struct slot slots[SLOTS];
};

struct cn_throttle *cn_throttle_new(int64_t window_us)
{
    struct cn_throttle *throttle = cn_heap_resize(NULL, sizeof(*throttle));
    memset(throttle, 0, sizeof(*throttle));
    throttle->window_us = window_us;
    (void)pthread_mutex_init(&throttle->lock, NULL);
    return throttle;
}

void cn_throttle_free(struct cn_throttle *throttle)
{
    if (throttle != NULL) {
        (void)pthread_mutex_destroy(&throttle->lock);
        free(throttle);
    }
}

static uint64_t key_of(char kind, cn_str key)
{
    const uint64_t hash = cn_hash128_of(key, (uint64_t)kind).lo;
    return hash != 0 ? hash : 1;
}

static struct slot *find(struct cn_throttle *throttle, uint64_t key)
{
    for (uint64_t i = 0; i < PROBES; i++) {
        struct slot *slot = &throttle->slots[(key + i) & (SLOTS - 1)];
        if (slot->key == key) {
            return slot;
        }
    }
    return NULL;
}

/* A free slot, or the one whose window began first. */
static struct slot *make(struct cn_throttle *throttle, uint64_t key, cn_time now)
{
    struct slot *oldest = &throttle->slots[key & (SLOTS - 1)];
    for (uint64_t i = 0; i < PROBES; i++) {
        struct slot *slot = &throttle->slots[(key + i) & (SLOTS - 1)];
        if (slot->key == 0 || slot->since_us < oldest->since_us) {
            oldest = slot;
        }
        if (slot->key == 0) {
            break;
        }
    }
    *oldest = (struct slot){ .key = key, .since_us = now.us };
    return oldest;
}

bool cn_throttle_allows(struct cn_throttle *throttle, char kind, cn_str key, int64_t max,
                        cn_time now, int64_t *wait_s_out)
{
    (void)pthread_mutex_lock(&throttle->lock);
    const struct slot *slot = find(throttle, key_of(kind, key));
    const int64_t ends_us = slot != NULL ? slot->since_us + throttle->window_us : 0;
    const bool ok = slot == NULL || slot->count < max || now.us >= ends_us;
    (void)pthread_mutex_unlock(&throttle->lock);
    if (!ok) {
        *wait_s_out = (ends_us - now.us) / 1000000 + 1;
    }
    return ok;
}

void cn_throttle_count(struct cn_throttle *throttle, char kind, cn_str key, cn_time now)
{
    (void)pthread_mutex_lock(&throttle->lock);
    struct slot *slot = find(throttle, key_of(kind, key));
    if (slot == NULL) {
        slot = make(throttle, key_of(kind, key), now);
    } else if (now.us >= slot->since_us + throttle->window_us) {
        slot->since_us = now.us;
        slot->count = 0;
    }
    slot->count++;
    (void)pthread_mutex_unlock(&throttle->lock);
}

void cn_throttle_forget(struct cn_throttle *throttle, char kind, cn_str key)
{
    (void)pthread_mutex_lock(&throttle->lock);
    struct slot *slot = find(throttle, key_of(kind, key));
    if (slot != NULL) {
        *slot = (struct slot){ 0 };
    }
    (void)pthread_mutex_unlock(&throttle->lock);
}
