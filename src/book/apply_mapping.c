#include <stdlib.h>

#include "base/hash.h"
#include "base/str.h"

#include "book/apply_batch.h"
#include "book/change.h"
#include "book/merge.h"
#include "book/row.h"

static struct pending *push(struct cn_book_batch *batch, struct pending item)
{
    batch->pending = cn_row_grow(&batch->arena, batch->pending, batch->pending_count,
                                 &batch->pending_capacity, sizeof(item));
    batch->pending[batch->pending_count] = item;
    return &batch->pending[batch->pending_count++];
}

static uint64_t key_of(const struct pending *item)
{
    int64_t hour = item->at_us / CN_SUBJECT_GRAIN_US - (item->at_us % CN_SUBJECT_GRAIN_US < 0);
    const uint64_t parts[] = { item->kind, (uint64_t)item->subject, (uint64_t)item->target,
                               cn_hash64(item->text), (uint64_t)hour };
    return cn_hash64((cn_str){ (const char *)parts, sizeof(parts) });
}

/* Of one hour only the earliest is kept. */
static void see(struct cn_book_batch *batch, struct pending item)
{
    bool was_new = false;
    uint64_t *place = cn_map_put(&batch->pending_index, key_of(&item), &was_new);
    if (was_new) {
        *place = batch->pending_count;
        item.text = cn_arena_str(&batch->arena, item.text);
        push(batch, item);
    } else if (batch->pending[*place].at_us > item.at_us) {
        batch->pending[*place].at_us = item.at_us;
    }
}

void cn_batch_see_group(struct cn_book_batch *batch, int64_t subject, cn_str external_id,
                        cn_time at)
{
    if (subject != 0 && external_id.len > 0 &&
        !cn_subject_map_has_group(batch->options.map, subject, external_id, at)) {
        see(batch,
            (struct pending){
                .kind = PENDING_GROUP, .subject = subject, .text = external_id, .at_us = at.us });
    }
}

void cn_batch_see_mail(struct cn_book_batch *batch, int64_t subject, cn_str domain, cn_time at)
{
    if (subject != 0 && domain.len > 0 &&
        !cn_subject_map_has_mail(batch->options.map, subject, domain, at)) {
        see(batch, (struct pending){
                       .kind = PENDING_MAIL, .subject = subject, .text = domain, .at_us = at.us });
    }
}

void cn_batch_see_link(struct cn_book_batch *batch, int64_t subject, int64_t target, cn_time at)
{
    if (subject != 0 && target != 0 &&
        !cn_subject_map_has_link(batch->options.map, subject, target, at)) {
        see(batch, (struct pending){ .kind = PENDING_LINK,
                                     .subject = subject,
                                     .target = target,
                                     .text = CN_STR(""),
                                     .at_us = at.us });
    }
}

void cn_batch_name(struct cn_book_batch *batch, enum pending_kind kind, cn_str text,
                   int64_t account_id)
{
    push(batch, (struct pending){ .kind = kind,
                                  .target = account_id,
                                  .text = cn_arena_str(&batch->arena, text) });
}

