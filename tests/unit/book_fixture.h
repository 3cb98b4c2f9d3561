/*
 * A book in an empty database, for unit tests: SQLite in memory, or a schema of its own in the
 * PostgreSQL that CAIRN_TEST_PG_URL names.
 */
#ifndef CAIRN_TESTS_UNIT_BOOK_FIXTURE_H
#define CAIRN_TESTS_UNIT_BOOK_FIXTURE_H

#include <stdlib.h>

#include "base/str.h"

#include "book/account.h"
#include "book/change.h"
#include "book/migrations.h"
#include "book/unit.h"
#include "sql/migrate.h"
#include "sql/postgres.h"
#include "sql/sqlite.h"
#include "tests/unit/unit.h"

struct book_fixture {
    struct cn_unit unit;
    struct cn_arena arena;
    struct cn_id_source ids;
    struct cn_error err;
};

/* 2026-03-01T09:30:00Z */
#define BOOK_NOW ((cn_time){ 1772357400000000 })

#define must(call)                          \
    do {                                    \
        if (!(call)) {                      \
            fail_msg("%s", f->err.message); \
        }                                   \
    } while (0)

static inline bool book_open(struct book_fixture *f, const char *pg_url)
{
    if (pg_url == NULL) {
        return cn_sqlite_open(":memory:", &f->unit.conn, &f->err);
    }
    return cn_postgres_open(pg_url, &f->unit.conn, &f->err) &&
           /* What a connection makes there is its own: tests run side by side. */
           cn_sql_exec(f->unit.conn, "SET search_path = pg_temp", &f->err);
}

static inline int book_setup_on(void **state, const char *pg_url)
{
    static struct book_fixture f;
    f = (struct book_fixture){
        .unit = { .arena = &f.arena, .ids = &f.ids, .scope = CN_SCOPE_ALL, .now = BOOK_NOW },
    };
    cn_arena_init(&f.arena, 4096);
    cn_id_source_init(&f.ids, 0, 0);
    *state = &f;
    if (!book_open(&f, pg_url) || !cn_migrate(f.unit.conn, "main", cn_book_migrations,
                                              cn_book_migrations_count, BOOK_NOW, &f.err)) {
        print_error("%s\n", f.err.message);
        return -1;
    }
    cn_sql_set_flush(f.unit.conn, cn_book_flush);
    return 0;
}

static inline int book_setup(void **state)
{
    return book_setup_on(state, NULL);
}

static inline int book_setup_server(void **state)
{
    return book_setup_on(
        state, getenv("CAIRN_TEST_PG_URL")); /* NOLINT(concurrency-mt-unsafe): one thread */
}

static inline int book_teardown(void **state)
{
    struct book_fixture *f = *state;
    cn_sql_close(f->unit.conn);
    cn_arena_deinit(&f->arena);
    return 0;
}

static inline bool book_has_server(void)
{
    return getenv("CAIRN_TEST_PG_URL") != NULL; /* NOLINT(concurrency-mt-unsafe): one thread */
}

/* Runs tests on SQLite, and if there is a server those on PostgreSQL; how many failed. */
#define BOOK_RUN(name, sqlite_tests, postgres_tests)                                       \
    (cmocka_run_group_tests_name(name " on sqlite", sqlite_tests, NULL, NULL) +            \
     (book_has_server()                                                                    \
          ? cmocka_run_group_tests_name(name " on postgresql", postgres_tests, NULL, NULL) \
          : 0))

static inline struct cn_account book_make_account(struct book_fixture *f, const char *key,
                                                  const char *name)
{
    const struct cn_account_new new_account = { .name = cn_str_of(name),
                                                .external_id = cn_str_of(key),
                                                .arr = { 120000, "EUR" },
                                                .arr_given = CN_GIVEN };
    struct cn_account account;
    must(cn_account_create(&f->unit, &new_account, &account, &f->err));
    return account;
}

#endif
