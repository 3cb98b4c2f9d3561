#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/str.h"

#include "frame/list.h"
#include "frame/strata.h"
#include "tests/unit/unit.h"

/* A source whose numbers are functions of the account, the day and what a test has set. */
struct fake {
    double bonus;
    size_t fills;
    size_t rows_filled;
};

enum fake_op {
    FAKE_ARR,
    FAKE_NAME,
    FAKE_PARENT,
    FAKE_SUM,
    FAKE_AGE,
};

static const struct {
    const char *name;
    const char *method;
    enum cn_column_type type;
    enum cn_column_pace pace;
} fake_columns[] = {
    [FAKE_ARR] = { "arr", "", CN_COLUMN_F64, CN_PACE_FACT },
    [FAKE_NAME] = { "name", "", CN_COLUMN_STR, CN_PACE_FACT },
    [FAKE_PARENT] = { "parent_id", "", CN_COLUMN_I64, CN_PACE_FACT },
    [FAKE_SUM] = { "logins", "sum", CN_COLUMN_F64, CN_PACE_DAY },
    [FAKE_AGE] = { "age_hours", "", CN_COLUMN_F64, CN_PACE_TICK },
};

static enum cn_resolve fake_resolve(void *ctx, const struct cn_column_request *request,
                                    struct cn_column_spec *spec_out, struct cn_error *err)
{
    (void)ctx;
    for (size_t i = 0; i < CN_ARRAY_LEN(fake_columns); i++) {
        if (!cn_str_equal(request->name, cn_str_of(fake_columns[i].name))) {
            continue;
        }
        if (!cn_str_equal(request->method, cn_str_of(fake_columns[i].method))) {
            cn_fail(err, CN_INVALID, "not like that");
            return CN_RESOLVE_WRONG;
        }
        *spec_out = (struct cn_column_spec){ .type = fake_columns[i].type,
                                             .pace = fake_columns[i].pace,
                                             .unit = i == FAKE_ARR ? "USD" : "",
                                             .op = (int32_t)i,
                                             .args = { (int64_t)request->args[0].number } };
        return CN_RESOLVE_FOUND;
    }
    return CN_RESOLVE_UNKNOWN;
}

static bool fake_fill(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *fill,
                      struct cn_column *column, struct cn_error *err)
{
    struct fake *fake = ctx;
    (void)err;
    fake->fills++;
    for (size_t i = 0; i < fill->count; i++) {
        size_t row = cn_fill_row(fill, i);
        int64_t account = fill->accounts[row];
        fake->rows_filled++;
        if (account == 0 || account % 10 == 7) {
            cn_column_set_missing(column, row);
            continue;
        }
        switch ((enum fake_op)spec->op) {
        case FAKE_ARR:
            cn_column_set_f64(column, row, (double)(account * 1000) + fake->bonus);
            break;
        case FAKE_NAME:
            cn_column_set_str(column, row, cn_intern(fill->strings, CN_STR("Acme")));
            break;
        case FAKE_PARENT:
            account < 10 ? cn_column_set_missing(column, row)
                         : cn_column_set_i64(column, row, account / 10);
            break;
        case FAKE_SUM:
            cn_column_set_f64(column, row, (double)(account * spec->args[0] + fill->day));
            break;
        case FAKE_AGE:
            cn_column_set_f64(column, row, (double)fill->now.us);
            break;
        }
    }
    return true;
}

static bool fake_list(void *ctx, size_t index, struct cn_column_name *name_out)
{
    (void)ctx;
    if (index >= CN_ARRAY_LEN(fake_columns)) {
        return false;
    }
    *name_out = (struct cn_column_name){ .name = cn_str_of(fake_columns[index].name),
                                         .method = cn_str_of(fake_columns[index].method) };
    return true;
}

struct fixture {
    struct cn_arena arena;
    struct cn_interner *strings;
    struct cn_frame *frame;
    struct fake fake;
    struct cn_column_source source;
    const struct cn_column_source *sources[1];
    struct cn_column_set set;
    struct cn_column_set other;
    struct cn_when when;
    struct cn_error err;
};

