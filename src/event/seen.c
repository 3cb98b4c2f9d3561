#include "event/seen.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

#include "event/files.h"
#include "event/idset.h"

enum {
    FILTER_BITS_PER_ID = 12,
    FILTER_PROBES = 6,
    FILTER_LINE_BITS = 512, /* all probes of an id fall into one cache line */
    FILTER_LINE_BYTES = FILTER_LINE_BITS / 8,
    FILTER_MIN_LINES = 1024,
    PREFETCH_AHEAD = 8,
};

static const char magic[16] = "cairn ids 1\n";

struct part {
    int64_t first_seq;
    struct cn_id_set *set;         /* or NULL */
    const struct cn_hash128 *file; /* mapped, after the magic and the count; or NULL */
    size_t count;
    void *map;
    size_t map_bytes;
};

struct cn_seen {
    pthread_mutex_t lock; /* of the list, against cn_seen_store() */
    struct part *parts;   /* oldest first */
    size_t part_count;
    size_t part_capacity;
    uint64_t *filter; /* of the ids in files */
    uint64_t *filter_memory;
    size_t filter_lines;
    size_t filter_ids;
};

struct file_head {
    char magic[16];
    uint64_t count;
    uint64_t check; /* hash of the ids */
};

struct cn_seen *cn_seen_new(void)
{
    struct cn_seen *seen = cn_heap_resize(NULL, sizeof(*seen));
    *seen = (struct cn_seen){ 0 };
    (void)pthread_mutex_init(&seen->lock, NULL); /* cannot fail without attributes */
    return seen;
}

static void drop_part(struct part *part)
{
    if (part->set != NULL) {
        cn_id_set_deinit(part->set);
        free(part->set);
    }
    if (part->map != NULL) {
        (void)munmap(part->map, part->map_bytes); /* fails only for what was not mapped */
    }
    *part = (struct part){ 0 };
}

void cn_seen_free(struct cn_seen *seen)
{
    if (seen == NULL) {
        return;
    }
    for (size_t i = 0; i < seen->part_count; i++) {
        drop_part(&seen->parts[i]);
    }
    (void)pthread_mutex_destroy(&seen->lock); /* nobody holds it */
    free(seen->parts);
    free(seen->filter_memory);
    free(seen);
}

static struct part *push_part(struct cn_seen *seen, int64_t first_seq)
{
    if (seen->part_count == seen->part_capacity) {
        seen->part_capacity = seen->part_capacity > 0 ? seen->part_capacity * 2 : 64;
        seen->parts = cn_heap_resize(seen->parts, seen->part_capacity * sizeof(seen->parts[0]));
    }
    struct part *part = &seen->parts[seen->part_count++];
    *part = (struct part){ .first_seq = first_seq };
    return part;
}

void cn_seen_begin(struct cn_seen *seen, int64_t first_seq)
{
    struct cn_id_set *set = cn_heap_resize(NULL, sizeof(*set));
    *set = (struct cn_id_set){ 0 };
    (void)pthread_mutex_lock(&seen->lock);
    push_part(seen, first_seq)->set = set;
    (void)pthread_mutex_unlock(&seen->lock);
}

static const uint64_t *filter_line(const struct cn_seen *seen, struct cn_hash128 id)
{
    return seen->filter + (id.hi & (seen->filter_lines - 1)) * (FILTER_LINE_BITS / 64);
}

static bool filter_has(const struct cn_seen *seen, struct cn_hash128 id)
{
    const uint64_t *line = filter_line(seen, id);
    uint64_t bits = id.lo;
    for (int i = 0; i < FILTER_PROBES; i++, bits >>= 9) {
        if ((line[bits / 64 % 8] >> (bits % 64) & 1) == 0) {
            return false;
        }
    }
    return true;
}

