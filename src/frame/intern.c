/*
 * Texts in chunks that never move, so that readers need no lock: a number is published by the
 * return of cn_intern(), after its text was written.
 */
#include "frame/intern.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/str.h"

enum {
    CHUNK_BITS = 12,
    CHUNK_TEXTS = 1 << CHUNK_BITS,
    CHUNKS_MAX = 1 << 13, /* 33 million texts */
    ORDER_BYTES = 8
};

struct entry {
    cn_str text;
    uint64_t order[CN_INTERNED_ORDER_PARTS];
};

struct cn_interner {
    pthread_mutex_t lock; /* of all but what is published */
    struct cn_str_map numbers;
    struct cn_arena texts;
    uint32_t count;
    struct entry *chunks[CHUNKS_MAX];
};

static unsigned char folded(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static uint64_t order_of(cn_str text, size_t from)
{
    uint64_t order = 0;
    for (size_t i = from; i < from + ORDER_BYTES; i++) {
        order = order << 8 | (i < text.len ? folded(text.ptr[i]) : 0);
    }
    return order;
}

struct cn_interner *cn_interner_new(void)
{
    struct cn_interner *interner = cn_heap_resize(NULL, sizeof(*interner));
    memset(interner, 0, sizeof(*interner));
    pthread_mutex_init(&interner->lock, NULL);
    cn_str_map_init(&interner->numbers);
    cn_arena_init(&interner->texts, 1 << 16);
    (void)cn_intern(interner, CN_STR("")); /* number 0 */
    return interner;
}

void cn_interner_free(struct cn_interner *interner)
{
    if (interner == NULL) {
        return;
    }
    for (size_t i = 0; i < CHUNKS_MAX && interner->chunks[i] != NULL; i++) {
        free(interner->chunks[i]);
    }
    cn_str_map_deinit(&interner->numbers);
    cn_arena_deinit(&interner->texts);
    pthread_mutex_destroy(&interner->lock);
    free(interner);
}

uint32_t cn_intern(struct cn_interner *interner, cn_str text)
{
    bool is_new = false;
    pthread_mutex_lock(&interner->lock);
    uint64_t *slot = cn_str_map_put(&interner->numbers, text, &is_new);
    if (is_new) {
        uint32_t number = interner->count++;
        size_t chunk = number >> CHUNK_BITS;
        assert(chunk < CHUNKS_MAX);
        if (interner->chunks[chunk] == NULL) {
            interner->chunks[chunk] =
                cn_heap_resize(NULL, (size_t)CHUNK_TEXTS * sizeof(struct entry));
        }
        interner->chunks[chunk][number % CHUNK_TEXTS] =
            (struct entry){ cn_arena_str(&interner->texts, text),
                            { order_of(text, 0), order_of(text, ORDER_BYTES) } };
        *slot = number;
    }
    uint32_t number = (uint32_t)*slot;
    pthread_mutex_unlock(&interner->lock);
    return number;
}

static const struct entry *entry_of(const struct cn_interner *interner, uint32_t number)
{
    return &interner->chunks[number >> CHUNK_BITS][number % CHUNK_TEXTS];
}

cn_str cn_interned(const struct cn_interner *interner, uint32_t number)
{
    return entry_of(interner, number)->text;
}

uint64_t cn_interned_order(const struct cn_interner *interner, uint32_t number, int part)
{
    return entry_of(interner, number)->order[part];
}

int cn_interned_compare(const struct cn_interner *interner, uint32_t a, uint32_t b)
{
    cn_str x = cn_interned(interner, a);
    cn_str y = cn_interned(interner, b);
    size_t shorter = x.len < y.len ? x.len : y.len;
    for (size_t i = 0; i < shorter; i++) {
        int difference = folded(x.ptr[i]) - folded(y.ptr[i]);
        if (difference != 0) {
            return difference;
        }
    }
    if (x.len != y.len) {
        return x.len < y.len ? -1 : 1;
    }
    return cn_str_compare(x, y);
}
