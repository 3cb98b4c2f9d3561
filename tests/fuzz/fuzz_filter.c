/* Lists of accounts from SQL, with any search, filter, order and page, and any token as a session
 * or key: the statement always runs, finds only what is there, and no token is known. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "book/account_list.h"
#include "book/change.h"
#include "book/migrations.h"
#include "book/session.h"
#include "sql/migrate.h"
#include "sql/sqlite.h"

enum {
    ACCOUNTS = 5,
    HEAD_BYTES = 8,
    TEXT_MAX_BYTES = 512
};

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct world {
    struct cn_arena arena;
    struct cn_id_source ids;
    struct cn_unit unit;
};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void make(struct world *world)
{
    static const char *const names[ACCOUNTS] = { "Acme", "100% 'real'", "a_b\\c", "\"quoted\"; --",
                                                 "Ümläut" };
    struct cn_error err;
    cn_arena_init(&world->arena, 4096);
    cn_id_source_init(&world->ids, 0, 0);
    world->unit = (struct cn_unit){ .arena = &world->arena,
                                    .ids = &world->ids,
                                    .scope = CN_SCOPE_ALL,
                                    .now = { 1772357400000000 } };
    require(cn_sqlite_open(":memory:", &world->unit.conn, &err) &&
            cn_migrate(world->unit.conn, "main", cn_book_migrations, cn_book_migrations_count,
                       world->unit.now, &err));
    cn_sql_set_flush(world->unit.conn, cn_book_flush);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        struct cn_account_new wanted = { .name = cn_str_of(names[i]),
                                         .external_id = cn_str_of(names[i]) };
        struct cn_account account;
        require(cn_account_create(&world->unit, &wanted, &account, &err));
    }
}

static void list(struct world *world, const uint8_t *head, cn_str text)
{
    struct cn_account_filter filter = {
        .query = text,
        .bands = head[0] & 15,
        .owner_id = { head[1] == 0 ? 0 : head[1] },
        .without_owner = (head[2] & 1) != 0,
        .renewal_until = head[3] == 0 ? 0 : head[3] * 100,
        .sort = (enum cn_account_sort)(head[4] % CN_SORT_COUNT),
        .descending = (head[2] & 2) != 0,
        .limit = 1 + head[5] % CN_ACCOUNT_LIST_MAX,
        .offset = head[6],
        .after = { head[7] },
    };
    struct cn_account_list found;
    struct cn_error err;
    if (!cn_account_list(&world->unit, &filter, &found, &err)) {
        require(err.code == CN_MALFORMED && filter.after.value != 0);
        return;
    }
    require(found.total >= (int64_t)found.count && found.total <= ACCOUNTS);
    for (size_t i = 0; i < found.count; i++) {
        require(found.items[i].name.len > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    struct cn_error err;
    struct cn_user user;
    struct cn_session session;
    struct cn_api_key key;
    bool touch;
    if (world.unit.conn == NULL) {
        make(&world);
    }
    if (size < HEAD_BYTES || size > HEAD_BYTES + TEXT_MAX_BYTES) {
        return 0;
    }
    cn_str text = { (const char *)data + HEAD_BYTES, size - HEAD_BYTES };
    list(&world, data, text);
    require(!cn_session_check(&world.unit, text, INT64_MAX / 4, &user, &session, &touch, &err) &&
            err.code == CN_UNAUTHENTICATED);
    require(!cn_api_key_check(&world.unit, text, &user, &key, &err) &&
            err.code == CN_UNAUTHENTICATED);
    cn_arena_reset(&world.arena);
    return 0;
}