static void filter_add(struct cn_seen *seen, struct cn_hash128 id)
{
    uint64_t *line = seen->filter + (filter_line(seen, id) - seen->filter);
    uint64_t bits = id.lo;
    for (int i = 0; i < FILTER_PROBES; i++, bits >>= 9) {
        line[bits / 64 % 8] |= (uint64_t)1 << (bits % 64);
    }
}

static void filter_add_part(struct cn_seen *seen, const struct part *part)
{
    for (size_t i = 0; i < part->count; i++) {
        filter_add(seen, part->file[i]);
    }
    seen->filter_ids += part->count;
}

/* Makes the filter large enough for all files and fills it, which also forgets old files. */
static void filter_rebuild(struct cn_seen *seen)
{
    size_t ids = 0;
    for (size_t i = 0; i < seen->part_count; i++) {
        ids += seen->parts[i].count;
    }
    size_t lines = FILTER_MIN_LINES;
    while (lines * FILTER_LINE_BITS < ids * 2 * FILTER_BITS_PER_ID) {
        lines *= 2;
    }
    size_t bytes = lines * FILTER_LINE_BYTES;
    free(seen->filter_memory);
    seen->filter_memory = cn_heap_resize(NULL, bytes + FILTER_LINE_BYTES);
    seen->filter = seen->filter_memory + /* at the start of a cache line */
                   (-(uintptr_t)seen->filter_memory % FILTER_LINE_BYTES) / sizeof(uint64_t);
    memset(seen->filter, 0, bytes);
    seen->filter_lines = lines;
    seen->filter_ids = 0;
    for (size_t i = 0; i < seen->part_count; i++) {
        if (seen->parts[i].file != NULL) {
            filter_add_part(seen, &seen->parts[i]);
        }
    }
}

/* After a part became a file. */
static void filter_take(struct cn_seen *seen, const struct part *part)
{
    size_t ids = seen->filter_ids + part->count;
    if (seen->filter == NULL || seen->filter_lines * FILTER_LINE_BITS < ids * FILTER_BITS_PER_ID) {
        filter_rebuild(seen);
    } else {
        filter_add_part(seen, part);
    }
}

/* The hashes are spread evenly, so the place of one can be guessed well. */
static bool file_has(const struct part *part, struct cn_hash128 id)
{
    size_t low = 0;
    size_t high = part->count; /* it is in [low, high) if anywhere */
    uint64_t low_key = 0;
    uint64_t high_key = UINT64_MAX;
    bool guess = true;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (guess && high_key > low_key) {
            double share = (double)(id.hi - low_key) / (double)(high_key - low_key);
            middle = low + (size_t)(share * (double)(high - low - 1));
        }
        guess = !guess; /* every second step halves, whatever the keys are */
        int order = cn_id_compare(part->file[middle], id);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            low = middle + 1;
            low_key = part->file[middle].hi;
        } else {
            high = middle;
            high_key = part->file[middle].hi;
        }
    }
    return false;
}

static bool is_seen(const struct cn_seen *seen, struct cn_hash128 id)
{
    bool may_be_in_file = seen->filter_ids > 0 && filter_has(seen, id);
    for (size_t i = 0; i + 1 < seen->part_count; i++) {
        const struct part *part = &seen->parts[i];
        if (part->set != NULL ? cn_id_set_has(part->set, id)
                              : may_be_in_file && file_has(part, id)) {
            return true;
        }
    }
    return false;
}

static struct part *newest(const struct cn_seen *seen)
{
    return &seen->parts[seen->part_count - 1];
}

bool cn_seen_add(struct cn_seen *seen, struct cn_hash128 id)
{
    if (id.hi == 0 && id.lo == 0) {
        id.lo = 1;
    }
    return !is_seen(seen, id) && cn_id_set_add(newest(seen)->set, id);
}

void cn_seen_lock(struct cn_seen *seen)
{
    (void)pthread_mutex_lock(&seen->lock);
}

void cn_seen_unlock(struct cn_seen *seen)
{
    (void)pthread_mutex_unlock(&seen->lock);
}

