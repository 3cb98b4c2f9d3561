#include <string.h>

#include "base/str.h"
#include "base/subject.h"

#include "book/subject_entry.h"

/* What the map answers; none of these changes it.  The lock is taken through a pointer that is not
 * const, since taking it is no change either. */

int64_t cn_subject_map_version(struct cn_subject_map *map)
{
    (void)pthread_rwlock_rdlock(&map->lock);
    int64_t version = map->version;
    (void)pthread_rwlock_unlock(&map->lock);
    return version;
}

size_t cn_subject_map_count(struct cn_subject_map *map)
{
    (void)pthread_rwlock_rdlock(&map->lock);
    size_t count = map->count;
    (void)pthread_rwlock_unlock(&map->lock);
    return count;
}

int64_t cn_subject_map_find(struct cn_subject_map *map, int64_t subject, cn_time at)
{
    (void)pthread_rwlock_rdlock(&map->lock);
    const uint64_t *entry = cn_map_get(&map->index, (uint64_t)subject);
    int64_t account_id = entry != NULL ? cn_subject_resolve(map, (uint32_t)*entry, at) : 0;
    (void)pthread_rwlock_unlock(&map->lock);
    return account_id;
}

bool cn_subject_map_is_placed(struct cn_subject_map *map, int64_t subject, struct cn_arena *arena)
{
    (void)pthread_rwlock_rdlock(&map->lock);
    const uint64_t *entry = cn_map_get(&map->index, (uint64_t)subject);
    bool is_placed = entry != NULL;
    int64_t *edges = NULL;
    size_t count = is_placed ? cn_subject_edges(map, (uint32_t)*entry, arena, &edges) : 0;
    for (size_t i = 0; is_placed && i < count; i++) {
        is_placed = cn_subject_resolve(map, (uint32_t)*entry, (cn_time){ edges[i] }) != 0;
    }
    (void)pthread_rwlock_unlock(&map->lock);
    return is_placed;
}

static int64_t account_of(struct cn_subject_map *map, const struct subject_names *names,
                          cn_str text)
{
    (void)pthread_rwlock_rdlock(&map->lock);
    const uint64_t *place = cn_str_map_get(&names->index, text);
    int64_t account_id = place != NULL ? names->items[*place].account_id : 0;
    (void)pthread_rwlock_unlock(&map->lock);
    return account_id;
}

int64_t cn_subject_map_account(struct cn_subject_map *map, cn_str external_id)
{
    return account_of(map, &map->keys, external_id);
}

int64_t cn_subject_map_domain(struct cn_subject_map *map, cn_str domain)
{
    return account_of(map, &map->domains, domain);
}

static bool is_in_hour(const struct sightings *list, uint32_t target, int64_t at_us)
{
    const int64_t grain = CN_SUBJECT_GRAIN_US;
    int64_t begin = at_us - (at_us % grain + grain) % grain;
    for (uint32_t i = list->count; i > 0; i--) {
        const struct sighting *seen = &list->items[i - 1];
        if (seen->target == target && seen->at_us >= begin && seen->at_us <= at_us) {
            return true;
        }
    }
    return false;
}

static bool has_name(struct cn_subject_map *map, const struct subject_names *names, int64_t subject,
                     cn_str text, cn_time at)
{
    (void)pthread_rwlock_rdlock(&map->lock);
    const uint64_t *place = cn_map_get(&map->index, (uint64_t)subject);
    const uint64_t *name = cn_str_map_get(&names->index, text);
    bool has = false;
    if (place != NULL && name != NULL) {
        const struct subject_entry *entry = &map->entries[*place];
        has = is_in_hour(names == &map->keys ? &entry->groups : &entry->domains, (uint32_t)*name,
                         at.us);
    }
    (void)pthread_rwlock_unlock(&map->lock);
    return has;
}

bool cn_subject_map_has_group(struct cn_subject_map *map, int64_t subject, cn_str external_id,
                              cn_time at)
{
    return has_name(map, &map->keys, subject, external_id, at);
}

