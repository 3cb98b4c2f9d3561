/*
 * The life of an engine: random events, changes of records, clock steps, restarts, back-fills and
 * new programs.
 */
#ifndef CAIRN_TESTS_UNIT_SPINE_LIVED_H
#define CAIRN_TESTS_UNIT_SPINE_LIVED_H

#include "engine/backfill.h"
#include "signal/inbox.h"
#include "tests/unit/spine_apply.h"
#include "tests/unit/spine_world.h"

enum {
    LIVED_SEEDS = 3,
    LIVED_STEPS = 120
};

/* The worlds of a run are those of the seeds from CAIRN_FIRST_SEED (1) to CAIRN_SEEDS. */
static inline int64_t lived_number(const char *name, int64_t usual)
{
    const char *text = getenv(name); /* NOLINT(concurrency-mt-unsafe): one thread */
    return text != NULL ? strtol(text, NULL, 10) : usual;
}

static inline int64_t lived_first_seed(void)
{
    return lived_number("CAIRN_FIRST_SEED", 1);
}

static inline int64_t lived_seeds(void)
{
    return lived_number("CAIRN_SEEDS", LIVED_SEEDS);
}

static inline void send_some(struct spine *spine, struct cn_rng *rng, int64_t *number)
{
    struct cn_buf body;
    cn_buf_init(&body, BODY_MAX_BYTES);
    cn_buf_printf(&body, "{\"batch\":[");
    int64_t count = cn_rng_between(rng, 1, 12);
    for (int64_t i = 0; i < count; i++) {
        cn_buf_printf(&body, "%s", i > 0 ? "," : "");
        /* Now and then one that was sent before. */
        bool is_old = *number > 20 && pick(rng, 12) == 0;
        world_event(rng, is_old ? pick(rng, *number) : (*number)++, cn_now(&spine->clock), &body);
    }
    cn_buf_printf(&body, "]}");
    cn_buf_add(&body, "", 1);
    append_body(spine, cn_buf_str(&body).ptr);
    cn_buf_deinit(&body);
}

static inline void step_clock(struct spine *spine, struct cn_rng *rng)
{
    static const int64_t most_s[] = { 1, 60, 3600, 4 * 3600, 26 * 3600 };
    int64_t now = atomic_load(&spine->clock.fixed_us);
    int64_t by = cn_rng_between(rng, 1, most_s[pick(rng, 5)] * 1000000);
    if (pick(rng, 12) == 0) { /* to the very midnight */
        by = (int64_t)DAY_S * 1000000 - now % ((int64_t)DAY_S * 1000000);
    }
    atomic_store(&spine->clock.fixed_us, now + by);
}

static inline void fill_back(struct spine *spine)
{
    struct cn_error err;
    int64_t today = cn_tz_day(spine->tz, cn_now(&spine->clock));
    settle(spine);
    if (!cn_engine_backfill(spine->engine,
                            &(struct cn_backfill){ .first_day = today - 20, .last_day = today - 1 },
                            &err)) {
        fail_msg("%s", err.message);
    }
}

/* A hold that begins or ends, or a start of what was already true. */
static inline bool decide(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct world_change *change = arg;
    struct spine *spine = change->spine;
    struct cn_rng rng = change->rng;
    struct cn_unit unit = { .conn = conn,
                            .arena = &spine->arena,
                            .ids = &spine->ids,
                            .scope = CN_SCOPE_ALL,
                            .now = cn_now(&spine->clock) };
    const struct cn_hold_new hold = {
        .kind = pick(&rng, 2) == 0 ? CN_STR("expansion") : CN_STR("all"),
        .reason = CN_STR("later"),
        .until = { pick(&rng, 3) == 0 ? 0 : unit.now.us + cn_rng_between(&rng, 1, 90) * 3600000000 }
    };
    const struct cn_signal_filter filter = { .views = 1U << CN_SIGNAL_VIEW_ALREADY_TRUE,
                                             .limit = 5 };
    struct cn_signal_list signals;
    struct cn_signal signal;
    struct cn_account account;
    struct cn_hold_list holds;
    struct cn_hold out;
    cn_str key = world_text(spine, "g", change->account);
    if (pick(&rng, 2) == 0) {
        const struct cn_signal_action start = { .verb = CN_SIGNAL_START };
        return cn_signal_list(&unit, &filter, &signals, err) &&
               (signals.count == 0 ||
                cn_signal_act(&unit, signals.items[0].id, &start, &signal, err));
    }
    if (!cn_account_load_external(&unit, key, &account, err)) {
        return err->code == CN_NOT_FOUND;
    }
    if (!cn_hold_list(&unit, account.id, &holds, err)) {
        return false;
    }
    return holds.count > 0 && pick(&rng, 2) == 0
               ? cn_hold_end(&unit, account.id, holds.items[0].id, &out, err)
               : cn_hold_create(&unit, account.id, &hold, &out, err);
}

