#include "engine/tick.h"

#include "base/hash.h"

#include "engine/state.h"

#define COLUMNS                                                                       \
    "tick, at_us, clock_us, is_fresh, log_seq, change_seq, mapping, program_version," \
    " engine_version, settings, zone"

static void bind_tick(struct cn_sql_stmt *stmt, const struct cn_tick *tick)
{
    const int64_t values[] = {
        tick->number,         tick->at.us,      tick->clock.us, tick->is_fresh,
        tick->log_seq,        tick->change_seq, tick->mapping,  tick->program_version,
        tick->engine_version, tick->settings,   tick->zone
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(values); i++) {
        cn_sql_bind_i64(stmt, (int)i + 1, values[i]);
    }
}

bool cn_ticks_save(struct cn_sql_conn *conn, const struct cn_tick *ticks, size_t count,
                   struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = true;
    if (count == 0) {
        return true;
    }
    if (!cn_sql_prepare(conn,
                        /* There already: the answer to its commit was lost. */
                        "INSERT INTO tick(" COLUMNS ")"
                        " VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
                        " ON CONFLICT (tick) DO NOTHING",
                        &stmt, err)) {
        return false;
    }
    for (size_t i = 0; ok && i < count; i++) {
        bind_tick(stmt, &ticks[i]);
        ok = cn_sql_step(stmt, &row, err);
        cn_sql_reset(stmt);
    }
    cn_sql_finish(stmt);
    return ok || cn_error_context(err, "saving ticks");
}

bool cn_tick_colours_save(struct cn_sql_conn *conn, const struct cn_tick_colour *colours,
                          size_t count, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = true;
    if (count == 0) {
        return true;
    }
    if (!cn_sql_prepare(conn,
                        "INSERT INTO tick_colour(account_id, tick, band) VALUES($1, $2, $3)"
                        " ON CONFLICT (account_id, tick) DO UPDATE SET band = excluded.band",
                        &stmt, err)) {
        return false;
    }
    for (size_t i = 0; ok && i < count; i++) {
        cn_sql_bind_i64(stmt, 1, colours[i].account_id);
        cn_sql_bind_i64(stmt, 2, colours[i].tick);
        cn_sql_bind_i64(stmt, 3, (int64_t)colours[i].band);
        ok = cn_sql_step(stmt, &row, err);
        cn_sql_reset(stmt);
    }
    cn_sql_finish(stmt);
    return ok || cn_error_context(err, "saving colours");
}

static struct cn_tick read_tick(struct cn_sql_stmt *stmt)
{
    return (struct cn_tick){
        .number = cn_sql_column_i64(stmt, 0),
        .at.us = cn_sql_column_i64(stmt, 1),
        .clock.us = cn_sql_column_i64(stmt, 2),
        .is_fresh = cn_sql_column_i64(stmt, 3) == 1,
        .log_seq = cn_sql_column_i64(stmt, 4),
        .change_seq = cn_sql_column_i64(stmt, 5),
        .mapping = cn_sql_column_i64(stmt, 6),
        .program_version = cn_sql_column_i64(stmt, 7),
        .engine_version = cn_sql_column_i64(stmt, 8),
        .settings = cn_sql_column_i64(stmt, 9),
        .zone = cn_sql_column_i64(stmt, 10),
    };
}

bool cn_tick_newest(struct cn_sql_conn *conn, struct cn_tick *tick_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(conn, "SELECT " COLUMNS " FROM tick ORDER BY tick DESC LIMIT 1", &stmt,
                        err)) {
        return false;
    }
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *tick_out = row ? read_tick(stmt) : (struct cn_tick){ 0 };
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_tick_at(struct cn_sql_conn *conn, cn_time at, struct cn_tick *tick_out,
                struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(conn,
                        "SELECT " COLUMNS " FROM tick WHERE at_us <= $1 ORDER BY tick DESC LIMIT 1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, at.us);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *tick_out = row ? read_tick(stmt) : (struct cn_tick){ 0 };
    }
    cn_sql_finish(stmt);
    return ok;
}

bool cn_ticks_load(struct cn_sql_conn *conn, int64_t after, size_t limit, struct cn_arena *arena,
                   struct cn_tick **ticks_out, size_t *count_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_tick *ticks = cn_arena_array(arena, struct cn_tick, limit);
    size_t count = 0;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn, "SELECT " COLUMNS " FROM tick WHERE tick > $1 ORDER BY tick LIMIT $2",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, after);
    cn_sql_bind_i64(stmt, 2, (int64_t)limit);
    while ((ok = cn_sql_step(stmt, &row, err)) && row && count < limit) {
        ticks[count++] = read_tick(stmt);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *ticks_out = ticks;
        *count_out = count;
    }
    return ok;
}

bool cn_tick_colours_each(struct cn_sql_conn *conn, int64_t first, int64_t last,
                          void (*each)(void *arg, const struct cn_tick_colour *colour), void *arg,
                          struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn,
                        "SELECT tick, account_id, band FROM tick_colour"
                        " WHERE tick >= $1 AND tick <= $2 ORDER BY tick, account_id",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, first);
    cn_sql_bind_i64(stmt, 2, last);
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        struct cn_tick_colour colour = { .tick = cn_sql_column_i64(stmt, 0),
                                         .account_id = cn_sql_column_i64(stmt, 1),
                                         .band = (enum cn_band)(cn_sql_column_i64(stmt, 2) & 3) };
        each(arg, &colour);
    }
    cn_sql_finish(stmt);
    return ok;
}

int64_t cn_engine_settings(const struct cn_engine_options *options)
{
    cn_str zone = cn_tz_name(options->tz);
    uint64_t reattribute = cn_hash128_of(zone, (uint64_t)options->reattribute_us).lo;
    return (int64_t)cn_hash128_of(zone, reattribute ^ (uint64_t)options->signal_settle_us).lo;
}
