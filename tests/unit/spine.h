/*
 * A whole engine with its stores in a folder of its own, under a clock that the test moves: SQLite,
 * or a schema of its own in the PostgreSQL that CAIRN_TEST_PG_URL names.
 */
#ifndef CAIRN_TESTS_UNIT_SPINE_H
#define CAIRN_TESTS_UNIT_SPINE_H

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#include "book/change.h"
#include "engine/engine.h"
#include "engine/migrations.h"
#include "event/migrations.h"
#include "event/parse.h"
#include "metric/rollup.h"
#include "program/version.h"
#include "sql/migrate.h"
#include "sql/postgres.h"
#include "tests/unit/unit.h"

enum {
    DAY_S = 86400
};

#define SPINE_NOW ((cn_time){ 1795442400000000 }) /* 2026-11-23 14:00 UTC */

struct spine {
    char dir[64];
    const char *schema; /* on PostgreSQL; NULL: SQLite */
    struct cn_clock clock;
    struct cn_id_source ids;
    struct cn_tz *tz;
    struct cn_db *db;
    struct cn_db *rollup_db;
    struct cn_rollup *rollup;
    struct cn_engine *engine;
    struct cn_event_log *log;
    struct cn_event_parser *parser;
    struct cn_arena arena;
    bool parks;  /* events of unknown accounts, instead of making them */
    bool raises; /* programs raise some of their signals at once */
    int64_t tick_us;
    int64_t round_us; /* 0: as usual */
    bool shows_overrides;
    size_t parked_max; /* 0: as many as always */
};

static inline const char *spine_server(void)
{
    return getenv("CAIRN_TEST_PG_URL"); /* NOLINT(concurrency-mt-unsafe): one thread */
}

static inline void open_db(struct spine *spine, const char *name, struct cn_db **db_out)
{
    char url[512];
    struct cn_error err;
    (void)snprintf(url, sizeof(url), "sqlite:%s/%s", spine->dir, name);
    assert_true(cn_db_open(&(struct cn_db_options){ .url = cn_str_of(url), .flush = cn_book_flush },
                           db_out, &err));
}

static inline void open_server(struct spine *spine, struct cn_db **db_out)
{
    char url[512];
    struct cn_error err;
    (void)snprintf(url, sizeof(url), "%s%coptions=-csearch_path%%3D%s", spine_server(),
                   strchr(spine_server(), '?') != NULL ? '&' : '?', spine->schema);
    if (!cn_db_open(&(struct cn_db_options){ .url = cn_str_of(url), .flush = cn_book_flush },
                    db_out, &err)) {
        fail_msg("%s", err.message);
    }
}

static inline bool migrate(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    (void)arg;
    return cn_migrate(conn, "main", cn_main_migrations, cn_main_migrations_count, (cn_time){ 0 },
                      err) &&
           (cn_sql_is_embedded(conn) ||
            cn_migrate(conn, "eventpg", cn_eventpg_migrations, cn_eventpg_migrations_count,
                       (cn_time){ 0 }, err));
}

static inline bool migrate_rollup(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    (void)arg;
    return cn_rollup_migrate(conn, (cn_time){ 0 }, err);
}

static inline void open_stores(struct spine *spine)
{
    struct cn_error err;
    if (spine->schema != NULL) {
        open_server(spine, &spine->db);
        spine->rollup_db = spine->db;
    } else {
        open_db(spine, "cairn.db", &spine->db);
        open_db(spine, "rollup.db", &spine->rollup_db);
    }
    if (!cn_db_write(spine->db, migrate, NULL, &err) ||
        !cn_db_write(spine->rollup_db, migrate_rollup, NULL, &err)) {
        fail_msg("%s", err.message);
    }
    assert_true(cn_rollup_open(&(struct cn_rollup_options){ .db = spine->rollup_db },
                               &spine->rollup, &err));
}

static inline void close_stores(struct spine *spine)
{
    cn_rollup_close(spine->rollup);
    if (spine->rollup_db != spine->db) {
        cn_db_close(spine->rollup_db);
    }
    cn_db_close(spine->db);
}

/* Everything but the folder; also used to start again. */
static inline void start(struct spine *spine)
{
    struct cn_error err;
    char events[96];
    open_stores(spine);
    spine->engine = cn_engine_new(
        &(struct cn_engine_options){ .db = spine->db,
                                     .rollup = spine->rollup,
                                     .rollup_db = spine->rollup_db,
                                     .tz = spine->tz,
                                     .clock = &spine->clock,
                                     .ids = &spine->ids,
                                     .creates_accounts = !spine->parks,
                                     .reattribute_us = (int64_t)30 * DAY_S * 1000000,
                                     .tick_us = spine->tick_us > 0 ? spine->tick_us : 1000000,
                                     .scratch_dir = spine->dir,
                                     .round_us = spine->round_us,
                                     .shows_overrides = spine->shows_overrides,
                                     .parked_max = spine->parked_max });
    (void)snprintf(events, sizeof(events), "%s/events", spine->dir);
    struct cn_event_log_options log = { .dir = spine->schema == NULL ? events : NULL,
                                        .db = spine->schema == NULL ? NULL : spine->db,
                                        .clock = &spine->clock,
                                        .on_commit = cn_engine_on_commit,
                                        .on_commit_arg = spine->engine };
    if (!cn_event_log_open(&log, &spine->log, &err) ||
        !cn_engine_start(spine->engine, spine->log, &err)) {
        fail_msg("%s", err.message);
    }
}

