#include "book/account_list.h"

#include <string.h>

#include "base/str.h"

#include "book/account_row.h"
#include "book/fold.h"
#include "book/row.h"

enum {
    WORDS_MAX = 4, /* of a search; further ones are left out */
    PATTERN_EXTRA_BYTES = 3,
};

const char *const cn_account_sort_names[CN_SORT_COUNT] = {
    [CN_SORT_NAME] = "name",
    [CN_SORT_SCORE] = "score",
    [CN_SORT_TREND] = "trend",
    [CN_SORT_ARR] = "arr",
    [CN_SORT_RENEWAL] = "renewal_at",
    [CN_SORT_OWNER] = "owner",
    [CN_SORT_LAST_ACTIVITY] = "last_activity_at",
    [CN_SORT_OPEN_TICKETS] = "open_tickets",
    [CN_SORT_CREATED] = "created_at",
};

/* $4 to $7 are the words of the search, $8 the bands, $9 the owner (0: any, -1: none), $10 the last
 * day of a renewal (0: any), $11 that of what is at risk (0: any), $13 the accounts if $12 is 1,
 * $14 to $29 the sets that they are all in, or with ! not in. */
#define IN_SET(n)                                             \
    " AND (" n " = '' OR CASE WHEN substr(" n ", 1, 1) = '!'" \
    " THEN placement NOT LIKE substr(" n ", 2) ESCAPE '\\'"   \
    " ELSE placement LIKE " n " ESCAPE '\\' END)"
#define MATCHES                                                                                 \
    CN_SEES_ACCOUNT                                                                             \
    " AND ($4 = '' OR name_folded LIKE $4 ESCAPE '\\' OR lower(external_id) LIKE $4 ESCAPE"     \
    " '\\' OR domain LIKE $4 ESCAPE '\\')"                                                      \
    " AND ($5 = '' OR name_folded LIKE $5 ESCAPE '\\')"                                         \
    " AND ($6 = '' OR name_folded LIKE $6 ESCAPE '\\')"                                         \
    " AND ($7 = '' OR name_folded LIKE $7 ESCAPE '\\')"                                         \
    " AND ($8 = 0 OR CASE band WHEN 0 THEN $8 & 1 WHEN 1 THEN $8 & 2 WHEN 2 THEN $8 & 4"        \
    " ELSE $8 & 8 END <> 0)"                                                                    \
    " AND ($9 = 0 OR ($9 = -1 AND owner_id IS NULL) OR owner_id = $9)"                          \
    " AND ($10 = 0 OR renewal_on <= $10)"                                                       \
    " AND ($11 = 0 OR band = 1 OR (band = 2 AND renewal_on <= $11))"                            \
    " AND ($12 = 0 OR account_id {{in_ids $13}})" IN_SET("$14") IN_SET("$15") IN_SET("$16")     \
        IN_SET("$17") IN_SET("$18") IN_SET("$19") IN_SET("$20") IN_SET("$21") IN_SET("$22")     \
            IN_SET("$23") IN_SET("$24") IN_SET("$25") IN_SET("$26") IN_SET("$27") IN_SET("$28") \
                IN_SET("$29")

enum {
    PARAM_SETS = 14,
    PARAM_LIMIT = PARAM_SETS + CN_ACCOUNT_PLACEMENTS_MAX,
    PARAM_OFFSET,
    PARAM_AFTER,
};
_Static_assert(PARAM_AFTER == 32, "as the statements have them");
_Static_assert(CN_BAND_RED == 1 && CN_BAND_YELLOW == 2, "as the statements have them");

/*
 * A page begins after the account $32, if that is not 0: those that sort behind it, where a missing
 * value sorts behind every value.  `mine` is the value of the row, `its` the same of the last
 * account, read again, so that a cursor is only its id; `op` is < or >.
 */
#define PAGE(mine, its, op, order)                                                        \
    "SELECT " CN_ACCOUNT_COLUMNS " FROM account WHERE " MATCHES                           \
    " AND ($32 = 0 OR EXISTS (SELECT 1 FROM account last WHERE last.account_id = $32 AND" \
    " ((" mine " IS NULL AND (" its " IS NOT NULL OR account.account_id > $32))"          \
    " OR " mine " " op " " its " OR (" mine " = " its " AND account.account_id > $32))))" \
    " ORDER BY " mine " " order " NULLS LAST, account_id LIMIT $30 OFFSET $31"
#define BY(mine, its)                                             \
    {                                                             \
        PAGE(mine, its, ">", "ASC"), PAGE(mine, its, "<", "DESC") \
    }
#define BY_COLUMN(name) BY("account." name, "last." name)
#define OWNER_OF(row) \
    "(SELECT app_user.name FROM app_user WHERE app_user.user_id = " row ".owner_id)"

static const char *const pages[CN_SORT_COUNT][2] = {
    [CN_SORT_NAME] = BY_COLUMN("name_folded"),
    [CN_SORT_SCORE] = BY_COLUMN("score"),
    [CN_SORT_TREND] = BY_COLUMN("trend"),
    [CN_SORT_ARR] = BY_COLUMN("arr_minor"),
    [CN_SORT_RENEWAL] = BY_COLUMN("renewal_on"),
    [CN_SORT_LAST_ACTIVITY] = BY_COLUMN("last_activity_us"),
    [CN_SORT_OWNER] = BY(OWNER_OF("account"), OWNER_OF("last")),
    [CN_SORT_OPEN_TICKETS] = BY_COLUMN("open_tickets"),
    [CN_SORT_CREATED] = BY_COLUMN("created_us"),
};