static int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    cn_arena_init(&f->arena, 1 << 14);
    f->strings = cn_interner_new();
    f->frame = cn_frame_new(f->strings);
    f->source = (struct cn_column_source){ .name = "fake",
                                           .ctx = &f->fake,
                                           .resolve = fake_resolve,
                                           .fill = fake_fill,
                                           .list = fake_list };
    f->sources[0] = &f->source;
    f->when = (struct cn_when){ .now = { 86400000000LL * 100 + 5 },
                                .day = 100,
                                .day_start = { 86400000000LL * 100 } };
    cn_column_set_init(&f->set, &f->arena, f->sources, 1);
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    cn_frame_free(f->frame);
    cn_interner_free(f->strings);
    cn_arena_deinit(&f->arena);
    free(f);
    return 0;
}

static uint32_t column_of(struct fixture *f, const char *text)
{
    uint32_t index = UINT32_MAX;
    assert_true(cn_column_set_find_text(&f->set, cn_str_of(text), &index, &f->err));
    return index;
}

static void bitmaps_are_sets_of_rows(void **state)
{
    (void)state;
    struct cn_bitmap a = { 0 };
    struct cn_bitmap b = { 0 };
    size_t row = 0;
    assert_true(cn_bitmap_is_empty(&a));
    cn_bitmap_resize(&a, 130);
    cn_bitmap_add(&a, 0);
    cn_bitmap_add(&a, 64);
    cn_bitmap_add(&a, 129);
    assert_int_equal(cn_bitmap_count(&a), 3);
    assert_true(cn_bitmap_next(&a, 65, &row));
    assert_int_equal(row, 129);
    assert_false(cn_bitmap_next(&a, 130, &row));
    cn_bitmap_copy(&b, &a);
    cn_bitmap_fill(&b, true);
    assert_int_equal(cn_bitmap_count(&b), 130);
    cn_bitmap_and_not(&b, &a);
    assert_int_equal(cn_bitmap_count(&b), 127);
    cn_bitmap_or(&b, &a);
    cn_bitmap_and(&b, &a);
    assert_int_equal(cn_bitmap_count(&b), 3);
    uint32_t rows[3];
    assert_int_equal(cn_bitmap_list(&b, rows), 3);
    assert_int_equal(rows[1], 64);
    cn_bitmap_resize(&b, 70); /* 129 is gone, and stays so */
    cn_bitmap_resize(&b, 200);
    assert_int_equal(cn_bitmap_count(&b), 2);
    cn_bitmap_remove(&b, 64);
    assert_false(cn_bitmap_has(&b, 64));
    cn_bitmap_deinit(&a);
    cn_bitmap_deinit(&b);
}

static void equal_texts_have_one_number(void **state)
{
    (void)state;
    struct cn_interner *strings = cn_interner_new();
    char text[32];
    assert_int_equal(cn_intern(strings, CN_STR("")), 0);
    for (uint32_t i = 0; i < 20000; i++) {
        int len = snprintf(text, sizeof(text), "text %u", i);
        assert_int_equal(cn_intern(strings, (cn_str){ text, (size_t)len }), i + 1);
    }
    assert_int_equal(cn_intern(strings, CN_STR("text 4711")), 4712);
    assert_true(cn_str_equal(cn_interned(strings, 4712), CN_STR("text 4711")));
    uint32_t a = cn_intern(strings, CN_STR("acorn"));
    uint32_t b = cn_intern(strings, CN_STR("Beacon"));
    uint32_t longer = cn_intern(strings, CN_STR("Beacon Dental"));
    uint32_t lower = cn_intern(strings, CN_STR("beacon"));
    assert_true(cn_interned_compare(strings, a, b) < 0);
    assert_true(cn_interned_order(strings, a, 0) < cn_interned_order(strings, b, 0));
    assert_true(cn_interned_compare(strings, b, longer) < 0);
    assert_int_not_equal(cn_interned_compare(strings, b, lower), 0);
    assert_int_equal(cn_interned_compare(strings, b, b), 0);
    cn_interner_free(strings);
}

