#include "metric/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum {
    MEMBERS_MAX = 1024 * 1024 /* 32 MB */
};

void cn_known_members_deinit(struct cn_known_members *known)
{
    cn_map_deinit(&known->keys);
}

void cn_known_members_forget(struct cn_known_members *known)
{
    cn_map_clear(&known->keys);
}

void cn_fresh_members_deinit(struct cn_fresh_members *fresh)
{
    free(fresh->keys);
    *fresh = (struct cn_fresh_members){ 0 };
}

static struct cn_hash128 key_of(const struct cn_delta *row, uint64_t member)
{
    const uint64_t words[] = { (uint64_t)row->account_id,
                               (uint64_t)(uint32_t)row->day << 32 | row->metric, member };
    char bytes[sizeof(words)];
    memcpy(bytes, words, sizeof(words));
    return cn_hash128_of((cn_str){ bytes, sizeof(bytes) }, 0);
}

void cn_known_members_filter(struct cn_known_members *known, int64_t mapping,
                             struct cn_deltas *deltas, struct cn_fresh_members *fresh)
{
    fresh->mapping = mapping;
    fresh->count = 0;
    fresh->keys = cn_heap_resize(fresh->keys, (deltas->member_count + 1) * sizeof(fresh->keys[0]));
    if (known->mapping != mapping) {
        cn_known_members_forget(known);
        known->mapping = mapping;
    }
    for (size_t i = 0; i < deltas->member_count; i++) {
        struct cn_delta_member member = deltas->members[i];
        struct cn_hash128 key = key_of(&deltas->rows[member.row], member.member);
        const uint64_t *other_half = cn_map_get(&known->keys, key.hi);
        if (other_half == NULL || *other_half != key.lo) {
            deltas->members[fresh->count] = member;
            fresh->keys[fresh->count++] = key;
        }
    }
    deltas->member_count = fresh->count;
}

void cn_known_members_add(struct cn_known_members *known, const struct cn_fresh_members *fresh)
{
    if (known->mapping != fresh->mapping) {
        return;
    }
    for (size_t i = 0; i < fresh->count; i++) {
        bool was_new = false;
        if (known->keys.count == MEMBERS_MAX) {
            cn_known_members_forget(known);
        }
        /* Of two keys with the same half the newer one is known. */
        *cn_map_put(&known->keys, fresh->keys[i].hi, &was_new) = fresh->keys[i].lo;
    }
}