bool cn_subject_map_has_mail(struct cn_subject_map *map, int64_t subject, cn_str domain, cn_time at)
{
    return has_name(map, &map->domains, subject, domain, at);
}

bool cn_subject_map_has_link(struct cn_subject_map *map, int64_t subject, int64_t target,
                             cn_time at)
{
    (void)pthread_rwlock_rdlock(&map->lock);
    const uint64_t *from = cn_map_get(&map->index, (uint64_t)subject);
    const uint64_t *to = cn_map_get(&map->index, (uint64_t)target);
    bool has =
        from != NULL && to != NULL && is_in_hour(&map->entries[*from].links, (uint32_t)*to, at.us);
    (void)pthread_rwlock_unlock(&map->lock);
    return has || subject == target;
}

int64_t cn_subject_survivor(const struct cn_subject_map *map, int64_t account_id)
{
    const uint64_t *next = NULL;
    while ((next = cn_map_get(&map->survivors, (uint64_t)account_id)) != NULL) {
        account_id = (int64_t)*next;
    }
    return account_id;
}

int64_t cn_subject_map_survivor(struct cn_subject_map *map, int64_t account_id)
{
    (void)pthread_rwlock_rdlock(&map->lock);
    int64_t survivor = cn_subject_survivor(map, account_id);
    (void)pthread_rwlock_unlock(&map->lock);
    return survivor;
}

size_t cn_subject_users(const struct cn_subject_map *map, const struct account_names *names,
                        size_t spare, struct cn_arena *arena, uint32_t **entries_out)
{
    size_t room = spare;
    size_t count = 0;
    for (uint32_t i = 0; i < names->key_count; i++) {
        room += map->keys.items[names->keys[i]].user_count;
    }
    for (uint32_t i = 0; i < names->domain_count; i++) {
        room += map->domains.items[names->domains[i]].user_count;
    }
    uint32_t *roots = cn_arena_array(arena, uint32_t, room + 1);
    for (uint32_t i = 0; i < names->key_count; i++) {
        const struct subject_name *name = &map->keys.items[names->keys[i]];
        if (name->user_count > 0) {
            memcpy(roots + count, name->users, name->user_count * sizeof(roots[0]));
            count += name->user_count;
        }
    }
    for (uint32_t i = 0; i < names->domain_count; i++) {
        const struct subject_name *name = &map->domains.items[names->domains[i]];
        if (name->user_count > 0) {
            memcpy(roots + count, name->users, name->user_count * sizeof(roots[0]));
            count += name->user_count;
        }
    }
    *entries_out = roots;
    return count;
}

size_t cn_subject_map_subjects(struct cn_subject_map *map, int64_t account_id,
                               struct cn_arena *arena, int64_t **subjects_out)
{
    (void)pthread_rwlock_rdlock(&map->lock);
    const uint64_t *place = cn_map_get(&map->accounts, (uint64_t)account_id);
    size_t count = 0;
    int64_t *subjects = NULL;
    if (place != NULL) {
        const struct account_names *names = &map->account_names[*place];
        uint32_t *roots = NULL;
        uint32_t *entries = NULL;
        size_t root_count = cn_subject_users(map, names, 0, arena, &roots);
        size_t entry_count = cn_subject_followers(map, roots, root_count, arena, &entries);
        subjects = cn_arena_array(arena, int64_t, entry_count + names->key_count + 1);
        for (uint32_t i = 0; i < names->key_count; i++) {
            cn_str key = map->keys.items[names->keys[i]].text;
            subjects[count++] = cn_subject_of(CN_SUBJECT_GROUP, key);
        }
        for (size_t i = 0; i < entry_count; i++) {
            subjects[count++] = map->entries[entries[i]].subject;
        }
    }
    (void)pthread_rwlock_unlock(&map->lock);
    *subjects_out = subjects;
    return count;
}