static void columns_are_resolved_once_and_strangers_are_suggested(void **state)
{
    struct fixture *f = *state;
    uint32_t index = 9;
    assert_int_equal(column_of(f, "arr"), 0);
    assert_int_equal(column_of(f, "logins.sum(28)"), 1);
    assert_int_equal(column_of(f, "logins.sum( 28 )"), 1);
    assert_int_equal(column_of(f, "logins.sum(7)"), 2);
    assert_true(cn_str_equal(f->set.items[1].name, CN_STR("logins.sum(28)")));
    assert_false(cn_column_set_find_text(&f->set, CN_STR("login.sum(7)"), &index, &f->err));
    assert_string_equal(f->err.message, "there is no \"login\" (did you mean logins?)");
    assert_false(cn_column_set_find_text(&f->set, CN_STR("arr.sum(7)"), &index, &f->err));
    assert_string_equal(f->err.message, "not like that");
    assert_false(cn_column_set_find_text(&f->set, CN_STR("arr.sum(7"), &index, &f->err));
    assert_false(cn_column_set_find_text(&f->set, CN_STR("peers.rank(7)"), &index, &f->err));
    assert_string_equal(f->err.message, "use it as peers.rank(\"arr\")");
    assert_false(cn_column_set_find_text(&f->set, CN_STR("peers.rank(\"peers.rank(\"arr\")\")"),
                                         &index, &f->err));
    assert_int_equal(index, 9);
    struct cn_column_name name;
    size_t count = 0;
    while (cn_column_set_list(&f->set, count, &name)) {
        count++;
    }
    assert_true(count > CN_ARRAY_LEN(fake_columns));
}

static void rows_are_kept_freed_and_used_again(void **state)
{
    struct fixture *f = *state;
    uint32_t row = 99;
    uint32_t arr = column_of(f, "arr");
    cn_frame_use(f->frame, &f->set, NULL);
    for (int64_t account = 1; account <= 3000; account++) {
        assert_int_equal(cn_frame_add(f->frame, account), account - 1);
    }
    assert_int_equal(cn_frame_add(f->frame, 5), 4);
    assert_int_equal(cn_bitmap_count(cn_frame_dirty(f->frame)), 3000);
    assert_true(cn_frame_fill(f->frame, 0, NULL, &f->when, CN_PACE_FACT, &f->err));
    assert_true(cn_frame_column(f->frame, arr)->as.f64[4] == 5000.0);
    assert_true(cn_column_is_missing(cn_frame_column(f->frame, arr), 6));
    assert_true(cn_frame_remove(f->frame, 5));
    assert_false(cn_frame_remove(f->frame, 5));
    assert_false(cn_frame_find(f->frame, 5, &row));
    assert_int_equal(row, 99);
    assert_true(cn_column_is_missing(cn_frame_column(f->frame, arr), 4));
    assert_int_equal(cn_bitmap_count(cn_frame_live(f->frame)), 2999);
    assert_int_equal(cn_frame_add(f->frame, 8001), 4);
    assert_int_equal(cn_frame_rows(f->frame), 3000);
}

static void only_what_changed_is_filled(void **state)
{
    struct fixture *f = *state;
    uint32_t arr = column_of(f, "arr");
    uint32_t sum = column_of(f, "logins.sum(28)");
    uint32_t age = column_of(f, "age_hours");
    struct cn_bitmap rows = { 0 };
    cn_frame_use(f->frame, &f->set, NULL);
    for (int64_t account = 1; account <= 100; account++) {
        (void)cn_frame_add(f->frame, account);
    }
    assert_true(cn_frame_fill(f->frame, 0, NULL, &f->when, CN_PACE_FACT, &f->err));
    f->fake = (struct fake){ .bonus = 1 };
    cn_bitmap_resize(&rows, 100);
    cn_bitmap_add(&rows, 1);
    assert_true(cn_frame_fill(f->frame, 0, &rows, &f->when, CN_PACE_FACT, &f->err));
    assert_int_equal(f->fake.rows_filled, 3);
    assert_true(cn_frame_column(f->frame, arr)->as.f64[0] == 1000.0);
    assert_true(cn_frame_column(f->frame, arr)->as.f64[1] == 2001.0);
    f->when.now.us++;
    f->when.day++;
    assert_true(cn_frame_fill(f->frame, 0, NULL, &f->when, CN_PACE_TICK, &f->err));
    assert_int_equal(f->fake.fills, 4);
    assert_true(cn_frame_column(f->frame, age)->as.f64[0] == (double)f->when.now.us);
    assert_true(cn_frame_column(f->frame, sum)->as.f64[0] == 128.0);
    assert_true(cn_frame_fill(f->frame, 0, NULL, &f->when, CN_PACE_DAY, &f->err));
    assert_true(cn_frame_column(f->frame, sum)->as.f64[0] == 129.0);
    cn_bitmap_deinit(&rows);
}

