/*
 * The coverage board of a pool at the size of one: thousands of accounts of a few CSMs, in a whole
 * engine; on SQLite and on PostgreSQL.
 */
#include "book/user.h"
#include "engine/boards.h"
#include "tests/unit/spine_world.h"

enum {
    ACCOUNTS = 8000,
    BATCH = 100, /* accounts in a transaction */
    CSMS = 4,
    ARR_MINOR = 100000,
};

static cn_user_id make_csm(const struct cn_unit *unit, size_t number, struct cn_error *err)
{
    char email[40];
    struct cn_user user;
    int len = snprintf(email, sizeof(email), "csm%zu@example.com", number);
    const struct cn_user_new csm = { .email = { email, (size_t)len },
                                     .name = CN_STR("CSM"),
                                     .role = CN_ROLE_CSM,
                                     .scope = CN_SCOPE_ALL };
    return cn_user_create(unit, &csm, &user, err) ? user.id : (cn_user_id){ 0 };
}

struct batch {
    struct spine *spine;
    cn_user_id csms[CSMS];
    size_t from;
};

static struct cn_unit unit_of(struct spine *spine, struct cn_sql_conn *conn)
{
    return (struct cn_unit){ .conn = conn,
                             .arena = &spine->arena,
                             .ids = &spine->ids,
                             .scope = CN_SCOPE_ALL,
                             .now = cn_now(&spine->clock) };
}

static bool write_csms(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct batch *batch = arg;
    const struct cn_unit unit = unit_of(batch->spine, conn);
    for (size_t i = 0; i < CSMS; i++) {
        batch->csms[i] = make_csm(&unit, i, err);
        if (batch->csms[i].value == 0) {
            return false;
        }
    }
    return true;
}

/* To each CSM in turn, so that each has as many. */
static bool write_accounts(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct batch *batch = arg;
    const struct cn_unit unit = unit_of(batch->spine, conn);
    for (size_t i = batch->from; i < batch->from + BATCH; i++) {
        char name[20];
        struct cn_account account;
        int len = snprintf(name, sizeof(name), "a%zu", i);
        const struct cn_account_new draft = { .name = { name, (size_t)len },
                                              .stage = CN_STAGE_ADOPTION,
                                              .owner_id = batch->csms[i % CSMS],
                                              .arr = { ARR_MINOR, "USD" },
                                              .arr_given = CN_GIVEN };
        if (!cn_account_create(&unit, &draft, &account, err)) {
            return false;
        }
    }
    return true;
}

static bool write_pool(struct spine *spine, struct cn_error *err)
{
    struct batch batch = { .spine = spine };
    bool ok = cn_db_write(spine->db, write_csms, &batch, err);
    for (; ok && batch.from < ACCOUNTS; batch.from += BATCH) {
        ok = cn_db_write(spine->db, write_accounts, &batch, err);
    }
    return ok;
}

static void check_board(struct spine *spine)
{
    const struct cn_unit unit = { .arena = &spine->arena, .scope = CN_SCOPE_ALL };
    struct cn_coverage_board board;
    size_t rows = 0;
    cn_engine_coverage_board(spine->engine, &unit, &spine->arena, &board);
    assert_int_equal(board.model_count, 2);
    assert_int_equal(board.models[1].sum.accounts, 0);
    const struct cn_coverage_model_row *pool = &board.models[0];
    assert_true(pool->coverage->is_pool);
    assert_int_equal(pool->sum.accounts, ACCOUNTS);
    assert_int_equal(pool->sum.arr_minor, (int64_t)ACCOUNTS * ARR_MINOR);
    assert_int_equal(pool->owners, CSMS);
    assert_true(cn_coverage_ratio(pool) == 2000);
    for (size_t i = 0; i < board.row_count; i++) {
        rows++;
        assert_int_not_equal(board.rows[i].owner, 0);
        assert_int_equal(board.rows[i].sum.accounts, ACCOUNTS / CSMS);
    }
    assert_int_equal(rows, CSMS);
}

static void run(const char *schema)
{
    struct spine spine;
    struct cn_error err;
    const struct cn_program_file file = {
        CN_STR("coverage.yaml"),
        CN_STR("coverage:\n  tech: {from: 0, below: 5000, accounts: {max: 2000, per: pool}}\n"
               "  others: {from: 5000}\n")
    };
    spine_init(&spine, schema);
    open_stores(&spine);
    use_program(&spine, &file, 1);
    if (!write_pool(&spine, &err)) {
        fail_msg("%s", err.message);
    }
    close_stores(&spine);
    start(&spine);
    settle(&spine);
    check_board(&spine);
    stop(&spine);
    assert_int_equal(spine_deinit(&spine), 0);
}

static void a_pool_has_the_ratio_of_all_its_csms(void **state)
{
    (void)state;
    run(NULL);
    if (spine_server() != NULL) {
        run("pool_test");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("003-33 8,000 tech-touch accounts of 4 CSMs are 2,000 to 1",
                a_pool_has_the_ratio_of_all_its_csms),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
