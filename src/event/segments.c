#include "event/segments.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "event/pack.h"

/* What the folder holds of one segment. */
struct found {
    int64_t first_seq;
    bool has_raw;
    bool has_pack[CN_PACK_LEVELS];
    bool has_ids;
};

struct listing {
    struct found *items;
    size_t count;
    size_t capacity;
};

void cn_segments_init(struct cn_segments *segments, const char *dir)
{
    *segments = (struct cn_segments){ 0 };
    (void)pthread_mutex_init(&segments->lock, NULL); /* cannot fail without attributes */
    size_t len = strlen(dir);
    assert(len < sizeof(segments->dir));
    memcpy(segments->dir, dir, len);
}

void cn_segments_deinit(struct cn_segments *segments)
{
    for (size_t i = 0; i < segments->count; i++) {
        cn_segment_release(segments->items[i]);
    }
    free(segments->items);
    (void)pthread_mutex_destroy(&segments->lock); /* nobody holds it */
    segments->items = NULL;
    segments->count = 0;
}

void cn_segments_add(struct cn_segments *segments, struct cn_segment *segment)
{
    (void)pthread_mutex_lock(&segments->lock);
    if (segments->count == segments->capacity) {
        segments->capacity = segments->capacity > 0 ? segments->capacity * 2 : 64;
        segments->items =
            cn_heap_resize(segments->items, segments->capacity * sizeof(segments->items[0]));
    }
    segments->items[segments->count++] = segment;
    (void)pthread_mutex_unlock(&segments->lock);
}

/* Takes `count` segments from `at` on out of the list, into an array that the caller frees. Locked;
 * they are released without the lock, since that may delete files. */
static struct cn_segment **cut(struct cn_segments *segments, size_t at, size_t count)
{
    struct cn_segment **gone = cn_heap_resize(NULL, (count + 1) * sizeof(*gone));
    memcpy(gone, segments->items + at, count * sizeof(*gone));
    segments->count -= count;
    memmove(segments->items + at, segments->items + at + count,
            (segments->count - at) * sizeof(segments->items[0]));
    return gone;
}

static void delete_all(struct cn_segment **gone, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        atomic_store(&gone[i]->is_deleted, true);
        cn_segment_release(gone[i]);
    }
    free(gone);
}

void cn_segments_replace(struct cn_segments *segments, const struct cn_segment *first, size_t count,
                         struct cn_segment *packed)
{
    size_t at = 0;
    struct cn_segment **gone = NULL;
    (void)pthread_mutex_lock(&segments->lock);
    while (at < segments->count && segments->items[at] != first) {
        at++;
    }
    bool found = at + count <= segments->count;
    if (found) {
        gone = cut(segments, at, count);
        memmove(segments->items + at + 1, segments->items + at,
                (segments->count - at) * sizeof(segments->items[0]));
        segments->items[at] = packed;
        segments->count++;
    }
    (void)pthread_mutex_unlock(&segments->lock);
    if (found) {
        delete_all(gone, count);
    } else {
        atomic_store(&packed->is_deleted, true);
        cn_segment_release(packed);
    }
}

size_t cn_segments_drop(struct cn_segments *segments, cn_time before)
{
    size_t dropped = 0;
    (void)pthread_mutex_lock(&segments->lock);
    while (dropped < segments->count &&
           atomic_load(&segments->items[dropped]->state) != CN_SEGMENT_OPEN &&
           atomic_load(&segments->items[dropped]->last_received) < before.us) {
        dropped++;
    }
    struct cn_segment **gone = cut(segments, 0, dropped);
    (void)pthread_mutex_unlock(&segments->lock);
    delete_all(gone, dropped);
    return dropped;
}

size_t cn_segments_take(struct cn_segments *segments, struct cn_segment ***items_out)
{
    (void)pthread_mutex_lock(&segments->lock);
    size_t count = segments->count;
    *items_out = cn_heap_resize(NULL, (count + 1) * sizeof(**items_out));
    for (size_t i = 0; i < count; i++) {
        (*items_out)[i] = segments->items[i];
        cn_segment_retain(segments->items[i]);
    }
    (void)pthread_mutex_unlock(&segments->lock);
    return count;
}

void cn_segments_give(struct cn_segment **items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cn_segment_release(items[i]);
    }
    free(items);
}

int64_t cn_segments_since(struct cn_segments *segments, cn_time since)
{
    (void)pthread_mutex_lock(&segments->lock);
    size_t i = 0;
    while (i + 1 < segments->count && atomic_load(&segments->items[i]->last_received) < since.us) {
        i++;
    }
    int64_t first_seq = i < segments->count ? segments->items[i]->first_seq : 0;
    (void)pthread_mutex_unlock(&segments->lock);
    return first_seq;
}

/* ---- loading ---- */

static struct found *found_of(struct listing *listing, int64_t first_seq)
{
    for (size_t i = 0; i < listing->count; i++) {
        if (listing->items[i].first_seq == first_seq) {
            return &listing->items[i];
        }
    }
    if (listing->count == listing->capacity) {
        listing->capacity = listing->capacity > 0 ? listing->capacity * 2 : 64;
        listing->items =
            cn_heap_resize(listing->items, listing->capacity * sizeof(listing->items[0]));
    }
    listing->items[listing->count] = (struct found){ .first_seq = first_seq };
    return &listing->items[listing->count++];
}

