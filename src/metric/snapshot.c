/*
 * A live series as a file: a header, then rows in frames of which each carries its hash.  A row
 * that changed while others were written comes again, and then what comes last counts.
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
    FORMAT = 2,
    FRAME_BYTES = 1024 * 1024,
    PATH_MAX_BYTES = 4096,
    ENTRIES_MAX = 100000,    /* of one cell; what a damaged length may not exceed */
    SLOTS_MAX = 1024 * 1024, /* the same of members */
    /* Of a member, with its hash: the words of a ring are a power of two. */
    ITEM_WORDS_MAX = 1 + 2 * (CN_WINDOW_DAYS_MAX / 64 + 1),
    STRETCH_ROWS = 512, /* written under one lock */
    FEW_ROWS = 512,     /* that changed: written under the last lock */
    PASSES_MAX = 4,     /* over what changed, until it is few */
};

struct header {
    char magic[8];
    uint64_t format;
    uint64_t signature; /* of the metrics and of the shape */
    int64_t seq;
    int64_t mapping;
    int64_t today;
    uint64_t rows; /* those that come again count again */
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

static struct header header_of(const struct cn_series *series, uint64_t rows)
{
    struct header header = {
        .magic = "cnseries",
        .format = FORMAT,
        .signature = signature_of(series),
        .seq = series->at.seq,
        .mapping = series->at.mapping,
        .today = series->last_today,
        .rows = rows,
    };
    header.hash = hash_bytes(&header, offsetof(struct header, hash));
    return header;
}

/* Bytes on their way to or from the file, a frame at a time. */
struct stream {
    FILE *file;
    unsigned char *frame;
    size_t len;    /* of the frame */
    size_t at;     /* read up to here */
    uint64_t rows; /* written */
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

static size_t item_bytes(const struct cn_series *series)
{
    return (1 + series->shape.words) * sizeof(uint64_t);
}

/* Only slots that are used. */
static void put_items(struct stream *stream, const struct cn_series *series,
                      const struct cn_cell_members *members)
{
    size_t width = 1 + series->shape.words;
    for (uint32_t slot = 0; slot < members->slots; slot++) {
        const uint64_t *item = members->items + slot * width;
        if (item[0] != 0) {
            put(stream, item, item_bytes(series));
        }
    }
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
        put_items(stream, series, members);
    }
}

static void put_row(struct stream *stream, const struct cn_series *series, size_t row)
{
    put(stream, &series->accounts[row], sizeof(series->accounts[row]));
    for (size_t metric = 0; metric < series->metrics->count; metric++) {
        put_cell(stream, series, row, metric);
    }
    stream->rows++;
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

static bool get_members(struct stream *stream, const struct cn_series *series, struct cn_cell *cell,
                        const struct cell_head *head)
{
    uint64_t item[ITEM_WORDS_MAX];
    if (head->count == 0) {
        return true;
    }
    if (head->count > SLOTS_MAX || (head->count & (head->count - 1)) != 0 ||
        head->used >= head->count || item_bytes(series) > sizeof(item)) {
        return false;
    }
    struct cn_cell_members *members = cn_cell_new_members(head->count, series->shape.words);
    members->before = head->before;
    cell->as.members = members;
    for (uint32_t i = 0; i < head->used; i++) {
        if (!get(stream, item, item_bytes(series))) {
            return false;
        }
        cn_cell_put_item(members, item, series->shape.words);
    }
    return true;
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
    return kind == CN_METRIC_DISTINCT ? get_members(stream, series, cell, &head)
                                      : get_entries(stream, cell, kind, head.count);
}

static bool get_rows(struct stream *stream, struct cn_series *series, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct cn_series_account account;
        if (!get(stream, &account, sizeof(account))) {
            return false;
        }
        size_t row = cn_series_row(series, account.account_id);
        cn_series_empty_row(series, row);
        series->accounts[row].first_day = account.first_day;
        for (size_t metric = 0; metric < series->metrics->count; metric++) {
            if (!get_cell(stream, series, row, metric)) {
                return false;
            }
        }
    }
    return true;
}

void cn_series_note_row(struct cn_series *series, size_t row)
{
    if (!series->is_saving) {
        return;
    }
    if (row >= series->changed.rows) {
        cn_bitmap_resize(&series->changed, series->capacity);
    }
    cn_bitmap_add(&series->changed, row);
}

struct cn_rollup_position cn_series_position(struct cn_series *series)
{
    pthread_rwlock_rdlock(&series->lock);
    struct cn_rollup_position at = series->at;
    pthread_rwlock_unlock(&series->lock);
    return at;
}

void cn_series_note(struct cn_series *series, struct cn_rollup_position position)
{
    pthread_rwlock_wrlock(&series->lock);
    series->at = position;
    pthread_rwlock_unlock(&series->lock);
}

/* ---- saving, while others go on ---- */

static void begin_saving(struct cn_series *series)
{
    pthread_rwlock_wrlock(&series->lock);
    series->is_saving = true;
    series->is_spoilt = false;
    cn_bitmap_resize(&series->changed, series->capacity);
    cn_bitmap_fill(&series->changed, false);
    pthread_rwlock_unlock(&series->lock);
}

static void end_saving(struct cn_series *series)
{
    pthread_rwlock_wrlock(&series->lock);
    series->is_saving = false;
    cn_bitmap_deinit(&series->changed);
    series->changed = (struct cn_bitmap){ 0 };
    pthread_rwlock_unlock(&series->lock);
}

/* Every row once, those that come meanwhile too. */
static void put_all(struct stream *stream, struct cn_series *series)
{
    bool more = true;
    for (size_t first = 0; more && !stream->failed; first += STRETCH_ROWS) {
        cn_series_lock_for_reading(series);
        for (size_t row = first; row < series->count && row < first + STRETCH_ROWS; row++) {
            put_row(stream, series, row);
        }
        more = first + STRETCH_ROWS < series->count && !series->is_spoilt;
        pthread_rwlock_unlock(&series->lock);
    }
}

/* Those of `rows` from `first` on, as many as a stretch has; false: there are no more. */
static bool put_stretch(struct stream *stream, const struct cn_series *series,
                        const struct cn_bitmap *rows, size_t *first)
{
    size_t row = *first;
    for (size_t count = 0; count < STRETCH_ROWS; count++) {
        if (!cn_bitmap_next(rows, row, &row)) {
            return false;
        }
        put_row(stream, series, row++);
    }
    *first = row;
    return true;
}

/* What changed since it looked last, again, unless that is few. */
static bool put_changed(struct stream *stream, struct cn_series *series)
{
    struct cn_bitmap rows = { 0 };
    pthread_rwlock_wrlock(&series->lock);
    bool is_much = cn_bitmap_count(&series->changed) > FEW_ROWS && !series->is_spoilt;
    if (is_much) {
        rows = series->changed;
        series->changed = (struct cn_bitmap){ 0 };
        cn_bitmap_resize(&series->changed, series->capacity);
    }
    pthread_rwlock_unlock(&series->lock);
    bool more = is_much;
    for (size_t first = 0; more && !stream->failed;) {
        cn_series_lock_for_reading(series);
        more = put_stretch(stream, series, &rows, &first);
        pthread_rwlock_unlock(&series->lock);
    }
    cn_bitmap_deinit(&rows);
    return is_much;
}

/* The rest under one lock: that is the moment whose facts the file has. */
static bool put_rest(struct stream *stream, struct cn_series *series, struct header *header_out,
                     struct cn_error *err)
{
    cn_series_lock_for_reading(series);
    bool ok = !series->is_spoilt && series->at.seq >= 0;
    for (size_t row = 0; ok && cn_bitmap_next(&series->changed, row, &row); row++) {
        put_row(stream, series, row);
    }
    *header_out = header_of(series, stream->rows);
    pthread_rwlock_unlock(&series->lock);
    write_frame(stream);
    return ok ||
           cn_fail(err, CN_CONFLICT, "daily values were being loaded or moved to another day");
}

/* The header comes last, into its place, so that half a file has none. */
static bool finish_file(struct stream *stream, const struct header *header)
{
    FILE *file = stream->file;
    return !stream->failed && fseek(file, 0, SEEK_SET) == 0 &&
           fwrite(header, sizeof(*header), 1, file) == 1 && fflush(file) == 0 &&
           fsync(fileno(file)) == 0;
}

static bool write_file(struct cn_series *series, FILE *file,
                       struct cn_rollup_position *position_out, struct cn_error *err)
{
    struct stream stream = { .file = file, .frame = cn_heap_resize(NULL, FRAME_BYTES) };
    struct header header = { 0 };
    begin_saving(series);
    stream.failed = fwrite(&header, sizeof(header), 1, file) != 1;
    put_all(&stream, series);
    for (int pass = 0; pass < PASSES_MAX && put_changed(&stream, series); pass++) {
    }
    bool ok = put_rest(&stream, series, &header, err);
    end_saving(series);
    if (ok && !finish_file(&stream, &header)) {
        ok = cn_fail(err, CN_INTERNAL, "cannot write daily values: %m");
    }
    free(stream.frame);
    *position_out = (struct cn_rollup_position){ header.seq, header.mapping };
    return ok;
}

static bool draft_of(const char *path, char draft[PATH_MAX_BYTES], struct cn_error *err)
{
    int len = snprintf(draft, PATH_MAX_BYTES, "%s.new", path);
    return (len >= 0 && len < PATH_MAX_BYTES) ||
           cn_fail(err, CN_INVALID, "the path of the metrics' snapshot is too long");
}

bool cn_series_save(struct cn_series *series, const char *path,
                    struct cn_rollup_position *position_out, struct cn_error *err)
{
    char draft[PATH_MAX_BYTES];
    if (!draft_of(path, draft, err)) {
        return false;
    }
    FILE *file = fopen(draft, "we");
    if (file == NULL) {
        return cn_fail(err, CN_INTERNAL, "cannot write %s: %m", draft);
    }
    bool ok = write_file(series, file, position_out, err);
    if (fclose(file) != 0 && ok) {
        ok = cn_fail(err, CN_INTERNAL, "cannot write %s: %m", draft);
    }
    if (!ok) {
        (void)unlink(draft); /* what is left of it is written over next time */
    }
    return ok;
}

bool cn_series_keep(const char *path, struct cn_error *err)
{
    char draft[PATH_MAX_BYTES];
    return draft_of(path, draft, err) &&
           (rename(draft, path) == 0 || cn_fail(err, CN_INTERNAL, "cannot write %s: %m", path));
}

/* ---- restoring ---- */

static bool fits(const struct cn_series *series, const struct header *header,
                 struct cn_rollup_position upto)
{
    struct header want = header_of(series, 0);
    return header->hash == hash_bytes(header, offsetof(struct header, hash)) &&
           memcmp(header->magic, want.magic, sizeof(want.magic)) == 0 && header->format == FORMAT &&
           header->signature == want.signature && header->seq >= 0 && header->seq <= upto.seq &&
           header->mapping <= upto.mapping && header->today <= series->last_today &&
           header->today > INT32_MIN / 2;
}

static bool read_file(struct cn_series *series, FILE *file, struct cn_rollup_position upto)
{
    struct header header;
    int32_t today = series->last_today;
    if (fread(&header, sizeof(header), 1, file) != 1 || !fits(series, &header, upto)) {
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
    if (ok) {
        series->at = (struct cn_rollup_position){ header.seq, header.mapping };
    }
    return ok;
}

bool cn_series_restore(struct cn_series *series, const char *path, struct cn_rollup_position upto,
                       struct cn_rollup_position *position_out)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    pthread_rwlock_wrlock(&series->lock);
    bool ok = series->count == 0 && read_file(series, file, upto);
    *position_out = series->at;
    pthread_rwlock_unlock(&series->lock);
    (void)fclose(file); /* it was only read */
    return ok;
}