/* "50%" becomes "%50\%%". */
static cn_str pattern_of(struct cn_arena *arena, cn_str word)
{
    char *text = cn_arena_calloc(arena, word.len * 2 + PATTERN_EXTRA_BYTES, 1);
    size_t len = 0;
    text[len++] = '%';
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        if (c == '%' || c == '_' || c == '\\') {
            text[len++] = '\\';
        }
        text[len++] = c;
    }
    text[len++] = '%';
    return (cn_str){ text, len };
}

/* "segment:vip" stands between two bars; "!segment:vip" keeps its mark in front. */
static cn_str set_pattern(struct cn_arena *arena, cn_str set)
{
    bool is_not = cn_str_starts_with(set, CN_STR("!"));
    cn_str name = cn_str_slice(set, is_not ? 1 : 0, set.len);
    char *text = cn_arena_calloc(arena, name.len + 3, 1);
    text[0] = '|';
    memcpy(text + 1, name.ptr, name.len);
    text[name.len + 1] = '|';
    cn_str pattern = pattern_of(arena, (cn_str){ text, name.len + 2 });
    if (!is_not) {
        return pattern;
    }
    char *marked = cn_arena_calloc(arena, pattern.len + 1, 1);
    marked[0] = '!';
    memcpy(marked + 1, pattern.ptr, pattern.len);
    return (cn_str){ marked, pattern.len + 1 };
}

static void bind_filter(const struct cn_unit *unit, const struct cn_account_filter *filter,
                        struct cn_sql_stmt *stmt)
{
    cn_str rest = cn_fold(unit->arena, cn_str_slice(filter->query, 0, CN_ACCOUNT_QUERY_MAX_BYTES));
    for (int i = 0; i < WORDS_MAX; i++) {
        cn_str word = { "", 0 };
        bool more = cn_str_split(&rest, ' ', &word);
        cn_sql_bind_str(stmt, 4 + i, more ? pattern_of(unit->arena, word) : CN_STR(""));
    }
    cn_sql_bind_i64(stmt, 8, filter->bands);
    cn_sql_bind_i64(stmt, 9, filter->without_owner ? -1 : filter->owner_id.value);
    cn_sql_bind_i64(stmt, 10, filter->renewal_until);
    cn_sql_bind_i64(stmt, 11, filter->risk_until);
    cn_sql_bind_i64(stmt, 12, filter->only != NULL);
    cn_sql_bind_ids(stmt, 13, filter->only, filter->only_count);
    for (size_t i = 0; i < CN_ACCOUNT_PLACEMENTS_MAX; i++) {
        bool is_given = i < filter->placement_count;
        cn_sql_bind_str(stmt, PARAM_SETS + (int)i,
                        is_given ? set_pattern(unit->arena, filter->placements[i]) : CN_STR(""));
    }
}

static bool count_all(const struct cn_unit *unit, const struct cn_account_filter *filter,
                      int64_t *total_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    if (!cn_row_prepare(unit, "SELECT count(*) FROM account WHERE " MATCHES, &stmt, err)) {
        return false;
    }
    bind_filter(unit, filter, stmt);
    bool ok = cn_sql_step(stmt, &row, err);
    if (ok) {
        *total_out = cn_sql_column_i64(stmt, 0);
    }
    cn_sql_finish(stmt);
    return ok;
}

static bool check_cursor(const struct cn_unit *unit, cn_account_id after, struct cn_error *err)
{
    if (after.value == 0 || cn_row_require_account(unit, after, err)) {
        return true;
    }
    return err->code == CN_NOT_FOUND
               ? cn_fail(err, CN_MALFORMED, "the account that the page ended with is gone")
               : false;
}

bool cn_account_list(const struct cn_unit *unit, const struct cn_account_filter *filter,
                     struct cn_account_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_account_list list = { 0 };
    size_t capacity = 0;
    bool row = false;
    if (!check_cursor(unit, filter->after, err) || !count_all(unit, filter, &list.total, err) ||
        !cn_row_prepare(unit, pages[filter->sort][filter->descending], &stmt, err)) {
        return cn_error_context(err, "listing accounts");
    }
    bind_filter(unit, filter, stmt);
    cn_sql_bind_i64(stmt, PARAM_LIMIT, filter->limit);
    cn_sql_bind_i64(stmt, PARAM_OFFSET, filter->offset);
    cn_sql_bind_i64(stmt, PARAM_AFTER, filter->after.value);
    bool ok = cn_sql_step(stmt, &row, err);
    while (ok && row) {
        list.items =
            cn_row_grow(unit->arena, list.items, list.count, &capacity, sizeof(list.items[0]));
        list.items[list.count++] = cn_account_read_row(unit->arena, stmt);
        ok = cn_sql_step(stmt, &row, err);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok || cn_error_context(err, "listing accounts");
}