static void another_program_keeps_the_columns_it_shares(void **state)
{
    struct fixture *f = *state;
    uint32_t index = 0;
    bool is_new[2];
    (void)column_of(f, "arr");
    (void)column_of(f, "age_hours");
    cn_frame_use(f->frame, &f->set, NULL);
    (void)cn_frame_add(f->frame, 3);
    assert_true(cn_frame_fill(f->frame, 0, NULL, &f->when, CN_PACE_FACT, &f->err));
    cn_column_set_init(&f->other, &f->arena, f->sources, 1);
    assert_true(cn_column_set_find_text(&f->other, CN_STR("name"), &index, &f->err));
    assert_true(cn_column_set_find_text(&f->other, CN_STR("arr"), &index, &f->err));
    cn_frame_use(f->frame, &f->other, is_new);
    assert_true(is_new[0]);
    assert_false(is_new[1]);
    assert_true(cn_frame_column(f->frame, 1)->as.f64[0] == 3000.0);
    assert_true(cn_column_is_missing(cn_frame_column(f->frame, 0), 0));
}

static void ranks_and_relatives_read_other_rows(void **state)
{
    struct fixture *f = *state;
    uint32_t rank = column_of(f, "peers.rank(\"arr\")");
    uint32_t share = column_of(f, "peers.percentile(\"logins.sum(28)\")");
    uint32_t parent = column_of(f, "parent.value(\"arr\")");
    uint32_t sum = column_of(f, "children.sum(\"arr\")");
    uint32_t mean = column_of(f, "children.mean(\"arr\")");
    uint32_t least = column_of(f, "children.min(\"arr\")");
    uint32_t most = column_of(f, "children.max(\"arr\")");
    uint32_t count = column_of(f, "children.count()");
    assert_int_equal(f->set.stratum_count, 2);
    cn_frame_use(f->frame, &f->set, NULL);
    assert_true(cn_frame_fill(f->frame, 1, NULL, &f->when, CN_PACE_FACT, &f->err)); /* no rows */
    for (int64_t account = 1; account <= 20; account++) {
        (void)cn_frame_add(f->frame, account);
    }
    assert_true(cn_frame_fill(f->frame, 0, NULL, &f->when, CN_PACE_FACT, &f->err));
    cn_bitmap_fill(cn_frame_dirty(f->frame), false);
    assert_true(cn_frame_fill(f->frame, 1, NULL, &f->when, CN_PACE_FACT, &f->err));
    /* 7 and 17 have no arr; 10 to 19 are the children of 1, 20 is that of 2 */
    assert_true(cn_frame_column(f->frame, rank)->as.f64[19] == 1);
    assert_true(cn_frame_column(f->frame, rank)->as.f64[0] == 18);
    assert_true(cn_column_is_missing(cn_frame_column(f->frame, rank), 6));
    assert_true(cn_frame_column(f->frame, share)->as.f64[0] == 0);
    assert_true(cn_frame_column(f->frame, share)->as.f64[19] == 17.0 / 18.0);
    assert_true(cn_frame_column(f->frame, parent)->as.f64[10] == 1000.0);
    assert_true(cn_column_is_missing(cn_frame_column(f->frame, parent), 0));
    assert_true(cn_frame_column(f->frame, sum)->as.f64[0] == 145000.0 - 17000.0);
    assert_true(cn_frame_column(f->frame, mean)->as.f64[0] == 128000.0 / 9);
    assert_true(cn_frame_column(f->frame, least)->as.f64[0] == 10000.0);
    assert_true(cn_frame_column(f->frame, most)->as.f64[0] == 19000.0);
    assert_true(cn_frame_column(f->frame, count)->as.f64[0] == 9.0);
    assert_true(cn_frame_column(f->frame, count)->as.f64[1] == 1.0);
    assert_true(cn_bitmap_has(cn_frame_dirty(f->frame), 0));

    /* Who is touched by another's change joins the dirty set; nobody else does. */
    cn_bitmap_fill(cn_frame_dirty(f->frame), false);
    cn_frame_column(f->frame, column_of(f, "arr"))->as.f64[19] = 1;
    assert_true(
        cn_frame_fill(f->frame, 1, cn_frame_dirty(f->frame), &f->when, CN_PACE_FACT, &f->err));
    assert_int_equal(cn_bitmap_count(cn_frame_dirty(f->frame)), 1);
    assert_true(cn_bitmap_has(cn_frame_dirty(f->frame), 1));
    cn_frame_column(f->frame, column_of(f, "arr"))->as.f64[18] = 1;
    assert_true(cn_frame_fill(f->frame, 1, NULL, &f->when, CN_PACE_FACT, &f->err));
    assert_true(cn_frame_column(f->frame, least)->as.f64[0] == 1);
    assert_true(cn_frame_column(f->frame, most)->as.f64[0] == 18000.0);
}

