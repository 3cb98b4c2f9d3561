#include "health/part.h"

#include "base/buf.h"
#include "base/str.h"

#include "health/history.h"
#include "health/shadow_history.h"

enum {
    BECAUSE_MAX_BYTES = 100
};

static bool end_history(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                        struct cn_error *err)
{
    static const char sql[] =
        "SELECT max(at_us), count(*) FROM health_history WHERE account_id = $1";
    char id[CN_ID_TEXT_BYTES];
    struct cn_buf because;
    struct cn_health_row row = { .account_id = from.value,
                                 .score = { .scorecard = -1 },
                                 .scorecard = CN_STR("") };
    bool has_any = false;
    if (!cn_shadow_history_drop(unit->conn, from.value, err) ||
        !cn_merge_history_end(unit, sql, from, &row.at, &has_any, err)) {
        return false;
    }
    if (!has_any) {
        return true;
    }
    cn_id_format(CN_ACCOUNT_PREFIX, into.value, id);
    cn_buf_init(&because, BECAUSE_MAX_BYTES);
    cn_buf_printf(&because, "became part of %s", id);
    row.because = cn_buf_str(&because);
    bool ok = cn_health_history_save(unit->conn, &row, 1, err);
    cn_buf_deinit(&because);
    return ok;
}

const struct cn_account_part cn_health_part = { "scores", end_history };
