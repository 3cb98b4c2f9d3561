#include "event/raw.h"

#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"

#include "sql/migrate.h"

extern const struct cn_embedded_file cn_segment_migrations[];
extern const size_t cn_segment_migrations_count;

enum {
    PAIR_BYTES = 16, /* of an event in the ids and the chain of a block */
    SCAN_BLOCKS = 32,
    SCAN_BYTES = 2 * 1024 * 1024,
    SCAN_ARENA_BYTES = 256 * 1024,
    LOAD_BLOCKS = 512,
    BLOCK_MAX_BYTES = 1 << 30,
};

/* What of the chain belongs to one event. */
struct link {
    int64_t subject;
    int64_t previous;
};

static struct link link_at(cn_str chain, size_t index)
{
    struct link link;
    memcpy(&link, chain.ptr + index * PAIR_BYTES, sizeof(link));
    return link;
}

static bool damaged(struct cn_error *err)
{
    return cn_fail(err, CN_INTERNAL, "log segment is damaged");
}

/* The numbers of a row are what the file claims: neither sums nor products of them may wrap. */
static bool is_sound(int64_t seq, int64_t count)
{
    return seq >= 1 && count >= 1 && count <= INT64_MAX - seq;
}

/* Whether there is a pair of numbers for each of `count` events. */
static bool has_pairs(cn_str bytes, int64_t count)
{
    return bytes.len % PAIR_BYTES == 0 && bytes.len / PAIR_BYTES == (size_t)count;
}