static void a_moment_has_its_day_and_where_that_begins(void **state)
{
    struct fixture *f = *state;
    struct cn_tz *tz = NULL;
    assert_true(cn_tz_load(CN_STR("Europe/Berlin"), &tz, &f->err));
    struct cn_when when = cn_when_at(tz, (cn_time){ INT64_C(1772357400000000) }, true);
    assert_int_equal(when.day, 20513); /* 2026-03-01, 10:30 there */
    assert_int_equal(when.day_start.us, INT64_C(1772319600000000));
    assert_true(when.as_true);
    cn_tz_free(tz);
    f->when.day_start.us = 0;
    (void)column_of(f, "peers.rank(\"arr\")");
    cn_frame_use(f->frame, &f->set, NULL);
    assert_false(cn_frame_fill(f->frame, 1, NULL, &f->when, CN_PACE_FACT, &f->err));
    assert_int_equal(f->err.code, CN_INTERNAL);
}

static void strata_follow_what_reads_what(void **state)
{
    struct fixture *f = *state;
    struct cn_strata strata;
    struct cn_strata_order order = { 0 };
    cn_strata_init(&strata, &f->arena);
    uint32_t score = cn_strata_add(&strata, CN_STR("mid"));
    uint32_t arr = cn_strata_add(&strata, CN_STR("arr"));
    uint32_t parent = cn_strata_add(&strata, CN_STR("parent.value(\"mid\")"));
    uint32_t signal = cn_strata_add(&strata, CN_STR("signal"));
    cn_strata_reads(&strata, signal, parent, false);
    cn_strata_reads(&strata, parent, score, true);
    cn_strata_reads(&strata, score, arr, false);
    assert_true(cn_strata_sort(&strata, &order, &f->err));
    assert_int_equal(order.stratum_count, 2);
    assert_int_equal(order.nodes[0], arr);
    assert_int_equal(order.nodes[1], score);
    assert_int_equal(order.nodes[2], parent);
    assert_int_equal(order.nodes[3], signal);
    assert_int_equal(order.stratum[signal], 1);
    cn_strata_reads(&strata, arr, signal, false);
    assert_false(cn_strata_sort(&strata, &order, &f->err));
    assert_string_equal(
        f->err.message,
        "a cycle: mid reads arr reads signal reads parent.value(\"mid\") reads mid");
}

/* --- lists --- */

struct plain {
    double key;
    bool is_missing;
    int64_t account;
    uint32_t row;
    bool descending;
};

