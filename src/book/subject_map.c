#include "book/subject_map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/subject.h"

#include "book/row.h"
#include "book/subject_entry.h"

struct cn_subject_map *cn_subject_map_new(int64_t window_us)
{
    struct cn_subject_map *map = cn_heap_resize(NULL, sizeof(*map));
    *map = (struct cn_subject_map){ .window_us = window_us };
    (void)pthread_rwlock_init(&map->lock, NULL); /* cannot fail with default attributes */
    cn_str_map_init(&map->keys.index);
    cn_str_map_init(&map->domains.index);
    cn_arena_init(&map->arena, (size_t)64 * 1024);
    return map;
}

static void free_names(struct subject_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->items[i].users);
    }
    free(names->items);
    cn_str_map_deinit(&names->index);
}

void cn_subject_map_free(struct cn_subject_map *map)
{
    if (map == NULL) {
        return;
    }
    for (size_t i = 0; i < map->count; i++) {
        free(map->entries[i].groups.items);
        free(map->entries[i].domains.items);
        free(map->entries[i].links.items);
        free(map->entries[i].linked_from);
    }
    for (size_t i = 0; i < map->account_count; i++) {
        free(map->account_names[i].keys);
        free(map->account_names[i].domains);
    }
    free(map->entries);
    free(map->account_names);
    free_names(&map->keys);
    free_names(&map->domains);
    cn_map_deinit(&map->index);
    cn_map_deinit(&map->accounts);
    cn_map_deinit(&map->survivors);
    cn_arena_deinit(&map->arena);
    (void)pthread_rwlock_destroy(&map->lock);
    free(map);
}

/* The items of a list on the heap, with room for one more. */
static void *grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return items;
    }
    *capacity = *capacity + *capacity / 2 + 4;
    return cn_heap_resize(items, *capacity * size);
}

static void push_u32(uint32_t **items, uint32_t *count, uint32_t *capacity, uint32_t value)
{
    size_t room = *capacity;
    *items = grow(*items, *count, &room, sizeof(value));
    *capacity = (uint32_t)room;
    (*items)[(*count)++] = value;
}

static uint32_t entry_of(struct cn_subject_map *map, int64_t subject)
{
    bool was_new = false;
    uint64_t *place = cn_map_put(&map->index, (uint64_t)subject, &was_new);
    if (was_new) {
        *place = map->count;
        map->entries = grow(map->entries, map->count, &map->capacity, sizeof(map->entries[0]));
        map->entries[map->count++] = (struct subject_entry){ .subject = subject, .key = -1 };
    }
    return (uint32_t)*place;
}

static uint32_t name_of(struct cn_subject_map *map, struct subject_names *names, cn_str text)
{
    bool was_new = false;
    uint64_t *place = cn_str_map_put(&names->index, text, &was_new);
    if (was_new) {
        *place = names->count;
        names->items = grow(names->items, names->count, &names->capacity, sizeof(names->items[0]));
        names->items[names->count++] =
            (struct subject_name){ .text = cn_arena_str(&map->arena, text) };
    }
    return (uint32_t)*place;
}

/* An external id with its group subject. */
static uint32_t key_of(struct cn_subject_map *map, cn_str external_id)
{
    size_t before = map->keys.count;
    uint32_t key = name_of(map, &map->keys, external_id);
    if (map->keys.count > before) {
        uint32_t entry = entry_of(map, cn_subject_of(CN_SUBJECT_GROUP, external_id));
        map->entries[entry].key = key;
    }
    return key;
}

static struct account_names *names_of_account(struct cn_subject_map *map, int64_t account_id)
{
    bool was_new = false;
    uint64_t *place = cn_map_put(&map->accounts, (uint64_t)account_id, &was_new);
    if (was_new) {
        *place = map->account_count;
        map->account_names = grow(map->account_names, map->account_count, &map->account_capacity,
                                  sizeof(map->account_names[0]));
        map->account_names[map->account_count++] = (struct account_names){ 0 };
    }
    return &map->account_names[*place];
}

/* ---- changes that can be taken back, to compare before and after ---- */

struct change {
    struct sightings *sightings; /* NULL: names got their account, or another */
    uint32_t place;
    bool was_new;
    int64_t old_at_us;
    struct sighting now;
    bool *mixed;
    bool was_mixed;
    bool now_mixed;
    struct subject_name *const *names;
    size_t name_count;
    int64_t old_account;
    int64_t account_id;
};

