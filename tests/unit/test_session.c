#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#include "book/session.h"
#include "book/source.h"
#include "book/workspace.h"
#include "sql/db.h"
#include "tests/unit/book_fixture.h"

#define SECOND ((int64_t)1000000)
#define IDLE   ((int64_t)1800 * SECOND)

static struct cn_user make_user(struct book_fixture *f)
{
    struct cn_user_new new_user = { .email = CN_STR("Ann@Example.com"),
                                    .name = CN_STR("Ann"),
                                    .role = CN_ROLE_CSM,
                                    .scope = CN_SCOPE_ALL };
    struct cn_user user;
    must(cn_user_hash_password(&f->arena, CN_STR("correct horse"), &new_user.password_hash,
                               &f->err));
    must(cn_user_create(&f->unit, &new_user, &user, &f->err));
    return user;
}

static struct cn_session sign_in(struct book_fixture *f, cn_user_id user,
                                 char token_out[CN_TOKEN_BYTES])
{
    struct cn_session session;
    const struct cn_session_new new_session = { .user_id = user,
                                                .max_age_us = 86400 * SECOND,
                                                .address = CN_STR("127.0.0.1"),
                                                .agent = CN_STR("test") };
    must(cn_session_create(&f->unit, &new_session, token_out, &session, &f->err));
    return session;
}

static bool is_signed_in(struct book_fixture *f, const char *token)
{
    struct cn_user user;
    struct cn_session session;
    bool touch = false;
    bool ok = cn_session_check(&f->unit, cn_str_of(token), IDLE, &user, &session, &touch, &f->err);
    assert_true(ok || f->err.code == CN_UNAUTHENTICATED);
    return ok;
}

static void a_password_opens_and_every_failure_sounds_the_same(void **state)
{
    struct book_fixture *f = *state;
    struct cn_user made = make_user(f);
    struct cn_user user = { .version = -1 };
    must(cn_user_authenticate(&f->unit, CN_STR("ann@example.COM"), CN_STR("correct horse"), &user,
                              &f->err));
    assert_int_equal(user.id.value, made.id.value);
    user.version = -1;
    assert_false(
        cn_user_authenticate(&f->unit, CN_STR("ann@example.com"), CN_STR("wrong"), &user, &f->err));
    struct cn_error wrong = f->err;
    assert_false(cn_user_authenticate(&f->unit, CN_STR("nobody@example.com"), CN_STR("wrong"),
                                      &user, &f->err));
    assert_int_equal(wrong.code, CN_UNAUTHENTICATED);
    assert_string_equal(f->err.message, wrong.message);
    must(cn_user_disable(&f->unit, made.id, &f->err));
    assert_false(cn_user_authenticate(&f->unit, CN_STR("ann@example.com"), CN_STR("correct horse"),
                                      &user, &f->err));
    assert_string_equal(f->err.message, wrong.message);
    assert_int_equal(user.version, -1);
}

static void a_password_is_neither_short_nor_stored(void **state)
{
    struct book_fixture *f = *state;
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    cn_str hash = CN_STR("untouched");
    make_user(f);
    assert_false(cn_user_hash_password(&f->arena, CN_STR("short"), &hash, &f->err));
    assert_int_equal(f->err.code, CN_INVALID);
    assert_true(cn_str_equal(hash, CN_STR("untouched")));
    assert_string_equal(f->err.field, "password");
    must(cn_sql_prepare(f->unit.conn, "SELECT password_hash FROM app_user", &stmt, &f->err));
    must(cn_sql_step(stmt, &row, &f->err));
    assert_true(cn_str_starts_with(cn_sql_column_str(stmt, 0), CN_STR("$argon2id$")));
    cn_sql_finish(stmt);
}

static void an_address_is_taken_whatever_its_case(void **state)
{
    struct book_fixture *f = *state;
    make_user(f);
    const struct cn_user_new again = { .email = CN_STR("ANN@example.com"), .name = CN_STR("B") };
    struct cn_user user;
    assert_false(cn_user_create(&f->unit, &again, &user, &f->err));
    assert_int_equal(f->err.code, CN_CONFLICT);
    assert_string_equal(f->err.field, "email");
}

