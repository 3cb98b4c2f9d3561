/*
 * The ticks up to the moment, then what arrived between the last of them and the moment without
 * moving anything: events, records, claims.
 */
#include "engine/asof_known.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/str.h"

#include "engine/known_state.h"

struct cn_asof_known {
    struct cn_engine *live;
    struct cn_known_options options;
    struct known known;
    bool has_known;
    char path[PATH_MAX];
};

/* ---- the database that is thrown away ---- */

static void remove_files(const char *path)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    char name[PATH_MAX];
    for (size_t i = 0; i < CN_ARRAY_LEN(suffixes); i++) {
        int len = snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        if (len > 0 && (size_t)len < sizeof(name)) {
            (void)unlink(name); /* it may not be there */
        }
    }
}

static bool migrate(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct cn_engine *live = arg;
    return cn_rollup_migrate(conn, cn_now(live->options.clock), err);
}

static bool open_scratch(struct cn_asof_known *known, struct cn_error *err)
{
    struct cn_rollup_stats stats;
    char url[PATH_MAX + 8];
    const char *dir = known->live->options.scratch_dir;
    int len = snprintf(known->path, sizeof(known->path), "%s/asof.db", dir != NULL ? dir : "");
    if (dir == NULL || len < 0 || (size_t)len >= sizeof(known->path)) {
        known->path[0] = '\0';
        return cn_fail(err, CN_INVALID, "there is no folder for what is counted anew");
    }
    (void)snprintf(url, sizeof(url), "sqlite:%s", known->path); /* fits: it is 8 bytes longer */
    remove_files(known->path);
    cn_rollup_stats(known->live->options.rollup, &stats);
    return cn_db_open(&(struct cn_db_options){ .url = cn_str_of(url) }, &known->options.scratch,
                      err) &&
           cn_db_write(known->options.scratch, migrate, known->live, err) &&
           cn_rollup_open(&(struct cn_rollup_options){ .db = known->options.scratch,
                                                       .names_max = stats.names_max,
                                                       .members_max = stats.members_max },
                          &known->options.into, err);
}

/* ---- up to where ---- */

/* Numbers $1 < number <= $2 by the moment $3; *found_out is 0 if there is none. */
static bool find_number(struct cn_sql_conn *conn, const char *sql, const int64_t bounds[3],
                        int64_t *found_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    for (int i = 0; i < 3; i++) {
        cn_sql_bind_i64(stmt, i + 1, bounds[i]);
    }
    bool ok = cn_sql_step(stmt, &row, err);
    *found_out = ok && row && !cn_sql_column_is_null(stmt, 0) ? cn_sql_column_i64(stmt, 0) : 0;
    cn_sql_finish(stmt);
    return ok;
}

#define BETWEEN(column) " WHERE " column " > $1 AND " column " <= $2 AND "

/* Records that were written by then, and all of the mapping before its first part that was not:
 * versions are in the order of time. */
static bool add_records(struct cn_sql_conn *conn, const struct cn_tick *next, cn_time at,
                        struct cn_tick *target, struct cn_error *err)
{
    static const char *const later[] = {
        "SELECT min(version) FROM subject_group" BETWEEN("version") "known_us > $3",
        "SELECT min(version) FROM subject_domain" BETWEEN("version") "known_us > $3",
        "SELECT min(version) FROM subject_link" BETWEEN("version") "known_us > $3",
        "SELECT min(version) FROM ident" BETWEEN("version") "known_us > $3",
        "SELECT min(version) FROM account_domain" BETWEEN("version") "known_us > $3",
    };
    const int64_t changes[] = { target->change_seq, next->change_seq, at.us };
    const int64_t versions[] = { target->mapping, next->mapping, at.us };
    int64_t found = 0;
    if (!find_number(conn, "SELECT max(seq) FROM field_history" BETWEEN("seq") "known_us <= $3",
                     changes, &found, err)) {
        return false;
    }
    target->change_seq = found > 0 ? found : target->change_seq;
    target->mapping = next->mapping;
    for (size_t i = 0; i < CN_ARRAY_LEN(later); i++) {
        if (!find_number(conn, later[i], versions, &found, err)) {
            return false;
        }
        if (found > 0 && found <= target->mapping) {
            target->mapping = found - 1;
        }
    }
    return true;
}

