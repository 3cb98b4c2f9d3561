#include "api/parsers.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"

enum {
    KEPT = 16
};

struct cn_parsers {
    pthread_mutex_t lock;
    size_t max_bytes;
    struct cn_json_parser *kept[KEPT];
    size_t count;
};

struct cn_parsers *cn_parsers_new(size_t max_bytes)
{
    struct cn_parsers *parsers = cn_heap_resize(NULL, sizeof(*parsers));
    *parsers = (struct cn_parsers){ .max_bytes = max_bytes };
    (void)pthread_mutex_init(&parsers->lock, NULL);
    return parsers;
}

void cn_parsers_free(struct cn_parsers *parsers)
{
    if (parsers == NULL) {
        return;
    }
    for (size_t i = 0; i < parsers->count; i++) {
        cn_json_parser_free(parsers->kept[i]);
    }
    (void)pthread_mutex_destroy(&parsers->lock);
    free(parsers);
}

struct cn_json_parser *cn_parsers_take(struct cn_parsers *parsers, size_t bytes)
{
    struct cn_json_parser *parser = NULL;
    if (bytes > parsers->max_bytes) {
        return cn_json_parser_new(bytes);
    }
    (void)pthread_mutex_lock(&parsers->lock);
    if (parsers->count > 0) {
        parser = parsers->kept[--parsers->count];
    }
    (void)pthread_mutex_unlock(&parsers->lock);
    return parser != NULL ? parser : cn_json_parser_new(parsers->max_bytes);
}

void cn_parsers_give(struct cn_parsers *parsers, struct cn_json_parser *parser, size_t bytes)
{
    (void)pthread_mutex_lock(&parsers->lock);
    if (bytes <= parsers->max_bytes && parsers->count < KEPT) {
        parsers->kept[parsers->count++] = parser;
        parser = NULL;
    }
    (void)pthread_mutex_unlock(&parsers->lock);
    cn_json_parser_free(parser);
}