static int plainly(const void *a, const void *b)
{
    const struct plain *x = a;
    const struct plain *y = b;
    if (x->is_missing != y->is_missing) {
        return x->is_missing - y->is_missing;
    }
    if (!x->is_missing && x->key != y->key) {
        return ((x->key > y->key) - (x->key < y->key)) * (x->descending ? -1 : 1);
    }
    return (x->account > y->account) - (x->account < y->account);
}

static void a_page_is_what_sorting_everything_would_show(void **state)
{
    struct fixture *f = *state;
    struct cn_rng rng = { 7 };
    enum {
        ROWS = 20000
    };
    struct cn_column column;
    struct cn_bitmap match = { 0 };
    struct plain *all = calloc(ROWS, sizeof(*all));
    cn_column_init(&column, CN_COLUMN_F64);
    cn_column_reserve(&column, ROWS);
    for (int64_t i = 0; i < ROWS; i++) {
        (void)cn_frame_add(f->frame, ROWS - i);
    }
    for (int round = 0; round < 60; round++) {
        size_t count = 0;
        int64_t spread = cn_rng_between(&rng, 0, 3) == 0 ? 3 : 100000;
        bool descending = cn_rng_between(&rng, 0, 1) == 1;
        cn_bitmap_copy(&match, cn_frame_live(f->frame));
        for (size_t row = 0; row < ROWS; row++) {
            cn_column_set_f64(&column, row, (double)cn_rng_between(&rng, -spread, spread) / 8);
            if (cn_rng_between(&rng, 0, 9) == 0) {
                cn_column_set_missing(&column, row);
            }
            if (cn_rng_between(&rng, 0, 3) == 0) {
                cn_bitmap_remove(&match, row);
                continue;
            }
            all[count++] = (struct plain){ column.as.f64[row], cn_column_is_missing(&column, row),
                                           ROWS - (int64_t)row, (uint32_t)row, descending };
        }
        qsort(all, count, sizeof(*all), plainly);
        struct cn_list_query query = { &match, &column, descending,
                                       (size_t)cn_rng_between(&rng, 0, (int64_t)count + 10),
                                       (size_t)cn_rng_between(&rng, 0, 120) };
        struct cn_list_page page;
        cn_frame_list(f->frame, &query, &f->arena, &page);
        assert_int_equal(page.total, count);
        size_t wants = query.offset < count ? count - query.offset : 0;
        wants = wants < query.limit ? wants : query.limit;
        assert_int_equal(page.count, wants);
        for (size_t i = 0; i < page.count; i++) {
            assert_int_equal(page.rows[i], all[query.offset + i].row);
        }
    }
    free(all);
    cn_bitmap_deinit(&match);
    cn_column_deinit(&column);
}

static void names_sort_without_case_and_filter_by_part(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = { "Zephyr Rentals", "acorn Analytics", "Beacon", "Acorn",
                                         "beacon dental" };
    static const uint32_t wanted[] = { 3, 1, 2, 4, 0 };
    struct cn_column column;
    struct cn_bitmap match = { 0 };
    struct cn_list_page page;
    cn_column_init(&column, CN_COLUMN_STR);
    cn_column_reserve(&column, CN_ARRAY_LEN(names));
    for (size_t i = 0; i < CN_ARRAY_LEN(names); i++) {
        (void)cn_frame_add(f->frame, (int64_t)i + 1);
        cn_column_set_str(&column, i, cn_intern(f->strings, cn_str_of(names[i])));
    }
    struct cn_list_query query = { .sort = &column, .limit = 10 };
    cn_frame_list(f->frame, &query, &f->arena, &page);
    assert_int_equal(page.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(page.rows[i], wanted[i]);
    }
    cn_bitmap_where_text(&match, f->frame, &column, CN_STR("DENT"));
    assert_int_equal(cn_bitmap_count(&match), 1);
    assert_true(cn_bitmap_has(&match, 4));
    cn_bitmap_deinit(&match);
    cn_column_deinit(&column);
}

