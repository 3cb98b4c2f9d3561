/*
 * A live series as a file: a header, then the rows in frames of which each carries its hash.
 *
 * The layout is that of this machine's memory and of this version of the program: the file is a
 * cache and never leaves the machine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"

#include "metric/series_impl.h"

enum {
    FORMAT = 1,
    FRAME_BYTES = 1024 * 1024,
    PATH_MAX_BYTES = 4096,
    ENTRIES_MAX = 100000,    /* of one cell; what a damaged length may not exceed */
    SLOTS_MAX = 1024 * 1024, /* the same of members */
};

struct header {
    char magic[8];
    uint64_t format;
    uint64_t signature; /* of the metrics and of the shape */
    int64_t seq;
    int64_t mapping;
    int64_t today;
    uint64_t rows;
    uint64_t hash; /* of what is above */
};

struct frame {
    uint64_t len;
    uint64_t hash;
};

/* What follows is entries or slots. */
struct cell_head {
    uint32_t count;
    uint32_t used;
    int32_t before;
    uint32_t unused;
};

static uint64_t hash_bytes(const void *bytes, size_t len)
{
    return cn_hash64((cn_str){ bytes, len });
}

static uint64_t chain(uint64_t hash, cn_str text)
{
    return cn_hash128_of(text, hash ^ text.len).lo;
}

static uint64_t signature_of(const struct cn_series *series)
{
    int64_t numbers[] = { (int64_t)sizeof(struct cn_day_value),
                          (int64_t)series->shape.words,
                          series->reach_days,
                          series->last_today - series->first_today,
                          (int64_t)series->members_max,
                          (int64_t)series->metrics->count };
    uint64_t hash = hash_bytes(numbers, sizeof(numbers));
    for (size_t i = 0; i < series->metrics->count; i++) {
        const struct cn_metric *metric = &series->metrics->items[i];
        char kind[] = { (char)metric->kind, (char)metric->member, (char)metric->of_trait };
        hash = chain(hash, metric->name);
        hash = chain(hash, (cn_str){ kind, sizeof(kind) });
        hash = chain(hash, metric->event);
        hash = chain(hash, metric->property);
    }
    return hash;
}

static struct header header_of(const struct cn_series *series, struct cn_rollup_position position)
{
    struct header header = {
        .magic = "cnseries",
        .format = FORMAT,
        .signature = signature_of(series),
        .seq = position.seq,
        .mapping = position.mapping,
        .today = series->last_today,
        .rows = series->count,
    };
    header.hash = hash_bytes(&header, offsetof(struct header, hash));
    return header;
}

/* Bytes on their way to or from the file, a frame at a time. */
struct stream {
    FILE *file;
    unsigned char *frame;
    size_t len; /* of the frame */
    size_t at;  /* read up to here */
    bool failed;
};

static void write_frame(struct stream *stream)
{
    struct frame frame = { stream->len, hash_bytes(stream->frame, stream->len) };
    if (stream->len > 0 && !stream->failed) {
        stream->failed = fwrite(&frame, sizeof(frame), 1, stream->file) != 1 ||
                         fwrite(stream->frame, stream->len, 1, stream->file) != 1;
    }
    stream->len = 0;
}

static void put(struct stream *stream, const void *bytes, size_t len)
{
    const unsigned char *from = bytes;
    while (len > 0) {
        size_t room = FRAME_BYTES - stream->len;
        size_t part = len < room ? len : room;
        memcpy(stream->frame + stream->len, from, part);
        stream->len += part;
        from += part;
        len -= part;
        if (stream->len == FRAME_BYTES) {
            write_frame(stream);
        }
    }
}

static bool read_frame(struct stream *stream)
{
    struct frame frame;
    if (fread(&frame, sizeof(frame), 1, stream->file) != 1 || frame.len == 0 ||
        frame.len > FRAME_BYTES || fread(stream->frame, frame.len, 1, stream->file) != 1 ||
        hash_bytes(stream->frame, frame.len) != frame.hash) {
        return false;
    }
    stream->len = frame.len;
    stream->at = 0;
    return true;
}

static bool get(struct stream *stream, void *bytes_out, size_t len)
{
    unsigned char *to = bytes_out;
    while (len > 0) {
        if (stream->at == stream->len && !read_frame(stream)) {
            return false;
        }
        size_t left = stream->len - stream->at;
        size_t part = len < left ? len : left;
        memcpy(to, stream->frame + stream->at, part);
        stream->at += part;
        to += part;
        len -= part;
    }
    return true;
}

static size_t item_bytes(const struct cn_series *series, size_t slots)
{
    return slots * (1 + series->shape.words) * sizeof(uint64_t);
}

static void put_cell(struct stream *stream, const struct cn_series *series, size_t row,
                     size_t metric)
{
    const struct cn_cell *cell = cn_series_cell(series, row, metric);
    enum cn_metric_kind kind = series->metrics->items[metric].kind;
    struct cell_head head = { .count = cell->count };
    if (kind != CN_METRIC_DISTINCT) {
        put(stream, &head, sizeof(head));
        put(stream, cell->as.any, cell->count * cn_cell_entry_bytes(kind));
        return;
    }
    const struct cn_cell_members *members = cell->as.members;
    if (members != NULL) {
        head = (struct cell_head){ members->slots, members->used, members->before, 0 };
    }
    put(stream, &head, sizeof(head));
    if (members != NULL) {
        put(stream, members->items, item_bytes(series, members->slots));
    }
}