static void a_session_ends_by_idling_by_age_and_by_hand(void **state)
{
    struct book_fixture *f = *state;
    struct cn_user user = make_user(f);
    char token[CN_TOKEN_BYTES];
    struct cn_session session = sign_in(f, user.id, token);
    assert_true(is_signed_in(f, token));
    assert_false(is_signed_in(f, "cs_nothing"));
    f->unit.now.us += IDLE - SECOND;
    assert_true(is_signed_in(f, token));
    must(cn_session_touch(&f->unit, session.id, &f->err));
    f->unit.now.us += IDLE - SECOND;
    assert_true(is_signed_in(f, token));
    f->unit.now.us += 2 * SECOND;
    assert_false(is_signed_in(f, token));

    sign_in(f, user.id, token);
    for (int hour = 0; hour < 24 * 3; hour++) { /* never idle, but a day is the end */
        struct cn_session_list list;
        f->unit.now.us += 1200 * SECOND;
        must(cn_session_list(&f->unit, user.id, IDLE, &list, &f->err));
        if (list.count > 0) {
            must(cn_session_touch(&f->unit, list.items[0].id, &f->err));
        }
    }
    assert_false(is_signed_in(f, token));
    must(cn_session_prune(&f->unit, IDLE, &f->err));

    session = sign_in(f, user.id, token);
    assert_false(cn_session_revoke(&f->unit, (cn_user_id){ 1 }, session.id, &f->err));
    assert_int_equal(f->err.code, CN_NOT_FOUND);
    must(cn_session_revoke(&f->unit, user.id, session.id, &f->err));
    assert_false(is_signed_in(f, token));
}

static void a_new_password_ends_all_sessions(void **state)
{
    struct book_fixture *f = *state;
    struct cn_user user = make_user(f);
    char first[CN_TOKEN_BYTES];
    char second[CN_TOKEN_BYTES];
    cn_str hash;
    sign_in(f, user.id, first);
    sign_in(f, user.id, second);
    assert_string_not_equal(first, second);
    must(cn_user_hash_password(&f->arena, CN_STR("another horse"), &hash, &f->err));
    must(cn_user_set_password(&f->unit, user.id, hash, &f->err));
    assert_false(is_signed_in(f, first));
    assert_false(is_signed_in(f, second));
}

static void a_key_works_until_it_expires_or_is_revoked(void **state)
{
    struct book_fixture *f = *state;
    struct cn_user user = make_user(f);
    struct cn_user found;
    struct cn_api_key key;
    char token[CN_TOKEN_BYTES];
    const struct cn_api_key_new new_key = { .user_id = user.id,
                                            .name = CN_STR("ci"),
                                            .scopes = CN_KEY_READ,
                                            .expires_at = { BOOK_NOW.us + SECOND } };
    must(cn_api_key_create(&f->unit, &new_key, token, &key, &f->err));
    must(cn_api_key_check(&f->unit, cn_str_of(token), &found, &key, &f->err));
    assert_int_equal(found.id.value, user.id.value);
    assert_int_equal(key.scopes, CN_KEY_READ);
    assert_true(cn_str_ends_with(cn_str_of(token), key.hint));
    f->unit.now.us += SECOND;
    assert_false(cn_api_key_check(&f->unit, cn_str_of(token), &found, &key, &f->err));
    f->unit.now = BOOK_NOW;
    assert_false(cn_api_key_revoke(&f->unit, (cn_user_id){ 1 }, key.id, &f->err));
    assert_int_equal(f->err.code, CN_NOT_FOUND);
    must(cn_api_key_revoke(&f->unit, user.id, key.id, &f->err));
    assert_false(cn_api_key_check(&f->unit, cn_str_of(token), &found, &key, &f->err));
    assert_int_equal(f->err.code, CN_UNAUTHENTICATED);
}