bool cn_segment_insert(struct cn_segment *segment, const struct cn_block_row *row,
                       struct cn_error *err)
{
    static const char sql[] = "INSERT INTO block (seq, n, received, ids, chain, codec, body)"
                              " VALUES ($1, $2, $3, $4, $5, $6, $7)";
    struct cn_sql_stmt *stmt;
    if (!cn_sql_prepare(segment->writer, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, row->seq);
    cn_sql_bind_i64(stmt, 2, (int64_t)row->count);
    cn_sql_bind_i64(stmt, 3, row->received.us);
    cn_sql_bind_blob(stmt, 4, row->ids);
    cn_sql_bind_blob(stmt, 5, row->chain);
    cn_sql_bind_i64(stmt, 6, row->codec);
    cn_sql_bind_blob(stmt, 7, row->body);
    return cn_sql_run(stmt, err);
}

/* ---- reading one block ---- */

struct block {
    int64_t seq; /* 0: none is loaded */
    size_t count;
    struct cn_buf chain;
    struct cn_buf stored;
    struct cn_buf expanded;
    cn_str body;
    bool has_body;
};

static void block_init(struct block *block)
{
    *block = (struct block){ 0 };
    cn_buf_init(&block->chain, BLOCK_MAX_BYTES);
    cn_buf_init(&block->stored, BLOCK_MAX_BYTES);
    cn_buf_init(&block->expanded, BLOCK_MAX_BYTES);
}

static void block_deinit(struct block *block)
{
    cn_buf_deinit(&block->chain);
    cn_buf_deinit(&block->stored);
    cn_buf_deinit(&block->expanded);
}

static bool holds(const struct block *block, int64_t seq)
{
    return block->seq != 0 && seq >= block->seq && seq < block->seq + (int64_t)block->count;
}

/* Copies what the statement found, so that no read stays open. */
static bool take_block(struct cn_sql_stmt *stmt, bool with_body, struct block *block,
                       struct cn_error *err)
{
    block->seq = cn_sql_column_i64(stmt, 0);
    const int64_t count = cn_sql_column_i64(stmt, 1);
    block->count = (size_t)count;
    block->has_body = with_body;
    cn_buf_clear(&block->chain);
    cn_buf_add_str(&block->chain, cn_sql_column_blob(stmt, 2));
    if (!is_sound(block->seq, count) || !has_pairs(cn_buf_str(&block->chain), count)) {
        return damaged(err);
    }
    if (!with_body) {
        return true;
    }
    cn_buf_clear(&block->stored);
    cn_buf_add_str(&block->stored, cn_sql_column_blob(stmt, 4));
    return cn_codec_expand((enum cn_codec)cn_sql_column_i64(stmt, 3), cn_buf_str(&block->stored),
                           &block->expanded, &block->body, err);
}

/* Loads the block that holds seq, unless it is loaded. */
static bool load_block(struct cn_sql_conn *conn, int64_t seq, bool with_body, struct block *block,
                       struct cn_error *err)
{
    static const char chain_sql[] =
        "SELECT seq, n, chain FROM block WHERE seq <= $1 ORDER BY seq DESC LIMIT 1";
    static const char body_sql[] =
        "SELECT seq, n, chain, codec, body FROM block WHERE seq <= $1 ORDER BY seq DESC LIMIT 1";
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (holds(block, seq) && (block->has_body || !with_body)) {
        return true;
    }
    if (!cn_sql_prepare(conn, with_body ? body_sql : chain_sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, seq);
    bool ok = cn_sql_step(stmt, &found, err) && take_block(stmt, with_body, block, err);
    cn_sql_finish(stmt);
    ok = ok && ((found && holds(block, seq)) || damaged(err));
    block->seq = ok ? block->seq : 0;
    return ok;
}

static bool event_of_block(const struct block *block, int64_t seq, struct cn_event *event_out,
                           struct cn_error *err)
{
    struct cn_block_reader reader;
    if (!cn_block_open(block->body, &reader, err) ||
        !cn_block_skip(&reader, (size_t)(seq - block->seq), err) ||
        !cn_block_next(&reader, event_out, err)) {
        return false;
    }
    event_out->seq = seq;
    return true;
}

/* ---- scanning in the order of the log ---- */

struct scanned_block {
    int64_t seq;
    int64_t count;
    enum cn_codec codec;
    cn_str body;
};

struct scan {
    struct cn_arena arena; /* of one range */
    struct scanned_block blocks[SCAN_BLOCKS];
    size_t count;
    struct cn_buf expanded;
};

/* Copies the blocks from the one of `from` on, as many as make a short read. */
static bool load_range(struct cn_sql_conn *conn, int64_t from, int64_t to, struct scan *scan,
                       struct cn_error *err)
{
    static const char sql[] =
        "SELECT seq, n, codec, body FROM block"
        " WHERE seq >= (SELECT max(seq) FROM block WHERE seq <= $1) AND seq <= $2"
        " ORDER BY seq LIMIT 32";
    struct cn_sql_stmt *stmt = NULL;
    bool found = true;
    scan->count = 0;
    cn_arena_reset(&scan->arena);
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, from);
    cn_sql_bind_i64(stmt, 2, to);
    bool ok = true;
    while (scan->count < SCAN_BLOCKS && scan->arena.used_bytes < SCAN_BYTES) {
        ok = cn_sql_step(stmt, &found, err);
        if (!ok || !found) {
            break;
        }
        struct scanned_block *block = &scan->blocks[scan->count++];
        *block = (struct scanned_block){
            .seq = cn_sql_column_i64(stmt, 0),
            .count = cn_sql_column_i64(stmt, 1),
            .codec = (enum cn_codec)cn_sql_column_i64(stmt, 2),
            .body = cn_arena_str(&scan->arena, cn_sql_column_blob(stmt, 3)),
        };
        if (!is_sound(block->seq, block->count)) {
            ok = damaged(err);
            break;
        }
    }
    cn_sql_finish(stmt);
    return ok;
}

/* Visits the events of a block that lie in the range; moves *from behind the last. */
static bool visit_block(struct scan *scan, const struct scanned_block *block, int64_t *from,
                        int64_t to, const struct cn_visit *visit, struct cn_error *err)
{
    struct cn_block_reader reader;
    cn_str body;
    if (*from >= block->seq + block->count) {
        return true;
    }
    if (*from < block->seq) {
        *from = block->seq;
    }
    if (!cn_codec_expand(block->codec, block->body, &scan->expanded, &body, err) ||
        !cn_block_open(body, &reader, err) ||
        !cn_block_skip(&reader, (size_t)(*from - block->seq), err)) {
        return false;
    }
    while (*from <= to && *from < block->seq + block->count && !*visit->stopped) {
        struct cn_event event;
        if (!cn_block_next(&reader, &event, err)) {
            return false;
        }
        event.seq = (*from)++;
        *visit->stopped = !visit->visit(visit->arg, &event);
    }
    return true;
}

static bool raw_scan(struct cn_segment *segment, struct cn_sql_conn *conn, int64_t from, int64_t to,
                     const struct cn_visit *visit, struct cn_error *err)
{
    struct scan scan = { 0 };
    bool ok = true;
    (void)segment;
    cn_arena_init(&scan.arena, SCAN_ARENA_BYTES);
    cn_buf_init(&scan.expanded, BLOCK_MAX_BYTES);
    while (ok && from <= to && !*visit->stopped) {
        int64_t start = from;
        ok = load_range(conn, from, to, &scan, err);
        for (size_t i = 0; ok && i < scan.count && !*visit->stopped; i++) {
            ok = visit_block(&scan, &scan.blocks[i], &from, to, visit, err);
        }
        if (ok && from == start && !*visit->stopped) {
            ok = damaged(err); /* what was committed is not there */
        }
    }
    cn_arena_deinit(&scan.arena);
    cn_buf_deinit(&scan.expanded);
    return ok;
}

/* ---- a subject, by back pointers ---- */

struct seqs {
    int64_t *items;
    size_t count;
    size_t capacity;
};

static void push_seq(struct seqs *seqs, int64_t seq)
{
    if (seqs->count == seqs->capacity) {
        seqs->capacity = seqs->capacity > 0 ? seqs->capacity * 2 : 256;
        seqs->items = cn_heap_resize(seqs->items, seqs->capacity * sizeof(seqs->items[0]));
    }
    seqs->items[seqs->count++] = seq;
}

/* The subject's newest committed event here, or 0.  A head that was moved by the group that is
 * being committed is undone for the reader. */
static int64_t head_of(struct cn_segment *segment, int64_t subject)
{
    (void)pthread_mutex_lock(&segment->lock);
    const uint64_t *found = cn_map_get(&segment->heads, (uint64_t)subject);
    int64_t head = found != NULL ? (int64_t)*found : 0;
    if (head > atomic_load(&segment->last_seq)) {
        size_t i = 0;
        while (segment->moved[i].subject != subject) {
            i++;
        }
        head = segment->moved[i].head;
    }
    (void)pthread_mutex_unlock(&segment->lock);
    return head;
}

static bool collect(struct cn_segment *segment, struct cn_sql_conn *conn,
                    const struct cn_subject_range *range, struct seqs *seqs, struct cn_error *err)
{
    struct block block;
    bool ok = true;
    int64_t seq = head_of(segment, range->subject);
    size_t limit = range->newest_first ? range->limit : SIZE_MAX;
    block_init(&block);
    while (ok && seq >= range->from && seq > 0 && seqs->count < limit) {
        if (seq < range->before) {
            push_seq(seqs, seq);
        }
        ok = load_block(conn, seq, false, &block, err);
        if (ok) {
            struct link link = link_at(cn_buf_str(&block.chain), (size_t)(seq - block.seq));
            ok = (link.subject == range->subject && link.previous < seq) || damaged(err);
            seq = link.previous;
        }
    }
    block_deinit(&block);
    return ok;
}

static bool raw_scan_subject(struct cn_segment *segment, struct cn_sql_conn *conn,
                             const struct cn_subject_range *range, const struct cn_visit *visit,
                             struct cn_error *err)
{
    struct seqs seqs = { 0 };
    struct block block;
    block_init(&block);
    bool ok = collect(segment, conn, range, &seqs, err);
    size_t count = seqs.count < range->limit ? seqs.count : range->limit;
    for (size_t i = 0; ok && i < count && !*visit->stopped; i++) {
        int64_t seq = seqs.items[range->newest_first ? i : seqs.count - 1 - i];
        struct cn_event event;
        ok = load_block(conn, seq, true, &block, err) && event_of_block(&block, seq, &event, err);
        if (ok) {
            *visit->stopped = !visit->visit(visit->arg, &event);
        }
    }
    block_deinit(&block);
    free(seqs.items);
    return ok;
}

const struct cn_segment_kind cn_segment_raw = {
    .scan = raw_scan,
    .scan_subject = raw_scan_subject,
};

/* ---- opening ---- */

/* Called with what is beside the body of each block. */
struct load {
    void (*block)(void *arg, int64_t seq, size_t count, cn_str ids, cn_str chain);
    void *arg;
    int64_t next;
    cn_time last_received;
    cn_time first_received;
};

static bool load_blocks(struct cn_sql_conn *conn, struct load *load, bool *more_out,
                        struct cn_error *err)
{
    static const char sql[] = "SELECT seq, n, received, ids, chain FROM block WHERE seq >= $1"
                              " ORDER BY seq LIMIT 512";
    struct cn_sql_stmt *stmt = NULL;
    bool found = true;
    bool ok = false;
    int rows = 0;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, load->next);
    while (found) {
        if (!cn_sql_step(stmt, &found, err)) {
            goto done;
        }
        if (!found) {
            break;
        }
        int64_t seq = cn_sql_column_i64(stmt, 0);
        int64_t count = cn_sql_column_i64(stmt, 1);
        cn_str ids = cn_sql_column_blob(stmt, 3);
        cn_str chain = cn_sql_column_blob(stmt, 4);
        if (seq < load->next || !is_sound(seq, count) || !has_pairs(ids, count) ||
            !has_pairs(chain, count)) {
            (void)damaged(err); /* always false */
            goto done;
        }
        load->last_received.us = cn_sql_column_i64(stmt, 2);
        if (load->first_received.us == 0) {
            load->first_received = load->last_received;
        }
        load->block(load->arg, seq, (size_t)count, ids, chain);
        load->next = seq + count;
        rows++;
    }
    *more_out = rows == LOAD_BLOCKS;
    ok = true;

done:
    cn_sql_finish(stmt);
    return ok;
}