static bool get_entries(struct stream *stream, struct cn_cell *cell, enum cn_metric_kind kind,
                        uint32_t count)
{
    size_t len = count * cn_cell_entry_bytes(kind);
    if (count == 0) {
        return true;
    }
    if (count > ENTRIES_MAX) {
        return false;
    }
    void *bytes = cn_heap_resize(NULL, len);
    bool ok = get(stream, bytes, len);
    if (ok) {
        cn_cell_set_entries(cell, kind, bytes, count);
    }
    free(bytes);
    return ok;
}

static bool get_cell(struct stream *stream, const struct cn_series *series, size_t row,
                     size_t metric)
{
    struct cn_cell *cell = cn_series_cell(series, row, metric);
    enum cn_metric_kind kind = series->metrics->items[metric].kind;
    struct cell_head head;
    if (!get(stream, &head, sizeof(head))) {
        return false;
    }
    if (kind != CN_METRIC_DISTINCT) {
        return get_entries(stream, cell, kind, head.count);
    }
    if (head.count == 0) {
        return true;
    }
    if (head.count > SLOTS_MAX || (head.count & (head.count - 1)) != 0 || head.used >= head.count) {
        return false;
    }
    struct cn_cell_members *members = cn_cell_new_members(head.count, series->shape.words);
    members->used = head.used;
    members->before = head.before;
    cell->as.members = members;
    return get(stream, members->items, item_bytes(series, members->slots));
}

static void put_rows(struct stream *stream, const struct cn_series *series)
{
    for (size_t row = 0; row < series->count && !stream->failed; row++) {
        put(stream, &series->accounts[row], sizeof(series->accounts[row]));
        for (size_t metric = 0; metric < series->metrics->count; metric++) {
            put_cell(stream, series, row, metric);
        }
    }
    write_frame(stream);
}

static bool get_rows(struct stream *stream, struct cn_series *series, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct cn_series_account account;
        if (!get(stream, &account, sizeof(account))) {
            return false;
        }
        size_t row = cn_series_row(series, account.account_id);
        series->accounts[row].first_day = account.first_day;
        for (size_t metric = 0; metric < series->metrics->count; metric++) {
            if (!get_cell(stream, series, row, metric)) {
                return false;
            }
        }
    }
    return true;
}

static bool write_file(struct cn_series *series, FILE *file, struct cn_rollup_position position)
{
    struct stream stream = { .file = file, .frame = cn_heap_resize(NULL, FRAME_BYTES) };
    cn_series_lock_for_reading(series);
    struct header header = header_of(series, position);
    stream.failed = fwrite(&header, sizeof(header), 1, file) != 1;
    put_rows(&stream, series);
    pthread_rwlock_unlock(&series->lock);
    free(stream.frame);
    return !stream.failed && fflush(file) == 0 && fsync(fileno(file)) == 0;
}

bool cn_series_save(struct cn_series *series, const char *path, struct cn_rollup_position position,
                    struct cn_error *err)
{
    char draft[PATH_MAX_BYTES];
    int len = snprintf(draft, sizeof(draft), "%s.new", path);
    if (len < 0 || (size_t)len >= sizeof(draft)) {
        return cn_fail(err, CN_INVALID, "the path of the metrics' snapshot is too long");
    }
    FILE *file = fopen(draft, "we");
    if (file == NULL) {
        return cn_fail(err, CN_INTERNAL, "cannot write %s: %m", draft);
    }
    bool ok = write_file(series, file, position);
    ok = fclose(file) == 0 && ok;
    if (!ok || rename(draft, path) != 0) {
        cn_fail(err, CN_INTERNAL, "cannot write %s: %m", path);
        (void)unlink(draft); /* what is left of it is written over next time */
        return false;
    }
    return true;
}

static bool fits(const struct cn_series *series, const struct header *header,
                 struct cn_rollup_position position)
{
    struct header want = header_of(series, position);
    return header->hash == hash_bytes(header, offsetof(struct header, hash)) &&
           memcmp(header->magic, want.magic, sizeof(want.magic)) == 0 && header->format == FORMAT &&
           header->signature == want.signature && header->seq == position.seq &&
           header->mapping == position.mapping && header->today <= series->last_today &&
           header->today > INT32_MIN / 2;
}

static bool read_file(struct cn_series *series, FILE *file, struct cn_rollup_position position)
{
    struct header header;
    int32_t today = series->last_today;
    if (fread(&header, sizeof(header), 1, file) != 1 || !fits(series, &header, position)) {
        return false;
    }
    struct stream stream = { .file = file, .frame = cn_heap_resize(NULL, FRAME_BYTES) };
    cn_series_move(series, (int32_t)header.today);
    bool ok = get_rows(&stream, series, header.rows);
    free(stream.frame);
    for (size_t row = 0; !ok && row < series->count; row++) {
        cn_series_empty_row(series, row);
    }
    cn_series_move(series, today);
    return ok;
}

bool cn_series_restore(struct cn_series *series, const char *path,
                       struct cn_rollup_position position)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    pthread_rwlock_wrlock(&series->lock);
    bool ok = series->count == 0 && read_file(series, file, position);
    pthread_rwlock_unlock(&series->lock);
    (void)fclose(file); /* it was only read */
    return ok;
}