static struct cn_api_key make_key(struct book_fixture *f, cn_user_id user, const char *name)
{
    char token[CN_TOKEN_BYTES];
    struct cn_api_key key;
    const struct cn_api_key_new draft = { .user_id = user,
                                          .name = cn_str_of(name),
                                          .scopes = CN_KEY_READ };
    must(cn_api_key_create(&f->unit, &draft, token, &key, &f->err));
    return key;
}

static void keys_are_listed_with_their_last_use(void **state)
{
    struct book_fixture *f = *state;
    struct cn_user user = make_user(f);
    const struct cn_user_new other = { .email = CN_STR("bo@example.com"), .name = CN_STR("Bo") };
    struct cn_user bo;
    struct cn_api_key_list list;
    bool exists = false;
    must(cn_user_create(&f->unit, &other, &bo, &f->err));
    struct cn_api_key first = make_key(f, user.id, "first");
    struct cn_api_key second = make_key(f, bo.id, "second");
    must(cn_api_key_list(&f->unit, (cn_user_id){ 0 }, &list, &f->err));
    assert_int_equal(list.count, 2);
    assert_int_equal(list.items[0].id.value, second.id.value);
    must(cn_api_key_list(&f->unit, user.id, &list, &f->err));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].last_used_at_given, CN_NULL);

    const cn_time used = { BOOK_NOW.us + SECOND };
    must(cn_api_key_used(&f->unit, first.id, used, &f->err));
    must(cn_api_key_used(&f->unit, first.id, BOOK_NOW, &f->err)); /* an earlier one, written late */
    must(cn_api_key_list(&f->unit, user.id, &list, &f->err));
    assert_int_equal(list.items[0].last_used_at_given, CN_GIVEN);
    assert_int_equal(list.items[0].last_used_at.us, used.us);

    must(cn_api_key_exists(&f->unit, first.id, &exists, &f->err));
    assert_true(exists);
    must(cn_api_key_revoke(&f->unit, (cn_user_id){ 0 }, first.id, &f->err));
    must(cn_api_key_exists(&f->unit, first.id, &exists, &f->err));
    assert_false(exists);
    must(cn_api_key_list(&f->unit, user.id, &list, &f->err));
    assert_int_equal(list.count, 0);
}

static void a_user_has_so_many_keys_and_no_more(void **state)
{
    struct book_fixture *f = *state;
    struct cn_user user = make_user(f);
    struct cn_api_key key = { 0 };
    char token[CN_TOKEN_BYTES];
    const struct cn_api_key_new draft = { .user_id = user.id,
                                          .name = CN_STR("one more"),
                                          .scopes = CN_KEY_READ };
    for (int i = 0; i < CN_API_KEYS_OF_USER_MAX; i++) {
        key = make_key(f, user.id, "one");
    }
    assert_false(cn_api_key_create(&f->unit, &draft, token, &key, &f->err));
    assert_int_equal(f->err.code, CN_CONFLICT);
    must(cn_api_key_revoke(&f->unit, user.id, key.id, &f->err));
    must(cn_api_key_create(&f->unit, &draft, token, &key, &f->err));

    must(cn_user_disable(&f->unit, user.id, &f->err));
    assert_false(cn_api_key_create(&f->unit, &draft, token, &key, &f->err));
    assert_int_equal(f->err.code, CN_CONFLICT);
}

static void all_other_sessions_end(void **state)
{
    struct book_fixture *f = *state;
    struct cn_user user = make_user(f);
    char kept[CN_TOKEN_BYTES];
    char other[CN_TOKEN_BYTES];
    bool exists = false;
    struct cn_session_list list;
    struct cn_session here = sign_in(f, user.id, kept);
    struct cn_session there = sign_in(f, user.id, other);
    must(cn_session_list(&f->unit, user.id, IDLE, &list, &f->err));
    assert_int_equal(list.count, 2);
    must(cn_session_revoke_others(&f->unit, user.id, here.id, &f->err));
    assert_true(is_signed_in(f, kept));
    assert_false(is_signed_in(f, other));
    must(cn_session_exists(&f->unit, user.id, there.id, &exists, &f->err));
    assert_false(exists);
    must(cn_session_exists(&f->unit, user.id, here.id, &exists, &f->err));
    assert_true(exists);
    must(cn_session_exists(&f->unit, (cn_user_id){ 1 }, here.id, &exists, &f->err));
    assert_false(exists);
    f->unit.now.us += IDLE + SECOND;
    must(cn_session_list(&f->unit, user.id, IDLE, &list, &f->err));
    assert_int_equal(list.count, 0);
    must(cn_session_revoke_others(&f->unit, user.id, (cn_session_id){ 0 }, &f->err));
    must(cn_session_exists(&f->unit, user.id, here.id, &exists, &f->err));
    assert_false(exists);
}