static inline void decide_something(struct spine *spine, struct cn_rng *rng)
{
    struct cn_error err;
    struct world_change change = { spine, *rng, pick(rng, WORLD_ACCOUNTS) };
    if (!cn_db_write(spine->db, decide, &change, &err)) {
        fail_msg("%s", err.message);
    }
    (void)cn_rng_next(rng);
}

static inline void restart(struct spine *spine, struct cn_rng *rng)
{
    const struct cn_program_file churned[] = { world_metrics, world_churned, world_scorecards,
                                               world_segments, world_signals };
    const struct cn_program_file renamed[] = { world_metrics, world_chosen, world_scorecards,
                                               world_renamed, world_other_signals };
    switch (pick(rng, 3)) {
    case 0:
        use_program(spine, churned, CN_ARRAY_LEN(churned));
        break;
    case 1:
        use_program(spine, renamed, CN_ARRAY_LEN(renamed));
        break;
    default:
        break;
    }
    stop(spine);
    start(spine);
}

/* Another program while it runs; sometimes the next thing happens before it is active. */
static inline void apply_live(struct spine *spine, struct cn_rng *rng)
{
    const struct cn_program_file usual[] = { world_metrics, world_scorecards };
    const struct cn_program_file more[] = { world_metrics, world_churned, world_scorecards };
    const struct cn_program_file other[] = { world_other_metrics, world_other_scorecards };
    const struct cn_program_file *const programs[] = { usual, more, other };
    const size_t counts[] = { CN_ARRAY_LEN(usual), CN_ARRAY_LEN(more), CN_ARRAY_LEN(other) };
    int64_t which = pick(rng, 3);
    int64_t number = apply_program(spine, programs[which], counts[which]);
    enum cn_version_state state = CN_VERSION_BUILDING;
    bool waits = pick(rng, 3) > 0;
    while (waits && state == CN_VERSION_BUILDING) { /* also while the log is scanned */
        state = cn_engine_apply_wait(spine->engine, number, 10000);
        assert_true(state == CN_VERSION_ACTIVE || state == CN_VERSION_BUILDING);
        (void)usleep(1000);
    }
}

static inline void lived_go(struct spine *spine, struct cn_rng *rng)
{
    int64_t number = 0;
    for (int i = 0; i < LIVED_STEPS; i++) {
        int64_t what = pick(rng, 100);
        if (what < 45) {
            send_some(spine, rng, &number);
        } else if (what < 65) {
            world_record(spine, rng);
        } else if (what < 70) {
            decide_something(spine, rng);
        } else if (what < 93) {
            step_clock(spine, rng);
        } else if (what < 95) {
            restart(spine, rng);
        } else if (what < 97) {
            fill_back(spine);
        } else {
            apply_live(spine, rng);
        }
        if (pick(rng, 4) == 0) {
            settle(spine);
        }
    }
    settle(spine);
}

static inline void lived_begin(struct spine *spine, const char *schema, bool parks)
{
    const struct cn_program_file files[] = { world_metrics, world_chosen, world_scorecards,
                                             world_segments, world_signals };
    spine_init(spine, schema);
    spine->parks = parks;
    spine->raises = true;    /* some of what a new program finds true */
    spine->tick_us = 120000; /* some rounds look at the clock, others do not */
    open_stores(spine);
    use_program(spine, files, CN_ARRAY_LEN(files));
    close_stores(spine);
    start(spine);
}

#endif