static inline void stop(struct spine *spine)
{
    cn_engine_stop(spine->engine);
    cn_event_log_close(spine->log);
    cn_engine_free(spine->engine);
    close_stores(spine);
}

static inline void spine_schema(const char *schema)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_error err;
    char sql[256];
    (void)snprintf(sql, sizeof(sql), "DROP SCHEMA IF EXISTS %s CASCADE; CREATE SCHEMA %s", schema,
                   schema);
    if (!cn_postgres_open(spine_server(), &conn, &err) || !cn_sql_exec(conn, sql, &err)) {
        fail_msg("%s", err.message);
    }
    cn_sql_close(conn);
}

/* Makes the folder, or the schema; start() comes after. */
static inline void spine_init(struct spine *spine, const char *schema)
{
    struct cn_error err;
    *spine = (struct spine){ .schema = schema };
    temp_path(spine->dir, sizeof(spine->dir), "engine");
    assert_non_null(mkdtemp(spine->dir));
    cn_clock_fixed(&spine->clock, SPINE_NOW);
    cn_id_source_init(&spine->ids, 0, 0);
    assert_true(cn_tz_load(CN_STR("UTC"), &spine->tz, &err));
    spine->parser = cn_event_parser_new(4 * 1024 * 1024);
    cn_arena_init(&spine->arena, 64 * 1024);
    if (schema != NULL) {
        spine_schema(schema);
    }
}

static inline int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline int spine_deinit(struct spine *spine)
{
    cn_event_parser_free(spine->parser);
    cn_arena_deinit(&spine->arena);
    cn_tz_free(spine->tz);
    return nftw(spine->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void count_done(void *arg, struct cn_event_batch *batch, const struct cn_error *err)
{
    (void)batch;
    assert_null(err);
    atomic_fetch_add((_Atomic int *)arg, 1);
}

/* Sends one batch body through intake and waits until it is stored. */
static inline void append_body(struct spine *spine, const char *body)
{
    struct cn_error err;
    struct cn_event_batch *batch = NULL;
    _Atomic int done = 0;
    if (!cn_event_parse(spine->parser, CN_CALL_BATCH, cn_str_of(body), cn_now(&spine->clock),
                        &cn_event_limits_default, &batch, &err)) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(batch->rejection_count, 0);
    cn_event_batch_set_source(batch, 1);
    assert_true(cn_event_log_append(spine->log, batch, count_done, &done, &err));
    while (atomic_load(&done) == 0) {
        (void)usleep(100);
    }
}

static inline void settle(struct spine *spine)
{
    struct cn_error err;
    if (!cn_engine_settle(spine->engine, &err)) {
        fail_msg("%s", err.message);
    }
}

/* The same, and waits until it is scored. */
static inline void send_body(struct spine *spine, const char *body)
{
    append_body(spine, body);
    settle(spine);
}

/* A version of the program, made before a start that is to use it. */
struct spine_program {
    struct spine *spine;
    struct cn_program_files files;
    int64_t number; /* that it got */
};

static inline bool save_program(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct spine_program *program = arg;
    const cn_str starts[] = { CN_STR("asks"), CN_STR("big"), CN_STR("busy"), CN_STR("ends") };
    struct cn_program_version draft = { .at = cn_now(&program->spine->clock),
                                        .note = CN_STR("test"),
                                        .starts = starts,
                                        .start_count =
                                            program->spine->raises ? CN_ARRAY_LEN(starts) : 0 };
    struct cn_program_version version;
    if (!cn_program_version_save(conn, &program->spine->arena, &program->files, &draft, &version,
                                 err)) {
        return false;
    }
    program->number = version.number;
    return true;
}

static inline void use_program(struct spine *spine, const struct cn_program_file *files,
                               size_t count)
{
    struct cn_program_file copy[16];
    struct cn_error err;
    assert_true(count <= CN_ARRAY_LEN(copy));
    memcpy(copy, files, count * sizeof(copy[0]));
    struct spine_program program = { .spine = spine, .files = { copy, count } };
    if (!cn_db_write(spine->db, save_program, &program, &err)) {
        fail_msg("%s", err.message);
    }
}

#endif