static void set_change(const struct change *change, bool on)
{
    if (change->sightings == NULL) {
        for (size_t i = 0; i < change->name_count; i++) {
            change->names[i]->account_id = on ? change->account_id : change->old_account;
        }
        return;
    }
    if (change->was_new) {
        change->sightings->count = change->place + (on ? 1 : 0);
        change->sightings->items[change->place] = change->now;
    } else {
        change->sightings->items[change->place].at_us = on ? change->now.at_us : change->old_at_us;
    }
    if (change->mixed != NULL) {
        *change->mixed = on ? change->now_mixed : change->was_mixed;
    }
}

struct piece_list {
    int64_t *edges;
    int64_t *accounts; /* from each edge on, before the change */
    size_t count;
};

static void resolve_pieces(const struct cn_subject_map *map, uint32_t entry,
                           struct piece_list *pieces)
{
    for (size_t i = 0; i < pieces->count; i++) {
        pieces->accounts[i] = cn_subject_resolve(map, entry, (cn_time){ pieces->edges[i] });
    }
}

/* Edges with the change on, accounts with it off; leaves it off. */
static void take_before(const struct cn_subject_map *map, const struct change *change,
                        const uint32_t *entries, size_t count, struct cn_arena *arena,
                        struct piece_list *pieces)
{
    set_change(change, true);
    for (size_t i = 0; i < count; i++) {
        pieces[i].count = cn_subject_edges(map, entries[i], arena, &pieces[i].edges);
        pieces[i].accounts = cn_arena_array(arena, int64_t, pieces[i].count);
    }
    set_change(change, false);
    for (size_t i = 0; i < count; i++) {
        resolve_pieces(map, entries[i], &pieces[i]);
    }
}

static void add_move(struct cn_subject_moves *moves, struct cn_subject_move move)
{
    struct cn_subject_move *last = moves->count > 0 ? &moves->items[moves->count - 1] : NULL;
    if (last != NULL && last->subject == move.subject && last->to_us == move.from_us &&
        last->old_account == move.old_account && last->new_account == move.new_account) {
        last->to_us = move.to_us;
        return;
    }
    moves->items = cn_row_grow(moves->arena, moves->items, moves->count, &moves->capacity,
                               sizeof(moves->items[0]));
    moves->items[moves->count++] = move;
}

/* Adds what differs now from the pieces taken before. */
static void compare(const struct cn_subject_map *map, uint32_t entry,
                    const struct piece_list *before, struct cn_subject_moves *moves)
{
    for (size_t i = 0; i < before->count; i++) {
        int64_t from = before->edges[i];
        int64_t account = cn_subject_resolve(map, entry, (cn_time){ from });
        if (account != before->accounts[i]) {
            add_move(moves,
                     (struct cn_subject_move){ .subject = map->entries[entry].subject,
                                               .from_us = from,
                                               .to_us = i + 1 < before->count ? before->edges[i + 1]
                                                                              : CN_SUBJECT_END_US,
                                               .old_account = before->accounts[i],
                                               .new_account = account });
        }
    }
}

/* Whether the change alters what the entry itself says.  Leaves the change off. */
static bool is_altered(const struct cn_subject_map *map, const struct change *change,
                       uint32_t entry, struct cn_arena *arena)
{
    int64_t *edges = NULL;
    bool altered = false;
    set_change(change, true);
    size_t count = cn_subject_edges(map, entry, arena, &edges);
    for (size_t i = 0; i < count && !altered; i++) {
        const cn_time at = { edges[i] };
        set_change(change, true);
        struct subject_local after = cn_subject_local(map, entry, at);
        set_change(change, false);
        struct subject_local before = cn_subject_local(map, entry, at);
        altered = after.account_id != before.account_id || after.link != before.link;
    }
    set_change(change, false);
    return altered;
}

/*
 * Makes the change and reports what moved.  Most changes alter nothing - the same user, the same
 * group, an hour later - so the subjects that follow by links are only looked at when one of the
 * roots itself says something else than before.
 */
static void make_change(struct cn_subject_map *map, const struct change *change,
                        const uint32_t *roots, size_t root_count, struct cn_subject_moves *moves)
{
    struct cn_arena arena;
    uint32_t *entries = NULL;
    size_t altered_count = 0;
    if (moves == NULL) {
        set_change(change, true);
        return;
    }
    cn_arena_init(&arena, 4096);
    uint32_t *altered = cn_arena_array(&arena, uint32_t, root_count + 1);
    for (size_t i = 0; i < root_count; i++) {
        if (is_altered(map, change, roots[i], &arena)) {
            altered[altered_count++] = roots[i];
        }
    }
    size_t count = cn_subject_followers(map, altered, altered_count, &arena, &entries);
    struct piece_list *pieces = cn_arena_array(&arena, struct piece_list, count + 1);
    take_before(map, change, entries, count, &arena, pieces);
    set_change(change, true);
    for (size_t i = 0; i < count; i++) {
        compare(map, entries[i], &pieces[i], moves);
    }
    cn_arena_deinit(&arena);
}

