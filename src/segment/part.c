#include "segment/part.h"

#include "base/str.h"

#include "segment/history.h"

static bool end_history(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                        struct cn_error *err)
{
    static const char sql[] =
        "SELECT max(at_us), count(*) FROM placement_history WHERE account_id = $1";
    struct cn_placement_row row = { .account_id = from.value, .placement = CN_STR("") };
    bool has_any = false;
    (void)into;
    return cn_merge_history_end(unit, sql, from, &row.at, &has_any, err) &&
           (!has_any || cn_placement_save(unit->conn, &row, 1, err));
}

const struct cn_account_part cn_segment_part = { "placements", end_history };