static bool load_all(struct cn_segment *segment, struct load *load, struct cn_error *err)
{
    struct cn_sql_conn *conn;
    bool more = true;
    load->next = segment->first_seq;
    if (!cn_sqlite_open_reader(segment->path, &conn, err)) {
        return false;
    }
    /* Only the front of each row is read; without mapping this takes fifteen times as long.  What
     * was read is let go of, or the whole file would be this process's memory for a moment. */
    bool ok = true;
    while (ok && more) {
        ok = cn_sql_exec(conn, "PRAGMA mmap_size = 4294967296", err) &&
             load_blocks(conn, load, &more, err) && cn_sql_exec(conn, "PRAGMA mmap_size = 0", err);
    }
    cn_sql_close(conn);
    return ok || cn_error_context(err, "reading %s", segment->path);
}

static void load_heads(void *arg, int64_t seq, size_t count, cn_str ids, cn_str chain)
{
    struct cn_segment *segment = arg;
    (void)ids;
    for (size_t i = 0; i < count; i++) {
        bool is_new;
        uint64_t subject = (uint64_t)link_at(chain, i).subject;
        *cn_map_put(&segment->heads, subject, &is_new) = (uint64_t)seq + i;
    }
}

static bool open_file(struct cn_segment *segment, bool for_writing, bool is_unsynced, cn_time now,
                      struct cn_error *err)
{
    if (!for_writing) {
        return true;
    }
    if (!cn_sqlite_open(segment->path, &segment->writer, err) ||
        !cn_migrate(segment->writer, "segment", cn_segment_migrations, cn_segment_migrations_count,
                    now, err)) {
        return false;
    }
    return !is_unsynced || cn_sql_exec(segment->writer, "PRAGMA synchronous = OFF", err);
}