static void there_is_one_workspace(void **state)
{
    struct book_fixture *f = *state;
    const struct cn_workspace_row row = { .name = CN_STR("Demo"),
                                          .time_zone = CN_STR("Europe/Berlin"),
                                          .currency = "USD",
                                          .is_demo = true };
    struct cn_workspace_row loaded;
    cn_str value;
    int64_t newest = 0;
    assert_false(cn_workspace_row_load(&f->unit, &loaded, &f->err));
    assert_int_equal(f->err.code, CN_NOT_FOUND);
    must(cn_workspace_row_create(&f->unit, &row, &f->err));
    assert_false(cn_workspace_row_create(&f->unit, &row, &f->err));
    assert_int_equal(f->err.code, CN_CONFLICT);
    must(cn_workspace_row_load(&f->unit, &loaded, &f->err));
    assert_true(cn_str_equal(loaded.time_zone, CN_STR("Europe/Berlin")));
    assert_string_equal(loaded.currency, "USD");
    assert_true(loaded.is_demo);
    must(cn_workspace_value_save(&f->unit, "a", CN_STR("1"), &f->err));
    must(cn_workspace_value_save(&f->unit, "a", CN_STR("2"), &f->err));
    must(cn_workspace_value_load(&f->unit, "a", &value, &f->err));
    assert_true(cn_str_equal(value, CN_STR("2")));
    struct cn_user user = make_user(f);
    must(cn_workspace_newest_id(&f->unit, &newest, &f->err));
    assert_int_equal(newest, user.id.value);
}

/* ---- write keys, over a database with readers ---- */

static bool make_tables(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    (void)arg;
    return cn_migrate(conn, "main", cn_book_migrations, cn_book_migrations_count, BOOK_NOW, err);
}

struct source_work {
    struct book_fixture *f;
    char key[CN_WRITE_KEY_BYTES];
    struct cn_source source;
    bool disable;
};

static bool change_source(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct source_work *work = arg;
    struct cn_unit unit = work->f->unit;
    unit.conn = conn;
    return work->disable ? cn_source_disable(&unit, work->source.id, err)
                         : cn_source_create(&unit, CN_STR("web"), work->key, &work->source, err);
}

struct asker {
    struct cn_source_cache *cache;
    const char *key;
    int found;
};

static void *ask_often(void *arg)
{
    struct asker *asker = arg;
    for (int i = 0; i < 2000; i++) {
        struct cn_error err;
        cn_source_id id;
        const cn_time now = { BOOK_NOW.us + (int64_t)i * SECOND / 10 };
        asker->found += cn_source_find(asker->cache, cn_str_of(asker->key), now, &id, &err);
    }
    return NULL;
}

/* After a key was found: neither a part of it, nor more, nor one that differs in a byte. */
static void nothing_like_it_is_found(struct cn_source_cache *cache, const char *key, cn_time now)
{
    char other[2 * CN_WRITE_KEY_BYTES];
    struct cn_error err;
    cn_source_id id;
    const size_t len = strlen(key);
    for (size_t i = 0; i < len; i++) {
        memcpy(other, key, len + 1);
        assert_false(cn_source_find(cache, (cn_str){ other, i }, now, &id, &err));
        assert_int_equal(err.code, CN_UNAUTHENTICATED);
        other[i] ^= 1;
        assert_false(cn_source_find(cache, cn_str_of(other), now, &id, &err));
        assert_int_equal(err.code, CN_UNAUTHENTICATED);
    }
    (void)snprintf(other, sizeof(other), "%s%s", key, key);
    assert_false(cn_source_find(cache, (cn_str){ other, len + 1 }, now, &id, &err));
    assert_false(cn_source_find(cache, cn_str_of(other), now, &id, &err));
}

