/*
 * A whole engine whose signals a test looks at, under a clock that the test moves; on SQLite and on
 * PostgreSQL.
 */
#ifndef CAIRN_TESTS_UNIT_SPINE_SIGNALS_H
#define CAIRN_TESTS_UNIT_SPINE_SIGNALS_H

#include "signal/inbox.h"
#include "tests/unit/spine_world.h"

#define SECOND_US ((int64_t)1000000)
#define HOUR_US   (3600 * SECOND_US)
#define DAY_US    ((int64_t)DAY_S * SECOND_US)

enum {
    WAIT_MS = 20000
};

struct world {
    struct spine spine;
    int64_t messages; /* sent */
};

/* A world that looks at what depends on time every 20 ms; nothing runs yet. */
static inline void prepare_world(struct world *w, const char *schema)
{
    *w = (struct world){ 0 };
    spine_init(&w->spine, schema);
    w->spine.tick_us = 20000;
}

static inline void end_world(struct world *w)
{
    stop(&w->spine);
    assert_int_equal(spine_deinit(&w->spine), 0);
}

/* On SQLite, and on PostgreSQL where there is one.  `begin` starts the engine. */
static inline void on_both(void (*begin)(struct world *w, const char *schema), const char *schema,
                           void (*test)(struct world *w))
{
    struct world w;
    begin(&w, NULL);
    test(&w);
    end_world(&w);
    if (spine_server() != NULL) {
        begin(&w, schema);
        test(&w);
        end_world(&w);
    }
}

/* What follows is at this moment, before the clock goes on. */
static inline void restart(struct world *w)
{
    stop(&w->spine);
    start(&w->spine);
    settle(&w->spine);
}

static inline void go_on(struct world *w, int64_t by_us)
{
    (void)atomic_fetch_add(&w->spine.clock.fixed_us, by_us);
}

/* ---- records ---- */

/* The account of that key, which is made if there is none. */
static inline bool load_account(const struct cn_unit *unit, const char *key,
                                struct cn_account *account_out, struct cn_error *err)
{
    const struct cn_account_new new_account = { .name = cn_str_of(key),
                                                .external_id = cn_str_of(key),
                                                .stage = CN_STAGE_ADOPTION };
    return cn_account_upsert(unit, &new_account, account_out, NULL, err);
}

static inline struct cn_unit world_unit(struct world *w, struct cn_sql_conn *conn)
{
    return (struct cn_unit){ .conn = conn,
                             .arena = &w->spine.arena,
                             .ids = &w->spine.ids,
                             .scope = CN_SCOPE_ALL,
                             .tz = w->spine.tz,
                             .now = cn_now(&w->spine.clock) };
}

/* Returns once the engine knows of it. */
static inline void write_and_settle(struct world *w, cn_db_work *work, void *arg)
{
    struct cn_error err;
    if (!cn_db_write(w->spine.db, work, arg, &err)) {
        fail_msg("%s", err.message);
    }
    settle(&w->spine);
}

/* ---- signals ---- */

/* Which signals: of a rule, and of an account or a ticket; "" is any. */
struct which {
    const char *rule;
    const char *account; /* external ids */
    const char *ticket;  /* "-": about an account */
};

/* Where the newest of them stands, and how often they were raised. */
struct standing {
    bool is_there;
    enum cn_signal_state state;
    int raised; /* signals */
    int events; /* that say so */
    int64_t raised_us;
};

static inline struct standing standing_of(struct world *w, struct which which)
{
    static const char sql[] =
        "SELECT s.state, s.raised_us, s.is_current, (SELECT count(*) FROM signal_event AS e"
        " WHERE e.account_id = s.account_id AND e.signal_id = s.signal_id AND e.kind = $1"
        " AND e.about_id = s.about_id) FROM signal AS s"
        " JOIN account AS a ON a.account_id = s.account_id LEFT JOIN ticket AS t"
        " ON t.account_id = s.account_id AND t.ticket_id = s.about_id WHERE s.rule = $2"
        " AND ($3 = '' OR a.external_id = $3) AND ($4 = '' OR COALESCE(t.external_id, '-') = $4)";
    struct cn_sql_conn *conn = NULL;
    struct cn_sql_stmt *stmt = NULL;
    struct cn_error err;
    struct standing standing = { 0 };
    bool row = false;
    assert_true(cn_db_read(w->spine.db, &conn, &err));
    assert_true(cn_sql_prepare(conn, sql, &stmt, &err));
    cn_sql_bind_i64(stmt, 1, CN_SIGNAL_EVENT_RAISED);
    cn_sql_bind_str(stmt, 2, cn_str_of(which.rule));
    cn_sql_bind_str(stmt, 3, cn_str_of(which.account));
    cn_sql_bind_str(stmt, 4, cn_str_of(which.ticket));
    while (cn_sql_step(stmt, &row, &err) && row) {
        standing.raised += !cn_sql_column_is_null(stmt, 1);
        standing.events += (int)cn_sql_column_i64(stmt, 3);
        if (cn_sql_column_i64(stmt, 2) == 1) {
            assert_false(standing.is_there); /* one of them is the newest */
            standing.is_there = true;
            standing.state = (enum cn_signal_state)cn_sql_column_i64(stmt, 0);
            standing.raised_us = cn_sql_column_i64(stmt, 1);
        }
    }
    cn_sql_finish(stmt);
    cn_db_release(w->spine.db, conn);
    return standing;
}

/* What depends on time is looked at within a tick. */
static inline struct standing wait_for_state(struct world *w, struct which which,
                                             enum cn_signal_state state)
{
    struct standing standing = { 0 };
    for (int ms = 0; ms < WAIT_MS; ms += 5) {
        standing = standing_of(w, which);
        if (standing.is_there && standing.state == state) {
            return standing;
        }
        (void)usleep(5000);
    }
    fail_msg("%s of \"%s\" \"%s\" is not %s", which.rule, which.account, which.ticket,
             cn_signal_state_names[state]);
    return standing;
}

#endif