static int64_t grain_of(int64_t at_us)
{
    return at_us / CN_SUBJECT_GRAIN_US - (at_us % CN_SUBJECT_GRAIN_US < 0);
}

/* The sighting of that target within the same hour, or count. */
static uint32_t place_of(const struct sightings *list, uint32_t target, int64_t at_us)
{
    uint32_t i = list->count; /* from the newest, which is most often the one */
    while (i > 0) {
        i--;
        if (list->items[i].target == target && grain_of(list->items[i].at_us) == grain_of(at_us)) {
            return i;
        }
    }
    return list->count;
}

static bool is_known(const struct sightings *list, uint32_t target, int64_t at_us)
{
    uint32_t place = place_of(list, target, at_us);
    return place < list->count && list->items[place].at_us <= at_us;
}

static bool is_mixed_with(const struct subject_entry *entry, const struct sightings *list,
                          uint32_t target)
{
    size_t all = (size_t)entry->groups.count + entry->domains.count;
    return entry->is_mixed || (all > 0 && (list->count < all || list->items[0].target != target));
}

/* False if it was known.  `entry` is the one that `list` is a part of. */
static bool see(struct cn_subject_map *map, uint32_t entry, struct sightings *list, uint32_t target,
                int64_t at_us, struct cn_subject_moves *moves)
{
    struct subject_entry *root = &map->entries[entry];
    uint32_t place = place_of(list, target, at_us);
    if (is_known(list, target, at_us)) {
        return false;
    }
    struct change change = {
        .sightings = list,
        .place = place,
        .was_new = place == list->count,
        .now = { .at_us = at_us, .target = target },
    };
    if (list != &root->links) {
        change.mixed = &root->is_mixed;
        change.was_mixed = root->is_mixed;
        change.now_mixed = is_mixed_with(root, list, target);
    }
    if (change.was_new) {
        size_t room = list->capacity;
        list->items = grow(list->items, list->count, &room, sizeof(list->items[0]));
        list->capacity = (uint32_t)room;
    } else {
        assert(list->items != NULL);
        change.old_at_us = list->items[place].at_us;
    }
    make_change(map, &change, &entry, 1, moves);
    return true;
}

static bool has_target(const struct sightings *list, uint32_t target)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i].target == target) {
            return true;
        }
    }
    return false;
}

static bool add_to_name(struct cn_subject_map *map, int64_t subject, struct subject_names *names,
                        uint32_t name, cn_time at, struct cn_subject_moves *moves)
{
    uint32_t entry = entry_of(map, subject);
    struct sightings *list =
        names == &map->keys ? &map->entries[entry].groups : &map->entries[entry].domains;
    if (!has_target(list, name)) {
        struct subject_name *item = &names->items[name];
        push_u32(&item->users, &item->user_count, &item->user_capacity, entry);
    }
    return see(map, entry, list, name, at.us, moves);
}

bool cn_subject_map_add_group(struct cn_subject_map *map, int64_t subject, cn_str external_id,
                              cn_time at, struct cn_subject_moves *moves)
{
    (void)pthread_rwlock_wrlock(&map->lock);
    uint32_t key = key_of(map, external_id);
    bool added = add_to_name(map, subject, &map->keys, key, at, moves);
    (void)pthread_rwlock_unlock(&map->lock);
    return added;
}

bool cn_subject_map_add_mail(struct cn_subject_map *map, int64_t subject, cn_str domain, cn_time at,
                             struct cn_subject_moves *moves)
{
    (void)pthread_rwlock_wrlock(&map->lock);
    uint32_t name = name_of(map, &map->domains, domain);
    bool added = add_to_name(map, subject, &map->domains, name, at, moves);
    (void)pthread_rwlock_unlock(&map->lock);
    return added;
}

bool cn_subject_map_add_link(struct cn_subject_map *map, int64_t subject, int64_t target,
                             cn_time at, struct cn_subject_moves *moves)
{
    if (subject == target) {
        return false;
    }
    (void)pthread_rwlock_wrlock(&map->lock);
    uint32_t to = entry_of(map, target);
    uint32_t from = entry_of(map, subject);
    struct subject_entry *entry = &map->entries[to];
    if (!has_target(&map->entries[from].links, to)) {
        push_u32(&entry->linked_from, &entry->linked_count, &entry->linked_capacity, from);
    }
    bool added = see(map, from, &map->entries[from].links, to, at.us, moves);
    (void)pthread_rwlock_unlock(&map->lock);
    return added;
}