bool cn_batch_learn_merges(struct cn_book_batch *batch, const struct cn_unit *unit,
                           struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool was_new = false;
    if (!cn_merge_hold(unit, err) ||
        !cn_sql_prepare(unit->conn,
                        "SELECT merged_id, survivor_id FROM account_merge WHERE version > $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, cn_subject_map_version(batch->options.map));
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        *cn_map_put(&batch->survivors, (uint64_t)cn_sql_column_i64(stmt, 0), &was_new) =
            (uint64_t)cn_sql_column_i64(stmt, 1);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    return ok;
}

int64_t cn_batch_survivor(const struct cn_book_batch *batch, int64_t account_id)
{
    const uint64_t *next = NULL;
    while ((next = cn_map_get(&batch->survivors, (uint64_t)account_id)) != NULL) {
        account_id = (int64_t)*next;
    }
    return account_id;
}

/* Accounts and domains were stored when they were claimed. */
static const char *const store_sql[] = {
    [PENDING_GROUP] = "INSERT INTO subject_group(subject, ext_key, at_us, known_us, version)"
                      " VALUES($1, $2, $3, $4, $5)"
                      " ON CONFLICT (subject, ext_key, at_us) DO NOTHING",
    [PENDING_MAIL] = "INSERT INTO subject_domain(subject, domain, at_us, known_us, version)"
                     " VALUES($1, $2, $3, $4, $5)"
                     " ON CONFLICT (subject, domain, at_us) DO NOTHING",
    [PENDING_LINK] = "INSERT INTO subject_link(subject, target, at_us, known_us, version)"
                     " VALUES($1, $2, $3, $4, $5)"
                     " ON CONFLICT (subject, target, at_us) DO NOTHING",
};

static bool store_one(const struct pending *item, const struct cn_unit *unit, int64_t version,
                      struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn, store_sql[item->kind], &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, item->subject);
    if (item->kind == PENDING_LINK) {
        cn_sql_bind_i64(stmt, 2, item->target);
    } else {
        cn_sql_bind_str(stmt, 2, item->text);
    }
    cn_sql_bind_i64(stmt, 3, item->at_us);
    cn_sql_bind_i64(stmt, 4, unit->now.us);
    cn_sql_bind_i64(stmt, 5, version);
    return cn_sql_run(stmt, err);
}

bool cn_batch_unit(struct cn_book_batch *batch, const struct cn_unit *unit, struct cn_unit *own_out,
                   struct cn_error *err)
{
    if (batch->version == 0 && !cn_counter_add(unit->conn, "mapping", 1, &batch->version, err)) {
        return false;
    }
    *own_out = *unit;
    own_out->mapping = batch->version;
    return true;
}

/* If only subjects moved the version is taken last: whoever else changes the mapping waits from
 * then on. */
bool cn_batch_store(struct cn_book_batch *batch, const struct cn_unit *unit, struct cn_error *err)
{
    if (batch->pending_count == 0) {
        return true;
    }
    struct cn_unit own;
    if (!cn_batch_unit(batch, unit, &own, err)) {
        return false;
    }
    for (size_t i = 0; i < batch->pending_count; i++) {
        const struct pending *item = &batch->pending[i];
        if (item->kind >= PENDING_GROUP && !store_one(item, unit, batch->version, err)) {
            return false;
        }
    }
    return true;
}

static void add_to_map(struct cn_subject_map *map, const struct pending *item,
                       struct cn_subject_moves *moves)
{
    const cn_time at = { item->at_us };
    bool added = false; /* what was known already moves nothing */
    switch (item->kind) {
    case PENDING_ACCOUNT:
        added = cn_subject_map_add_account(map, item->text, item->target, moves);
        break;
    case PENDING_DOMAIN:
        added = cn_subject_map_add_domain(map, item->text, item->target, moves);
        break;
    case PENDING_GROUP:
        added = cn_subject_map_add_group(map, item->subject, item->text, at, moves);
        break;
    case PENDING_MAIL:
        added = cn_subject_map_add_mail(map, item->subject, item->text, at, moves);
        break;
    case PENDING_LINK:
        added = cn_subject_map_add_link(map, item->subject, item->target, at, moves);
        break;
    }
    (void)added;
}

static const int64_t *sorted_ids(struct cn_arena *arena, const struct cn_map *set)
{
    int64_t *ids = cn_arena_array(arena, int64_t, set->count + 1);
    size_t count = 0;
    size_t cursor = 0;
    uint64_t id = 0;
    uint64_t value = 0;
    while (cn_map_next(set, &cursor, &id, &value)) {
        ids[count++] = (int64_t)id;
    }
    qsort(ids, count, sizeof(ids[0]), cn_order_i64);
    return ids;
}

const struct cn_book_result *cn_book_batch_publish(struct cn_book_batch *batch)
{
    struct cn_book_result *result = &batch->result;
    *result = (struct cn_book_result){ .moves.arena = &batch->arena };
    for (size_t i = 0; i < batch->pending_count; i++) {
        add_to_map(batch->options.map, &batch->pending[i], &result->moves);
    }
    /* Versions are taken one after the other, each until its commit.  What others stored under the
     * one before and the map has not read yet would be passed over: then the version waits until
     * the map follows the change table. */
    if (cn_subject_map_version(batch->options.map) >= batch->version - 1) {
        cn_subject_map_set_version(batch->options.map, batch->version);
    }
    result->touched = sorted_ids(&batch->arena, &batch->touched);
    result->touched_count = batch->touched.count;
    result->created = sorted_ids(&batch->arena, &batch->created);
    result->created_count = batch->created.count;
    return result;
}