static void a_write_key_is_known_within_a_second(void **state)
{
    struct book_fixture *f = *state;
    char dir[64];
    char url[96];
    struct cn_db *db = NULL;
    struct source_work work = { .f = f };
    cn_source_id id = { 0 };
    temp_path(dir, sizeof(dir), "test");
    assert_non_null(mkdtemp(dir));
    (void)snprintf(url, sizeof(url), "sqlite:%s/x.db", dir);
    must(cn_db_open(&(struct cn_db_options){ .url = cn_str_of(url) }, &db, &f->err));
    must(cn_db_write(db, make_tables, NULL, &f->err));
    struct cn_source_cache *cache = cn_source_cache_new(db);
    const cn_time now = BOOK_NOW;
    const cn_time later = { BOOK_NOW.us + CN_SOURCE_CACHE_US };
    assert_false(cn_source_find(cache, CN_STR("wk_unknown"), now, &id, &f->err));
    assert_int_equal(f->err.code, CN_UNAUTHENTICATED);

    must(cn_db_write(db, change_source, &work, &f->err));
    assert_false(cn_source_find(cache, cn_str_of(work.key), now, &id, &f->err));
    must(cn_source_find(cache, cn_str_of(work.key), later, &id, &f->err));
    assert_int_equal(id.value, work.source.id.value);

    struct asker askers[4];
    pthread_t threads[4];
    for (size_t i = 0; i < CN_ARRAY_LEN(askers); i++) {
        askers[i] = (struct asker){ .cache = cache, .key = work.key };
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &askers[i]), 0);
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(askers); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(askers[i].found, 2000);
    }
    nothing_like_it_is_found(cache, work.key, later);

    /* Disabled by another process, it may be taken for a second; by this one, not once more. */
    const cn_time much_later = { later.us + CN_SOURCE_CACHE_US };
    must(cn_source_find(cache, cn_str_of(work.key), much_later, &id, &f->err));
    work.disable = true;
    must(cn_db_write(db, change_source, &work, &f->err));
    must(cn_source_find(cache, cn_str_of(work.key), much_later, &id, &f->err));
    cn_source_cache_expire(cache);
    assert_false(cn_source_find(cache, cn_str_of(work.key), much_later, &id, &f->err));
    assert_int_equal(f->err.code, CN_UNAUTHENTICATED);
    cn_source_cache_free(cache);
    cn_db_close(db);
    (void)snprintf(url, sizeof(url), "%s/x.db", dir);
    assert_int_equal(unlink(url), 0);
    assert_int_equal(rmdir(dir), 0);
}

/* ---- names of sources ---- */

static void refused_for(struct book_fixture *f, const char *name, cn_source_id holder)
{
    char key[CN_WRITE_KEY_BYTES];
    char id[CN_ID_TEXT_BYTES];
    struct cn_source source;
    cn_id_format(CN_SOURCE_PREFIX, holder.value, id);
    assert_false(cn_source_create(&f->unit, cn_str_of(name), key, &source, &f->err));
    assert_int_equal(f->err.code, CN_CONFLICT);
    assert_string_equal(f->err.field, "name");
    assert_non_null(strstr(f->err.message, id));
}

static void a_name_is_of_one_source_that_is_enabled(void **state)
{
    struct book_fixture *f = *state;
    char key[CN_WRITE_KEY_BYTES];
    struct cn_source first;
    struct cn_source other;
    must(cn_source_create(&f->unit, CN_STR("web"), key, &first, &f->err));
    must(cn_source_create(&f->unit, CN_STR("app"), key, &other, &f->err));
    refused_for(f, "web", first.id);
    must(cn_source_ensure(&f->unit, CN_STR("any"), cn_str_of(key), &first, &f->err));
    assert_int_equal(first.id.value, other.id.value);
    must(cn_source_disable(&f->unit, other.id, &f->err));
    must(cn_source_create(&f->unit, CN_STR("app"), key, &other, &f->err));
    refused_for(f, "app", other.id);
}