/* The first account that a name gets, it keeps; or what that became part of. */
static bool name_account(struct cn_subject_map *map, struct subject_name *name, int64_t account_id,
                         const uint32_t *roots, size_t root_count, struct cn_subject_moves *moves)
{
    if (name->account_id != 0) {
        return false;
    }
    const struct change change = { .names = &name, .name_count = 1, .account_id = account_id };
    make_change(map, &change, roots, root_count, moves);
    return true;
}

bool cn_subject_map_add_account(struct cn_subject_map *map, cn_str external_id, int64_t account_id,
                                struct cn_subject_moves *moves)
{
    struct cn_arena arena;
    cn_arena_init(&arena, 1024);
    (void)pthread_rwlock_wrlock(&map->lock);
    account_id = cn_subject_survivor(map, account_id);
    uint32_t key = key_of(map, external_id);
    struct subject_name *name = &map->keys.items[key];
    uint32_t *roots = cn_arena_array(&arena, uint32_t, (size_t)name->user_count + 1);
    roots[0] = entry_of(map, cn_subject_of(CN_SUBJECT_GROUP, external_id));
    if (name->user_count > 0) {
        memcpy(roots + 1, name->users, name->user_count * sizeof(roots[0]));
    }
    bool added = name_account(map, name, account_id, roots, (size_t)name->user_count + 1, moves);
    if (added) {
        struct account_names *names = names_of_account(map, account_id);
        push_u32(&names->keys, &names->key_count, &names->key_capacity, key);
    }
    (void)pthread_rwlock_unlock(&map->lock);
    cn_arena_deinit(&arena);
    return added;
}

bool cn_subject_map_add_domain(struct cn_subject_map *map, cn_str domain, int64_t account_id,
                               struct cn_subject_moves *moves)
{
    (void)pthread_rwlock_wrlock(&map->lock);
    account_id = cn_subject_survivor(map, account_id);
    uint32_t place = name_of(map, &map->domains, domain);
    struct subject_name *name = &map->domains.items[place];
    bool added = name_account(map, name, account_id, name->users, name->user_count, moves);
    if (added) {
        struct account_names *names = names_of_account(map, account_id);
        push_u32(&names->domains, &names->domain_count, &names->domain_capacity, place);
    }
    (void)pthread_rwlock_unlock(&map->lock);
    return added;
}

static void move_names(struct cn_subject_map *map, const struct account_names *moving,
                       int64_t survivor, struct cn_subject_moves *moves)
{
    struct cn_arena arena;
    cn_arena_init(&arena, 4096);
    size_t count = 0;
    struct subject_name **names = cn_arena_array(
        &arena, struct subject_name *, (size_t)moving->key_count + moving->domain_count + 1);
    uint32_t *roots = NULL;
    size_t root_count = cn_subject_users(map, moving, moving->key_count, &arena, &roots);
    for (uint32_t i = 0; i < moving->key_count; i++) {
        names[count] = &map->keys.items[moving->keys[i]];
        roots[root_count++] = entry_of(map, cn_subject_of(CN_SUBJECT_GROUP, names[count]->text));
        count++;
    }
    for (uint32_t i = 0; i < moving->domain_count; i++) {
        names[count++] = &map->domains.items[moving->domains[i]];
    }
    if (count > 0) {
        const struct change change = { .names = names,
                                       .name_count = count,
                                       .old_account = names[0]->account_id,
                                       .account_id = survivor };
        make_change(map, &change, roots, root_count, moves);
    }
    cn_arena_deinit(&arena);
}

bool cn_subject_map_add_merge(struct cn_subject_map *map, int64_t merged, int64_t survivor,
                              struct cn_subject_moves *moves)
{
    bool was_new = false;
    (void)pthread_rwlock_wrlock(&map->lock);
    uint64_t *next = cn_map_put(&map->survivors, (uint64_t)merged, &was_new);
    if (was_new) {
        *next = (uint64_t)survivor;
        survivor = cn_subject_survivor(map, survivor);
        (void)names_of_account(map, merged); /* so that the next moves neither */
        struct account_names *to = names_of_account(map, survivor);
        struct account_names *from = names_of_account(map, merged);
        move_names(map, from, survivor, moves);
        for (uint32_t i = 0; i < from->key_count; i++) {
            push_u32(&to->keys, &to->key_count, &to->key_capacity, from->keys[i]);
        }
        for (uint32_t i = 0; i < from->domain_count; i++) {
            push_u32(&to->domains, &to->domain_count, &to->domain_capacity, from->domains[i]);
        }
        from->key_count = 0;
        from->domain_count = 0;
    }
    (void)pthread_rwlock_unlock(&map->lock);
    return was_new;
}

void cn_subject_map_set_version(struct cn_subject_map *map, int64_t version)
{
    (void)pthread_rwlock_wrlock(&map->lock);
    map->version = version > map->version ? version : map->version;
    (void)pthread_rwlock_unlock(&map->lock);
}
