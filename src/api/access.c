#include "api/access.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

static const struct cn_field path_rows[] = {
    CN_FIELD_OF_ID(struct cn_account_path, account_id, CN_ACCOUNT_PREFIX, .doc = "the account"),
};
const struct cn_fields cn_account_path_fields =
    CN_FIELDS("AccountPath", struct cn_account_path, path_rows);

bool cn_page_cut(const struct cn_page_query *query, size_t item_size, void *list,
                 struct cn_page_end *next_out, enum cn_given *next_given_out, struct cn_error *err)
{
    const size_t limit = query->limit_given == CN_GIVEN ? (size_t)query->limit : CN_PAGE_MAX;
    struct cn_list whole;
    memcpy(&whole, list, sizeof(whole));
    char *items = whole.items;
    size_t first = 0;
    if (query->cursor_given == CN_GIVEN) {
        while (first < whole.count &&
               *(const int64_t *)(void *)(items + first * item_size) != query->cursor.value) {
            first++;
        }
        if (first == whole.count) {
            cn_fail(err, CN_MALFORMED, "the list has no such row any more");
            return cn_error_field(err, "cursor");
        }
        first++;
    }
    *next_given_out = CN_NULL;
    size_t count = whole.count - first;
    if (count > limit) {
        count = limit;
        next_out->value = *(const int64_t *)(void *)(items + (first + count - 1) * item_size);
        *next_given_out = CN_GIVEN;
    }
    const struct cn_list cut = { count > 0 ? items + first * item_size : items, count };
    memcpy(list, &cut, sizeof(cut));
    return true;
}

cn_str cn_account_location(struct cn_arena *arena, cn_account_id account, const char *part,
                           const char *prefix, int64_t record)
{
    char account_text[CN_ID_TEXT_BYTES];
    char record_text[CN_ID_TEXT_BYTES] = "";
    char text[160];
    cn_id_format(CN_ACCOUNT_PREFIX, account.value, account_text);
    if (record != 0) {
        cn_id_format(prefix, record, record_text);
    }
    int len = snprintf(text, sizeof(text), "/api/v1/accounts/%s%s%s%s%s", account_text,
                       record != 0 ? "/" : "", record != 0 ? part : "", record != 0 ? "/" : "",
                       record_text);
    return cn_arena_str(arena, (cn_str){ text, (size_t)len });
}

bool cn_account_visible(const struct cn_unit *unit, cn_account_id id, struct cn_error *err)
{
    struct cn_account account;
    return cn_account_load(unit, id, &account, err);
}

bool cn_account_was_visible(const struct cn_unit *unit, cn_account_id id, struct cn_error *err)
{
    struct cn_error hidden;
    if (cn_account_visible(unit, id, &hidden) || hidden.code == CN_GONE) {
        return true;
    }
    *err = hidden;
    return false;
}