static void scopes_and_filters_are_sets_of_rows(void **state)
{
    struct fixture *f = *state;
    struct cn_column owner;
    struct cn_column arr;
    struct cn_bitmap mine = { 0 };
    cn_column_init(&owner, CN_COLUMN_I64);
    cn_column_init(&arr, CN_COLUMN_F64);
    cn_column_reserve(&owner, 100);
    cn_column_reserve(&arr, 100);
    for (size_t i = 0; i < 100; i++) {
        (void)cn_frame_add(f->frame, (int64_t)i + 1);
        cn_column_set_f64(&arr, i, (double)i);
        if (i % 2 == 0) {
            cn_column_set_i64(&owner, i, (int64_t)(i % 5));
        }
    }
    static const int64_t team[] = { 2, 4 };
    cn_bitmap_where_i64(&mine, f->frame, &owner, team, 2);
    assert_int_equal(cn_bitmap_count(&mine), 20);
    assert_true(cn_bitmap_has(&mine, 12));
    assert_true(cn_frame_remove(f->frame, 13));
    cn_bitmap_where_i64(&mine, f->frame, &owner, team, 2);
    assert_false(cn_bitmap_has(&mine, 12));
    cn_bitmap_where_f64(&mine, f->frame, &arr, 10, 19.5);
    assert_int_equal(cn_bitmap_count(&mine), 9);
    cn_bitmap_deinit(&mine);
    cn_column_deinit(&owner);
    cn_column_deinit(&arr);
}

static void values_read_as_people_write_them(void **state)
{
    struct fixture *f = *state;
    struct cn_fact fact;
    uint32_t arr = column_of(f, "arr");
    cn_frame_use(f->frame, &f->set, NULL);
    uint32_t row = cn_frame_add(f->frame, 45);
    uint32_t none = cn_frame_add(f->frame, 7);
    f->fake.bonus = 0.5;
    assert_true(cn_frame_fill(f->frame, 0, NULL, &f->when, CN_PACE_FACT, &f->err));
    assert_true(
        cn_str_equal(cn_frame_value_text(f->frame, arr, row, &f->arena), CN_STR("45,000.5 USD")));
    assert_true(cn_str_equal(cn_number_text(&f->arena, 1, "tickets"), CN_STR("1 ticket")));
    assert_true(cn_str_equal(cn_number_text(&f->arena, -1, "people"), CN_STR("-1 person")));
    assert_true(cn_str_equal(cn_number_text(&f->arena, 10, "days"), CN_STR("10 days")));
    assert_true(cn_str_equal(cn_number_text(&f->arena, 1, "USD"), CN_STR("1 USD")));
    assert_true(
        cn_str_equal(cn_frame_value_text(f->frame, arr, none, &f->arena), CN_STR("missing")));
    assert_true(cn_frame_fact(f->frame, arr, row, &f->when, &f->arena, &fact, &f->err));
    assert_true(cn_str_equal(fact.source, CN_STR("fake")));
}

#define TEST(title, function) CN_TEST_WITH(title, function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CN_TEST("bitmaps are sets of rows", bitmaps_are_sets_of_rows),
        CN_TEST("equal texts have one number", equal_texts_have_one_number),
        TEST("columns are resolved once and strangers are suggested",
             columns_are_resolved_once_and_strangers_are_suggested),
        TEST("rows are kept, freed and used again", rows_are_kept_freed_and_used_again),
        TEST("only what changed is filled", only_what_changed_is_filled),
        TEST("another program keeps the columns it shares",
             another_program_keeps_the_columns_it_shares),
        TEST("ranks and relatives read other rows", ranks_and_relatives_read_other_rows),
        TEST("a moment has its day and where that begins",
             a_moment_has_its_day_and_where_that_begins),
        TEST("strata follow what reads what, and a cycle is named", strata_follow_what_reads_what),
        TEST("a page is what sorting everything would show",
             a_page_is_what_sorting_everything_would_show),
        TEST("names sort without case and filter by part",
             names_sort_without_case_and_filter_by_part),
        TEST("scopes and filters are sets of rows", scopes_and_filters_are_sets_of_rows),
        TEST("values read as people write them", values_read_as_people_write_them),
    };
    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