static void prefetch(const struct cn_seen *seen, struct cn_hash128 id)
{
    cn_id_set_prefetch(newest(seen)->set, id);
    if (seen->filter_ids > 0) {
        __builtin_prefetch(filter_line(seen, id));
    }
}

static size_t add_batch(struct cn_seen *seen, struct cn_event_batch *batch)
{
    batch->accepted = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (i + PREFETCH_AHEAD < batch->count) {
            prefetch(seen, batch->events[i + PREFETCH_AHEAD].id);
        }
        bool is_new = cn_seen_add(seen, batch->events[i].id);
        batch->events[i].seq = is_new ? -1 : 0;
        batch->accepted += is_new ? 1 : 0;
    }
    batch->duplicates = batch->count - batch->accepted;
    return batch->accepted;
}

size_t cn_seen_add_group(struct cn_seen *seen, struct cn_event_group *group)
{
    size_t accepted = 0;
    cn_seen_lock(seen);
    for (size_t b = 0; b < group->count; b++) {
        accepted += add_batch(seen, group->batches[b]);
    }
    cn_seen_unlock(seen);
    return accepted;
}

static void undo_batch(struct cn_seen *seen, struct cn_event_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->events[i].seq != 0) {
            cn_id_set_remove(newest(seen)->set, batch->events[i].id);
            batch->events[i].seq = 0;
        }
    }
    batch->accepted = 0;
    batch->duplicates = 0;
}

void cn_seen_undo_group(struct cn_seen *seen, struct cn_event_group *group)
{
    cn_seen_lock(seen);
    for (size_t b = 0; b < group->count; b++) {
        undo_batch(seen, group->batches[b]);
    }
    cn_seen_unlock(seen);
}

size_t cn_seen_newest_count(const struct cn_seen *seen)
{
    return newest(seen)->set->count;
}

static bool map_file(const char *path, struct part *part, bool *found_out, struct cn_error *err)
{
    struct stat about;
    *found_out = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ||
               cn_fail(err, CN_UNAVAILABLE, "opening %s: %s", path, strerrordesc_np(errno));
    }
    bool has_head = fstat(fd, &about) == 0 && (size_t)about.st_size >= sizeof(struct file_head);
    size_t bytes = has_head ? (size_t)about.st_size : 0;
    void *map = has_head ? mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    (void)close(fd); /* only read from */
    if (map == MAP_FAILED) {
        return !has_head ||
               cn_fail(err, CN_UNAVAILABLE, "mapping %s: %s", path, strerrordesc_np(errno));
    }
    const struct file_head *head = map;
    cn_str ids = { (const char *)(head + 1), bytes - sizeof(*head) };
    if (memcmp(head->magic, magic, sizeof(magic)) != 0 ||
        head->count != ids.len / sizeof(struct cn_hash128) || head->check != cn_hash64(ids)) {
        (void)munmap(map, bytes);
        return true;
    }
    part->map = map;
    part->map_bytes = bytes;
    part->count = head->count;
    part->file = (const struct cn_hash128 *)(head + 1);
    *found_out = true;
    return true;
}

bool cn_seen_load(struct cn_seen *seen, int64_t first_seq, const char *path, bool *found_out,
                  struct cn_error *err)
{
    struct part part = { .first_seq = first_seq };
    if (!map_file(path, &part, found_out, err)) {
        return false;
    }
    if (*found_out) {
        (void)pthread_mutex_lock(&seen->lock);
        *push_part(seen, first_seq) = part;
        filter_take(seen, newest(seen));
        (void)pthread_mutex_unlock(&seen->lock);
    }
    return true;
}

static struct part *part_of(struct cn_seen *seen, int64_t first_seq)
{
    for (size_t i = 0; i < seen->part_count; i++) {
        if (seen->parts[i].first_seq == first_seq) {
            return &seen->parts[i];
        }
    }
    return NULL;
}

/* The set of a part that is finished and still in memory, or NULL.  It does not change any more, so
 * that it may be read without the lock; only this thread takes it away. */