bool cn_segment_open_raw(const char *dir, int64_t first_seq, bool for_writing, bool is_unsynced,
                         cn_time now, struct cn_segment **segment_out, struct cn_error *err)
{
    struct cn_segment *segment = cn_segment_new(&cn_segment_raw, first_seq);
    struct load load = { .block = load_heads, .arg = segment };
    atomic_store(&segment->state, for_writing ? CN_SEGMENT_OPEN : CN_SEGMENT_SEALED);
    if (!cn_segment_path(dir, first_seq, "raw", segment->path, err) ||
        !open_file(segment, for_writing, is_unsynced, now, err) || !load_all(segment, &load, err)) {
        cn_segment_release(segment);
        return false;
    }
    atomic_store(&segment->last_seq, load.next - 1);
    atomic_store(&segment->first_received, load.first_received.us);
    atomic_store(&segment->last_received, load.last_received.us);
    *segment_out = segment;
    return true;
}

bool cn_segment_create(const char *dir, int64_t first_seq, bool is_unsynced, cn_time now,
                       struct cn_segment **segment_out, struct cn_error *err)
{
    struct cn_segment *segment;
    if (!cn_segment_open_raw(dir, first_seq, true, is_unsynced, now, &segment, err)) {
        return false;
    }
    if (!cn_folder_sync(segment->path, err)) {
        cn_segment_release(segment); /* its file is used by the next attempt */
        return false;
    }
    *segment_out = segment;
    return true;
}

struct id_load {
    cn_segment_ids *visit;
    void *arg;
};

static void load_ids(void *arg, int64_t seq, size_t count, cn_str ids, cn_str chain)
{
    const struct id_load *load = arg;
    (void)seq;
    (void)chain;
    for (size_t i = 0; i < count; i++) {
        struct cn_hash128 id;
        memcpy(&id, ids.ptr + i * PAIR_BYTES, sizeof(id));
        load->visit(load->arg, id);
    }
}

static bool visit_id(void *arg, const struct cn_event *event)
{
    const struct id_load *load = arg;
    load->visit(load->arg, event->id);
    return true;
}

bool cn_segment_each_ids(struct cn_segment *segment, cn_segment_ids *visit, void *arg,
                         struct cn_error *err)
{
    struct id_load ids = { visit, arg };
    struct load load = { .block = load_ids, .arg = &ids };
    bool stopped;
    if (segment->kind == &cn_segment_raw) {
        return load_all(segment, &load, err);
    }
    return cn_segment_scan(segment, 0, INT64_MAX, visit_id, &ids, &stopped, err);
}
