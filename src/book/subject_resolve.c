#include <stdlib.h>
#include <string.h>

#include "book/subject_entry.h"

enum {
    CLAIMS_ON_STACK = 64,
};

/* Of a link as of a claim: candidates at or before t + window, the latest before t first; and of
 * two at the same moment the smaller subject. */
static const struct sighting *decide_link(const struct cn_subject_map *map,
                                          const struct sightings *links, cn_time t)
{
    struct cn_claim best_claim = { 0 };
    const struct sighting *best = NULL;
    for (uint32_t i = 0; i < links->count; i++) {
        const struct sighting *link = &links->items[i];
        struct cn_claim pair[2] = { best_claim,
                                    { .at.us = link->at_us, .rule = CN_CLAIM_GROUP_CALL } };
        if (best != NULL && best->at_us == link->at_us) {
            if (map->entries[link->target].subject < map->entries[best->target].subject) {
                best = link;
            }
        } else if (best == NULL || cn_claim_decide(pair, 2, t, map->window_us) == &pair[1]) {
            best = link;
            best_claim = pair[1];
        }
    }
    return best;
}

static void add_claims(const struct subject_names *names, const struct sightings *seen,
                       enum cn_claim_rule rule, struct cn_claim *claims, size_t *count)
{
    for (uint32_t i = 0; i < seen->count; i++) {
        const struct subject_name *name = &names->items[seen->items[i].target];
        if (name->account_id != 0) {
            claims[(*count)++] = (struct cn_claim){ .at.us = seen->items[i].at_us,
                                                    .rule = rule,
                                                    .account_id = name->account_id,
                                                    .account_key = name->text };
        }
    }
}

static int64_t resolve_own(const struct cn_subject_map *map, const struct subject_entry *entry,
                           cn_time t)
{
    struct cn_claim on_stack[CLAIMS_ON_STACK];
    struct cn_claim *claims = on_stack;
    size_t count = 0;
    size_t most = (size_t)entry->groups.count + entry->domains.count;
    if (entry->key >= 0) {
        return map->keys.items[entry->key].account_id;
    }
    if (most == 0) {
        return 0;
    }
    if (!entry->is_mixed) { /* whatever t is */
        return entry->groups.count > 0
                   ? map->keys.items[entry->groups.items[0].target].account_id
                   : map->domains.items[entry->domains.items[0].target].account_id;
    }
    if (most > CLAIMS_ON_STACK) {
        claims = cn_heap_resize(NULL, most * sizeof(claims[0]));
    }
    add_claims(&map->keys, &entry->groups, CN_CLAIM_GROUP_CALL, claims, &count);
    add_claims(&map->domains, &entry->domains, CN_CLAIM_DOMAIN, claims, &count);
    const struct cn_claim *claim = cn_claim_decide(claims, count, t, map->window_us);
    int64_t account_id = claim != NULL ? claim->account_id : 0;
    if (claims != on_stack) {
        free(claims);
    }
    return account_id;
}

/* Follows links as far as they go; what is nearest to the end and knows an account decides. */
int64_t cn_subject_resolve(const struct cn_subject_map *map, uint32_t entry, cn_time t)
{
    uint32_t path[CN_SUBJECT_LINKS_MAX + 1];
    int len = 0;
    path[len++] = entry;
    while (len <= CN_SUBJECT_LINKS_MAX) {
        const struct sighting *link = decide_link(map, &map->entries[path[len - 1]].links, t);
        if (link == NULL) {
            break;
        }
        path[len++] = link->target;
    }
    int64_t account_id = 0;
    while (len > 0 && account_id == 0) {
        account_id = resolve_own(map, &map->entries[path[--len]], t);
    }
    return account_id;
}

struct subject_local cn_subject_local(const struct cn_subject_map *map, uint32_t entry, cn_time t)
{
    const struct sighting *link = decide_link(map, &map->entries[entry].links, t);
    return (struct subject_local){
        .account_id = resolve_own(map, &map->entries[entry], t),
        .link = link != NULL ? map->entries[link->target].subject : 0,
    };
}

struct edges {
    struct cn_arena *arena;
    int64_t *items;
    size_t count;
    size_t capacity;
};

static void add_edge(struct edges *edges, int64_t at_us)
{
    if (edges->count == edges->capacity) {
        edges->capacity = edges->capacity * 2 + 16;
        int64_t *grown = cn_arena_array(edges->arena, int64_t, edges->capacity);
        if (edges->count > 0) {
            memcpy(grown, edges->items, edges->count * sizeof(grown[0]));
        }
        edges->items = grown;
    }
    edges->items[edges->count++] = at_us;
}

/* A sighting comes into play a window before its moment, and changes sides at it. */
static void add_sightings(struct edges *edges, const struct sightings *seen, int64_t window_us)
{
    for (uint32_t i = 0; i < seen->count; i++) {
        add_edge(edges, seen->items[i].at_us);
        add_edge(edges, seen->items[i].at_us - window_us);
    }
}

/* Entries in the order in which they were reached, each once. */
struct reached {
    struct cn_arena *arena;
    struct cn_map seen;
    uint32_t *items;
    size_t count;
    size_t capacity;
};

static void reach(struct reached *reached, uint32_t entry)
{
    bool was_new = false;
    (void)cn_map_put(&reached->seen, entry, &was_new); /* only whether it was there */
    if (!was_new) {
        return;
    }
    if (reached->count == reached->capacity) {
        reached->capacity = reached->capacity * 2 + 16;
        uint32_t *grown = cn_arena_array(reached->arena, uint32_t, reached->capacity);
        if (reached->count > 0) {
            memcpy(grown, reached->items, reached->count * sizeof(grown[0]));
        }
        reached->items = grown;
    }
    reached->items[reached->count++] = entry;
}

size_t cn_subject_edges(const struct cn_subject_map *map, uint32_t entry, struct cn_arena *arena,
                        int64_t **edges_out)
{
    struct edges edges = { .arena = arena };
    struct reached reached = { .arena = arena };
    reach(&reached, entry);
    add_edge(&edges, CN_SUBJECT_BEGIN_US);
    for (size_t i = 0; i < reached.count; i++) {
        const struct subject_entry *at = &map->entries[reached.items[i]];
        add_sightings(&edges, &at->groups, map->window_us);
        add_sightings(&edges, &at->domains, map->window_us);
        add_sightings(&edges, &at->links, map->window_us);
        for (uint32_t link = 0; link < at->links.count; link++) {
            reach(&reached, at->links.items[link].target);
        }
    }
    cn_map_deinit(&reached.seen);
    qsort(edges.items, edges.count, sizeof(edges.items[0]), cn_order_i64);
    size_t kept = 0;
    for (size_t i = 0; i < edges.count; i++) {
        if (kept == 0 || edges.items[kept - 1] != edges.items[i]) {
            edges.items[kept++] = edges.items[i];
        }
    }
    *edges_out = edges.items;
    return kept;
}

size_t cn_subject_followers(const struct cn_subject_map *map, const uint32_t *roots, size_t count,
                            struct cn_arena *arena, uint32_t **entries_out)
{
    struct reached reached = { .arena = arena };
    for (size_t i = 0; i < count; i++) {
        reach(&reached, roots[i]);
    }
    for (size_t i = 0; i < reached.count; i++) {
        const struct subject_entry *at = &map->entries[reached.items[i]];
        for (uint32_t from = 0; from < at->linked_count; from++) {
            reach(&reached, at->linked_from[from]);
        }
    }
    cn_map_deinit(&reached.seen);
    *entries_out = reached.items;
    return reached.count;
}
