#include "event/seen.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#include "event/idfile.h"
#include "event/idset.h"

enum {
    FILTER_FULL_BITS = 12, /* an id: below, too many new ids are looked for in files */
    FILTER_NEW_BITS = 18,  /* an id, when it is made anew */
    FILTER_PROBES = 6,
    FILTER_LINE_BITS = 512, /* all probes of an id fall into one cache line */
    FILTER_LINE_WORDS = FILTER_LINE_BITS / 64,
    FILTER_MIN_LINES = 1024,
    PREFETCH_AHEAD = 8,
};

struct part {
    int64_t first_seq;
    struct cn_id_set *set;   /* or NULL */
    struct cn_id_file *file; /* or NULL */
};

struct line {
    _Atomic uint64_t words[FILTER_LINE_WORDS];
};

/* Of the ids in files.  While the writer asks, the thread that stores may add: a bit that is seen
 * early only means a look into the files. */
struct filter {
    struct line *line_list;
    size_t lines;
    size_t ids; /* also of files that are forgotten */
};

struct cn_seen {
    pthread_mutex_t lock;    /* of the list and of which filter it is */
    pthread_mutex_t storing; /* one at a time makes files; taken before `lock` */
    struct part *parts;      /* oldest first */
    size_t part_count;
    size_t part_capacity;
    struct filter filter;
    struct cn_id_set *being_stored; /* not to be freed by others; or NULL */
};

struct cn_seen *cn_seen_new(void)
{
    struct cn_seen *seen = cn_heap_resize(NULL, sizeof(*seen));
    *seen = (struct cn_seen){ 0 };
    (void)pthread_mutex_init(&seen->lock, NULL);    /* cannot fail without attributes */
    (void)pthread_mutex_init(&seen->storing, NULL); /* nor can this */
    return seen;
}

static void drop_set(struct cn_id_set *set)
{
    if (set != NULL) {
        cn_id_set_deinit(set);
        free(set);
    }
}

void cn_seen_free(struct cn_seen *seen)
{
    if (seen == NULL) {
        return;
    }
    for (size_t i = 0; i < seen->part_count; i++) {
        drop_set(seen->parts[i].set);
        cn_id_file_close(seen->parts[i].file);
    }
    (void)pthread_mutex_destroy(&seen->storing); /* nobody holds it */
    (void)pthread_mutex_destroy(&seen->lock);    /* nor this one */
    free(seen->parts);
    free(seen->filter.line_list);
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

/* ---- the filter ---- */

/* By the upper bits: ids that come in order fill it from beginning to end. */
static struct line *filter_line(const struct filter *filter, struct cn_hash128 id)
{
    return filter->line_list + (size_t)(((unsigned __int128)id.hi * filter->lines) >> 64);
}

static uint64_t word_at(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_relaxed);
}

static bool filter_has(const struct filter *filter, struct cn_hash128 id)
{
    const struct line *line = filter_line(filter, id);
    uint64_t bits = id.lo;
    for (int i = 0; i < FILTER_PROBES; i++, bits >>= 9) {
        if ((word_at(&line->words[bits / 64 % FILTER_LINE_WORDS]) >> (bits % 64) & 1) == 0) {
            return false;
        }
    }
    return true;
}

static void filter_add(void *arg, const struct cn_hash128 *ids, size_t count)
{
    struct filter *filter = arg;
    for (size_t k = 0; k < count; k++) {
        struct line *line = filter_line(filter, ids[k]);
        uint64_t bits = ids[k].lo;
        for (int i = 0; i < FILTER_PROBES; i++, bits >>= 9) {
            _Atomic uint64_t *word = &line->words[bits / 64 % FILTER_LINE_WORDS];
            uint64_t with = word_at(word) | (uint64_t)1 << (bits % 64);
            atomic_store_explicit(word, with, memory_order_relaxed); /* one thread writes */
        }
    }
    filter->ids += count;
}

static size_t filter_bytes(const struct filter *filter)
{
    return filter->lines * sizeof(struct line);
}

static bool filter_takes(const struct filter *filter, size_t ids)
{
    return filter->lines * FILTER_LINE_BITS >= (filter->ids + ids) * FILTER_FULL_BITS;
}

static void filter_new(struct filter *filter, size_t ids)
{
    size_t lines = ids * FILTER_NEW_BITS / FILTER_LINE_BITS + FILTER_MIN_LINES;
    *filter = (struct filter){ .lines = lines };
    filter->line_list = cn_heap_resize_lines(NULL, 0, filter_bytes(filter));
    memset(filter->line_list, 0, filter_bytes(filter));
}

/* ---- asking and adding ---- */

static struct part *newest(const struct cn_seen *seen)
{
    return &seen->parts[seen->part_count - 1];
}