static const struct cn_id_set *finished_set(struct cn_seen *seen, int64_t first_seq)
{
    (void)pthread_mutex_lock(&seen->lock);
    const struct part *part = part_of(seen, first_seq);
    const struct cn_id_set *set = part != NULL ? part->set : NULL;
    (void)pthread_mutex_unlock(&seen->lock);
    return set;
}

static bool write_set(const struct cn_id_set *set, const char *path, struct cn_error *err)
{
    size_t ids_bytes = set->count * sizeof(struct cn_hash128);
    size_t bytes = sizeof(struct file_head) + ids_bytes;
    struct file_head *head = cn_heap_resize(NULL, bytes);
    *head = (struct file_head){ .count = set->count };
    memcpy(head->magic, magic, sizeof(magic));
    cn_id_set_sorted(set, (struct cn_hash128 *)(head + 1));
    head->check = cn_hash64((cn_str){ (const char *)(head + 1), ids_bytes });
    bool ok = cn_file_write(path, (cn_str){ (const char *)head, bytes }, err);
    free(head);
    return ok;
}

bool cn_seen_store(struct cn_seen *seen, int64_t first_seq, const char *path, struct cn_error *err)
{
    struct part mapped = { .first_seq = first_seq };
    bool found = false;
    const struct cn_id_set *set = finished_set(seen, first_seq);
    if (set == NULL) {
        return true;
    }
    if (!write_set(set, path, err) || !map_file(path, &mapped, &found, err)) {
        return false;
    }
    if (!found) {
        return cn_fail(err, CN_UNAVAILABLE, "%s is not what was written", path);
    }
    (void)pthread_mutex_lock(&seen->lock);
    struct part *part = part_of(seen, first_seq);
    struct part old = { 0 };
    if (part != NULL) {
        old = *part;
        *part = mapped;
        filter_take(seen, part);
    } else {
        old = mapped; /* the window has passed it meanwhile */
    }
    (void)pthread_mutex_unlock(&seen->lock);
    drop_part(&old);
    return true;
}

void cn_seen_forget_before(struct cn_seen *seen, int64_t first_seq)
{
    (void)pthread_mutex_lock(&seen->lock);
    size_t gone = 0;
    while (gone + 1 < seen->part_count && seen->parts[gone].first_seq < first_seq) {
        drop_part(&seen->parts[gone]);
        gone++;
    }
    if (gone > 0) {
        seen->part_count -= gone;
        memmove(seen->parts, seen->parts + gone, seen->part_count * sizeof(seen->parts[0]));
        size_t live = 0;
        for (size_t i = 0; i < seen->part_count; i++) {
            live += seen->parts[i].file != NULL ? seen->parts[i].count : 0;
        }
        if (seen->filter != NULL && live < seen->filter_ids / 2) {
            filter_rebuild(seen);
        }
    }
    (void)pthread_mutex_unlock(&seen->lock);
}

void cn_seen_rest(struct cn_seen *seen)
{
    (void)pthread_mutex_lock(&seen->lock);
    for (size_t i = 0; i < seen->part_count; i++) {
        if (seen->parts[i].map != NULL) { /* no effect is no harm */
            (void)madvise(seen->parts[i].map, seen->parts[i].map_bytes, MADV_DONTNEED);
        }
    }
    (void)pthread_mutex_unlock(&seen->lock);
}

void cn_seen_counts(struct cn_seen *seen, int64_t *in_memory_out, int64_t *in_files_out)
{
    *in_memory_out = 0;
    *in_files_out = 0;
    (void)pthread_mutex_lock(&seen->lock);
    for (size_t i = 0; i < seen->part_count; i++) {
        const struct part *part = &seen->parts[i];
        *in_memory_out += part->set != NULL ? (int64_t)part->set->count : 0;
        *in_files_out += (int64_t)part->count;
    }
    (void)pthread_mutex_unlock(&seen->lock);
}