/* As they were before a name was of one source: two of one name, and a disabled one. */
static void make_namesakes(struct book_fixture *f)
{
    static const char *const statements[] = {
        "DROP INDEX source_by_name",
        "ALTER TABLE source DROP COLUMN claimed_name",
        "INSERT INTO source(source_id, name, write_key_hash, write_key_hint, created_us,"
        " disabled_us) VALUES(1, 'web', 'a', 'a', 0, 5), (2, 'web', 'b', 'b', 0, NULL),"
        " (3, 'web', 'c', 'c', 0, NULL), (4, 'app', 'd', 'd', 0, NULL)",
    };
    for (size_t i = 0; i < CN_ARRAY_LEN(statements); i++) {
        must(cn_sql_exec(f->unit.conn, statements[i], &f->err));
    }
    for (size_t i = 0; i < cn_book_migrations_count; i++) {
        if (strcmp(cn_book_migrations[i].name, "0210_source_name.sql") == 0) {
            cn_str text = cn_arena_str(&f->arena, cn_embedded_text(&cn_book_migrations[i]));
            must(cn_sql_exec(f->unit.conn, text.ptr, &f->err));
        }
    }
}

static void namesakes_of_before_stay_and_get_no_more(void **state)
{
    struct book_fixture *f = *state;
    char key[CN_WRITE_KEY_BYTES];
    struct cn_source source;
    make_namesakes(f);
    refused_for(f, "web", (cn_source_id){ 2 });
    refused_for(f, "app", (cn_source_id){ 4 });
    must(cn_source_disable(&f->unit, (cn_source_id){ 2 }, &f->err));
    refused_for(f, "web", (cn_source_id){ 3 });
    must(cn_source_disable(&f->unit, (cn_source_id){ 3 }, &f->err));
    must(cn_source_create(&f->unit, CN_STR("web"), key, &source, &f->err));
}

#define TEST(title, function, setup_) CN_TEST_WITH(title, function, setup_, book_teardown)
#define TESTS(setup_)                                                                              \
    TEST("reliability 27: a password opens, and every failure sounds the same",                    \
         a_password_opens_and_every_failure_sounds_the_same, setup_),                              \
        TEST("reliability 27: a password is neither short nor stored",                             \
             a_password_is_neither_short_nor_stored, setup_),                                      \
        TEST("an address is taken whatever its case", an_address_is_taken_whatever_its_case,       \
             setup_),                                                                              \
        TEST("reliability 26: a session ends by idling, by age and by hand",                       \
             a_session_ends_by_idling_by_age_and_by_hand, setup_),                                 \
        TEST("reliability 26: a new password ends all sessions", a_new_password_ends_all_sessions, \
             setup_),                                                                              \
        TEST("reliability 33: a key works until it expires or is revoked",                         \
             a_key_works_until_it_expires_or_is_revoked, setup_),                                  \
        TEST("reliability 33: keys are listed with their last use",                                \
             keys_are_listed_with_their_last_use, setup_),                                         \
        TEST("reliability 33: a user has so many keys and no more",                                \
             a_user_has_so_many_keys_and_no_more, setup_),                                         \
        TEST("reliability 26: all other sessions end", all_other_sessions_end, setup_),            \
        TEST("a name is of one source that is enabled", a_name_is_of_one_source_that_is_enabled,   \
             setup_),                                                                              \
        TEST("namesakes of before stay and get no more", namesakes_of_before_stay_and_get_no_more, \
             setup_),                                                                              \
        TEST("there is one workspace", there_is_one_workspace, setup_)

int main(void)
{
    const struct CMUnitTest sqlite_tests[] = {
        TESTS(book_setup),
        TEST("a write key is known within a second", a_write_key_is_known_within_a_second,
             book_setup),
    };
    const struct CMUnitTest postgres_tests[] = { TESTS(book_setup_server) };
    return BOOK_RUN("session", sqlite_tests, postgres_tests);
}