/* In any part but the newest. */
static bool is_older(const struct cn_seen *seen, struct cn_hash128 id, bool *is_older_out,
                     struct cn_error *err)
{
    bool may_be_in_file = seen->filter.lines == 0 || filter_has(&seen->filter, id);
    *is_older_out = false;
    for (size_t i = 0; i + 1 < seen->part_count && !*is_older_out; i++) {
        const struct part *part = &seen->parts[i];
        if (part->set != NULL) {
            *is_older_out = cn_id_set_has(part->set, id);
        } else if (may_be_in_file && !cn_id_file_has(part->file, id, is_older_out, err)) {
            return false;
        }
    }
    return true;
}

static struct cn_hash128 normal(struct cn_hash128 id)
{
    id.lo += id.hi == 0 && id.lo == 0 ? 1 : 0;
    return id;
}

void cn_seen_put(struct cn_seen *seen, struct cn_hash128 id)
{
    (void)cn_id_set_add(newest(seen)->set, id);
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
    if (seen->filter.lines > 0) {
        __builtin_prefetch(filter_line(&seen->filter, id));
    }
}

/* Of the events from `first` on none was added. */
static void none_added(struct cn_event_batch *batch, size_t first)
{
    for (size_t i = first; i < batch->count; i++) {
        batch->events[i].seq = 0;
    }
}

static bool add_batch(struct cn_seen *seen, struct cn_event_batch *batch, struct cn_error *err)
{
    batch->accepted = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (i + PREFETCH_AHEAD < batch->count) {
            prefetch(seen, batch->events[i + PREFETCH_AHEAD].id);
        }
        bool is_known = false;
        struct cn_hash128 id = normal(batch->events[i].id);
        if (!is_older(seen, id, &is_known, err)) {
            none_added(batch, i);
            return false;
        }
        bool is_new = !is_known && cn_id_set_add(newest(seen)->set, id);
        batch->events[i].seq = is_new ? -1 : 0;
        batch->accepted += is_new ? 1 : 0;
    }
    batch->duplicates = batch->count - batch->accepted;
    return true;
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

static void undo_batches(struct cn_seen *seen, struct cn_event_group *group, size_t count)
{
    for (size_t b = 0; b < count; b++) {
        undo_batch(seen, group->batches[b]);
    }
}

bool cn_seen_add_group(struct cn_seen *seen, struct cn_event_group *group, size_t *new_out,
                       struct cn_error *err)
{
    bool ok = true;
    size_t done = 0;
    *new_out = 0;
    cn_seen_lock(seen);
    for (; done < group->count && ok; done++) {
        ok = add_batch(seen, group->batches[done], err);
        *new_out += ok ? group->batches[done]->accepted : 0;
    }
    if (!ok) {
        undo_batches(seen, group, done);
        for (size_t b = done; b < group->count; b++) {
            none_added(group->batches[b], 0);
        }
    }
    cn_seen_unlock(seen);
    return ok || cn_error_context(err, "looking for message ids that were seen");
}

void cn_seen_undo_group(struct cn_seen *seen, struct cn_event_group *group)
{
    cn_seen_lock(seen);
    undo_batches(seen, group, group->count);
    cn_seen_unlock(seen);
}

size_t cn_seen_newest_count(const struct cn_seen *seen)
{
    return newest(seen)->set->count;
}

/* ---- files ---- */

/* The files of all parts, kept open until they are given back; and how many ids they have. */
static struct cn_id_file **take_files(struct cn_seen *seen, size_t *count_out, size_t *ids_out)
{
    size_t count = 0;
    *ids_out = 0;
    cn_seen_lock(seen);
    struct cn_id_file **files =
        cn_heap_resize(NULL, (seen->part_count + 1) * sizeof(struct cn_id_file *));
    for (size_t i = 0; i < seen->part_count; i++) {
        struct cn_id_file *file = seen->parts[i].file;
        if (file != NULL) {
            files[count++] = cn_id_file_keep(file);
            *ids_out += cn_id_file_count(file);
        }
    }
    cn_seen_unlock(seen);
    *count_out = count;
    return files;
}

static void give_files(struct cn_id_file **files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cn_id_file_close(files[i]);
    }
    free(files);
}

/* A filter of these files, large enough for more, in the place of the one that there is. */
static bool remake_filter(struct cn_seen *seen, struct cn_id_file **files, size_t count, size_t ids,
                          struct cn_error *err)
{
    struct filter made;
    bool ok = true;
    filter_new(&made, ids);
    for (size_t i = 0; i < count && ok; i++) {
        ok = cn_id_file_each(files[i], filter_add, &made, err);
    }
    struct filter old = made;
    if (ok) {
        cn_seen_lock(seen);
        old = seen->filter;
        seen->filter = made;
        cn_seen_unlock(seen);
    }
    free(old.line_list);
    return ok;
}