/* Events that were received by then. */
static bool add_events(struct known *known, const struct cn_tick *next, cn_time at,
                       struct cn_tick *target, struct cn_error *err)
{
    struct cn_arena arena;
    const struct cn_event **events = NULL;
    size_t count = 1;
    bool is_later = false;
    bool ok = true;
    cn_arena_init(&arena, (size_t)1024 * 1024);
    while (ok && !is_later && count > 0 && target->log_seq < next->log_seq) {
        cn_arena_reset(&arena);
        ok = cn_engine_read_ahead(known->then, target->log_seq, next->log_seq, &arena, &events,
                                  &count, err);
        for (size_t i = 0; ok && !is_later && i < count; i++) {
            is_later = events[i]->received.us > at.us;
            target->log_seq = is_later ? target->log_seq : events[i]->seq;
        }
    }
    cn_arena_deinit(&arena);
    return ok;
}

/* The tick, with what came between it and the moment; number 0: nothing was known. */
static bool find_target(struct cn_asof_known *known, cn_time at, struct cn_tick *last_out,
                        struct cn_tick *target_out, struct cn_error *err)
{
    struct cn_db *db = known->live->options.db;
    struct cn_arena *arena = &known->known.then->scratch;
    struct cn_tick *after = NULL;
    struct cn_sql_conn *conn = NULL;
    size_t count = 0;
    struct cn_tick next = { .log_seq = cn_event_log_position(known->live->log),
                            .change_seq = INT64_MAX,
                            .mapping = cn_subject_map_version(known->live->subjects) };
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    bool ok = cn_tick_at(conn, at, last_out, err) &&
              cn_ticks_load(conn, last_out->number, 1, arena, &after, &count, err);
    if (ok && count > 0) {
        next = after[0];
    }
    *target_out = *last_out;
    bool is_between = last_out->number > 0 && last_out->at.us < at.us;
    ok = ok && (!is_between || add_records(conn, &next, at, target_out, err));
    cn_db_release(db, conn);
    return ok && (!is_between || add_events(&known->known, &next, at, target_out, err));
}

/* ---- going there ---- */

/* Nothing was written between the tick and the moment, but the clock went on. */
static bool go_on(struct known *known, const struct cn_tick *target, cn_time at,
                  struct cn_error *err)
{
    struct cn_engine *then = known->then;
    cn_arena_reset(&then->scratch);
    bool is_fresh = cn_tz_day(then->options.tz, at) != then->day;
    struct cn_round round = { .clock = at, .is_full = true, .is_fresh = is_fresh };
    return cn_known_advance(known, target, err) && cn_rollup_flush(then->options.rollup, err) &&
           cn_engine_score(then, &round, err);
}

static bool go_back(struct cn_asof_known *known, cn_time at, struct cn_asof_then *then,
                    struct cn_error *err)
{
    struct cn_tick last = { 0 };
    struct cn_tick target = { 0 };
    if (!find_target(known, at, &last, &target, err)) {
        return false;
    }
    *then = (struct cn_asof_then){ .is_known = last.number > 0, .tick = last.number };
    if (!then->is_known) {
        return true;
    }
    if (!cn_known_replay(&known->known, &target, err)) {
        return false;
    }
    if (known->known.then->program == NULL) {
        return cn_fail(err, CN_INVALID, "%s", known->known.report.why);
    }
    then->engine = known->known.then;
    then->clock = last.at.us < at.us ? at : last.clock;
    (void)snprintf(then->limit, sizeof(then->limit), "%s", known->known.report.why); /* fits */
    return last.at.us == at.us || go_on(&known->known, &target, at, err);
}

bool cn_asof_known_open(struct cn_engine *live, cn_time at, struct cn_asof_known **known_out,
                        struct cn_asof_then *then_out, struct cn_error *err)
{
    if (atomic_exchange(&live->looks_back, true)) {
        return cn_fail(err, CN_UNAVAILABLE,
                       "another question as known is being answered; try again soon");
    }
    struct cn_asof_known *known = cn_heap_resize(NULL, sizeof(*known));
    *known = (struct cn_asof_known){ .live = live };
    bool ok = open_scratch(known, err);
    if (ok) {
        cn_known_open(&known->known, live, &known->options);
        known->has_known = true;
        ok = go_back(known, at, then_out, err);
    }
    if (!ok) {
        cn_asof_known_close(known);
        return false;
    }
    *known_out = known;
    return true;
}

void cn_asof_known_close(struct cn_asof_known *known)
{
    struct cn_engine *live = known->live;
    if (known->has_known) {
        cn_known_close(&known->known);
    }
    cn_rollup_close(known->options.into);
    cn_db_close(known->options.scratch);
    if (known->path[0] != '\0') {
        remove_files(known->path);
    }
    free(known);
    atomic_store(&live->looks_back, false);
}