static void note_file(struct cn_segments *segments, struct listing *listing, const char *name)
{
    int64_t first_seq;
    const char *suffix;
    if (cn_str_ends_with(cn_str_of(name), CN_STR(".tmp"))) {
        char path[CN_SEGMENT_PATH_BYTES];
        int len = snprintf(path, sizeof(path), "%s/%s", segments->dir, name);
        if (len > 0 && (size_t)len < sizeof(path)) {
            cn_file_delete(path); /* a crash left it half written */
        }
    } else if (cn_segment_name_parse(name, &first_seq, &suffix)) {
        struct found *found = found_of(listing, first_seq);
        found->has_raw = found->has_raw || strcmp(suffix, "raw") == 0;
        for (unsigned level = 0; level < CN_PACK_LEVELS; level++) {
            const char *packed = cn_pack_suffix((enum cn_pack_level)level);
            found->has_pack[level] = found->has_pack[level] || strcmp(suffix, packed) == 0;
        }
        found->has_ids = found->has_ids || strcmp(suffix, "ids") == 0;
    }
}

static int compare_found(const void *a, const void *b)
{
    int64_t left = ((const struct found *)a)->first_seq;
    int64_t right = ((const struct found *)b)->first_seq;
    return left < right ? -1 : left > right;
}

static bool list_files(struct cn_segments *segments, struct listing *listing, struct cn_error *err)
{
    DIR *dir = opendir(segments->dir);
    if (dir == NULL) {
        return cn_fail(err, CN_UNAVAILABLE, "opening %s: %s", segments->dir,
                       strerrordesc_np(errno));
    }
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this thread's own */
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        note_file(segments, listing, entry->d_name);
    }
    (void)closedir(dir); /* only read from */
    if (listing->count > 0) {
        qsort(listing->items, listing->count, sizeof(listing->items[0]), compare_found);
    }
    return true;
}

static void delete_file(struct cn_segments *segments, int64_t first_seq, const char *suffix)
{
    char path[CN_SEGMENT_PATH_BYTES];
    struct cn_error ignored; /* a path that is too long names no file */
    if (cn_segment_path(segments->dir, first_seq, suffix, path, &ignored)) {
        cn_file_delete(path);
    }
}

/* Deletes what is left of a segment in its smaller forms, from the level below `level` down. */
static void delete_below(struct cn_segments *segments, const struct found *found, unsigned level)
{
    while (level > 0) {
        level--;
        if (found->has_pack[level]) {
            delete_file(segments, found->first_seq, cn_pack_suffix((enum cn_pack_level)level));
        }
    }
    if (found->has_raw) {
        delete_file(segments, found->first_seq, "raw");
    }
}

static bool has_any(const struct found *found)
{
    bool any = found->has_raw;
    for (unsigned level = 0; level < CN_PACK_LEVELS; level++) {
        any = any || found->has_pack[level];
    }
    return any;
}

/* The largest form replaces the others, which a crash may have left behind. */
static bool open_found(struct cn_segments *segments, const struct found *found, bool is_newest,
                       struct cn_segment **segment_out, struct cn_error *err)
{
    for (unsigned level = CN_PACK_LEVELS; level > 0; level--) {
        if (found->has_pack[level - 1]) {
            delete_below(segments, found, level - 1);
            return cn_pack_open(segments->dir, found->first_seq, (enum cn_pack_level)(level - 1),
                                segment_out, err);
        }
    }
    return cn_segment_open_raw(segments->dir, found->first_seq, is_newest, segments->is_unsynced,
                               segments->now, segment_out, err);
}

static bool open_all(struct cn_segments *segments, const struct listing *listing,
                     struct cn_error *err)
{
    int64_t covered_to = 0;
    size_t newest = 0;
    for (size_t i = 0; i < listing->count; i++) {
        newest = has_any(&listing->items[i]) ? i : newest;
    }
    for (size_t i = 0; i < listing->count; i++) {
        const struct found *found = &listing->items[i];
        struct cn_segment *segment;
        if (!has_any(found)) {
            delete_file(segments, found->first_seq, "ids"); /* of a segment that was dropped */
            continue;
        }
        if (found->first_seq <= covered_to) {
            delete_below(segments, found, CN_PACK_LEVELS); /* merged into the one before */
            continue;
        }
        if (covered_to > 0 && found->first_seq > covered_to + 1) {
            return cn_fail(err, CN_INTERNAL, "events %lld to %lld are missing in %s; " CN_RESTORE,
                           (long long)covered_to + 1, (long long)found->first_seq - 1,
                           segments->dir);
        }
        if (!open_found(segments, found, i == newest, &segment, err)) {
            return false;
        }
        covered_to = atomic_load(&segment->last_seq);
        cn_segments_add(segments, segment);
    }
    return true;
}

bool cn_segments_load(struct cn_segments *segments, bool is_unsynced, cn_time now,
                      struct cn_error *err)
{
    struct listing listing = { 0 };
    segments->is_unsynced = is_unsynced;
    segments->now = now;
    bool ok = cn_folder_make(segments->dir, err) && list_files(segments, &listing, err) &&
              open_all(segments, &listing, err);
    free(listing.items);
    return ok;
}