/* Makes the filter know a file that is about to be a part, or NULL.  With `storing` locked. */
static bool cover(struct cn_seen *seen, struct cn_id_file *file, struct cn_error *err)
{
    size_t count = 0;
    size_t live = 0;
    struct cn_id_file **files = take_files(seen, &count, &live);
    size_t more = 0;
    if (file != NULL) {
        more = cn_id_file_count(file);
        files[count++] = cn_id_file_keep(file);
    }
    bool has_room = filter_takes(&seen->filter, more);
    bool is_old = seen->filter.ids / 2 > live; /* most are of files that are forgotten */
    bool ok = file != NULL && has_room && !is_old
                  ? cn_id_file_each(file, filter_add, &seen->filter, err)
                  : remake_filter(seen, files, count, live + more, err);
    give_files(files, count);
    return ok;
}

bool cn_seen_load(struct cn_seen *seen, int64_t first_seq, const char *path, bool *found_out,
                  struct cn_error *err)
{
    struct cn_id_file *file = NULL;
    bool ok = cn_id_file_open(path, &file, err);
    if (file != NULL) {
        cn_seen_lock(seen);
        push_part(seen, first_seq)->file = file;
        cn_seen_unlock(seen);
    }
    *found_out = file != NULL;
    return ok;
}

bool cn_seen_ready(struct cn_seen *seen, struct cn_error *err)
{
    (void)pthread_mutex_lock(&seen->storing);
    bool ok = cover(seen, NULL, err);
    (void)pthread_mutex_unlock(&seen->storing);
    return ok;
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
 * that it may be read without the lock, and is the caller's to free. */
static struct cn_id_set *take_finished(struct cn_seen *seen, int64_t first_seq)
{
    cn_seen_lock(seen);
    const struct part *part = part_of(seen, first_seq);
    seen->being_stored = part != NULL ? part->set : NULL;
    struct cn_id_set *set = seen->being_stored;
    cn_seen_unlock(seen);
    return set;
}

/* Puts the file into the place of the set; neither has one if the window has passed it meanwhile.
 * Without a file the set stays where it is. */
static void give_finished(struct cn_seen *seen, int64_t first_seq, struct cn_id_file *file)
{
    cn_seen_lock(seen);
    struct cn_id_set *set = seen->being_stored;
    struct part *part = part_of(seen, first_seq);
    seen->being_stored = NULL;
    if (part != NULL && file != NULL) {
        part->set = NULL;
        part->file = cn_id_file_keep(file);
    } else if (part != NULL) {
        set = NULL;
    }
    cn_seen_unlock(seen);
    drop_set(set);
    cn_id_file_close(file);
}

static bool make_file(struct cn_seen *seen, const struct cn_id_set *set, const char *path,
                      struct cn_id_file **file_out, struct cn_error *err)
{
    if (!cn_id_file_write(set, path, err) || !cn_id_file_open(path, file_out, err)) {
        return false;
    }
    if (*file_out == NULL) {
        return cn_fail(err, CN_UNAVAILABLE, "%s is not what was written", path);
    }
    if (!cover(seen, *file_out, err)) {
        cn_id_file_close(*file_out);
        *file_out = NULL;
        return false;
    }
    return true;
}

bool cn_seen_store(struct cn_seen *seen, int64_t first_seq, const char *path, struct cn_error *err)
{
    struct cn_id_file *file = NULL;
    (void)pthread_mutex_lock(&seen->storing);
    const struct cn_id_set *set = take_finished(seen, first_seq);
    bool ok = set == NULL || make_file(seen, set, path, &file, err);
    if (set != NULL) {
        give_finished(seen, first_seq, file);
    }
    (void)pthread_mutex_unlock(&seen->storing);
    return ok;
}

void cn_seen_forget_before(struct cn_seen *seen, int64_t first_seq)
{
    cn_seen_lock(seen);
    size_t gone = 0;
    for (; gone + 1 < seen->part_count && seen->parts[gone].first_seq < first_seq; gone++) {
        struct part *part = &seen->parts[gone];
        drop_set(part->set != seen->being_stored ? part->set : NULL);
        cn_id_file_close(part->file);
    }
    seen->part_count -= gone;
    memmove(seen->parts, seen->parts + gone, seen->part_count * sizeof(seen->parts[0]));
    cn_seen_unlock(seen);
}

void cn_seen_counts(struct cn_seen *seen, struct cn_id_counts *counts_out)
{
    cn_seen_lock(seen);
    *counts_out = (struct cn_id_counts){ .bytes = filter_bytes(&seen->filter) };
    for (size_t i = 0; i < seen->part_count; i++) {
        const struct part *part = &seen->parts[i];
        if (part->set != NULL) {
            counts_out->in_memory += (int64_t)part->set->count;
            counts_out->bytes += cn_id_set_bytes(part->set);
        } else {
            counts_out->in_files += (int64_t)cn_id_file_count(part->file);
            counts_out->bytes += cn_id_file_memory_bytes(part->file);
        }
    }
    cn_seen_unlock(seen);
}
