#include "health/score_then.h"

#include "book/judgement.h"

/* One look-up in the table's key. */
#define HELD(what, moment)                                                        \
    "(SELECT " what " FROM health_history AS h WHERE h.account_id = a.account_id" \
    " AND h.at_us <= " moment " ORDER BY h.at_us DESC LIMIT 1)"
/* The numbers of a row as one: points, band, grey, back-filled, confidence. */
#define NUMBERS                                                         \
    "((((CAST(COALESCE(h.points, -1) AS bigint) + 1) * 4 + h.band) * 2" \
    " + h.grey) * 2 + h.backfilled) * 2048 + h.confidence"
#define HAND                                                                                \
    "(SELECT j.value FROM judgement AS j WHERE j.account_id = a.account_id AND j.kind = $4" \
    " AND j.at_us <= $1 AND j.until_us > $1 ORDER BY j.at_us DESC, j.judgement_id DESC LIMIT 1)"

static const char sql[] =
    "SELECT a.account_id, " HELD(NUMBERS, "$1") ", " HELD("h.scorecard", "$1") ", " HELD(
        "h.points",
        "$2") ", " HAND
              " FROM (SELECT account_id FROM account UNION ALL SELECT merged_id FROM account_merge"
              " WHERE known_us > $1) AS a WHERE $3 = 0 OR a.account_id = $3";

enum {
    CONFIDENCES = 2048, /* as the statement has it */
    BANDS = 4
};
_Static_assert((int)CN_BAND_COUNT <= (int)BANDS, "as the statement has it");

/* An override that stands first takes the place of the score. */
static void put_first(const struct cn_effective *effective, struct cn_account_derived *derived)
{
    const struct cn_health_bands bands = cn_effective_bands_of(effective, derived->scorecard);
    derived->is_by_hand = true;
    derived->points = derived->override;
    derived->points_given = CN_GIVEN;
    derived->band = cn_health_next_band(&bands, (int32_t)derived->override, CN_BAND_NONE);
    derived->grey = false;
}

static void show_whole(const struct cn_effective *effective, struct cn_account_derived *derived)
{
    const struct cn_scorecard card = {
        .bands = cn_effective_bands_of(effective, derived->scorecard),
    };
    const struct cn_health_score score = {
        .points = (int32_t)derived->points,
        .has_points = true,
        .band = derived->band,
    };
    derived->whole = cn_health_display(&card, &score);
    derived->whole_given = CN_GIVEN;
}

static struct cn_score_then read_row(struct cn_sql_stmt *stmt, const struct cn_effective *effective)
{
    int64_t numbers = cn_sql_column_i64(stmt, 1);
    struct cn_score_then score = { .account_id = cn_sql_column_i64(stmt, 0) };
    struct cn_account_derived *derived = &score.derived;
    derived->confidence = numbers % CONFIDENCES;
    numbers /= CONFIDENCES;
    score.is_backfilled = numbers % 2 != 0;
    numbers /= 2;
    derived->grey = numbers % 2 != 0;
    numbers /= 2;
    derived->band = (enum cn_band)(numbers % BANDS);
    derived->points = numbers / BANDS - 1;
    derived->points_given = cn_null_unless(derived->points >= 0);
    derived->scorecard = cn_sql_column_str(stmt, 2);
    derived->computed = derived->points;
    derived->computed_given = derived->points_given;
    derived->trend_given = cn_null_unless(derived->points >= 0 && !cn_sql_column_is_null(stmt, 3));
    if (derived->trend_given == CN_GIVEN) {
        derived->trend = derived->points - cn_sql_column_i64(stmt, 3);
    }
    derived->override_given = cn_null_unless(!cn_sql_column_is_null(stmt, 4));
    derived->override = cn_sql_column_i64(stmt, 4) * 1000;
    if (effective->is_by_hand && derived->override_given == CN_GIVEN &&
        derived->scorecard.len > 0) {
        put_first(effective, derived);
    }
    if (derived->points_given == CN_GIVEN) {
        show_whole(effective, derived);
    }
    return score;
}

bool cn_scores_then(struct cn_sql_conn *conn, const struct cn_scores_ask *ask,
                    void (*each)(void *arg, const struct cn_score_then *score), void *arg,
                    struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, ask->at.us);
    cn_sql_bind_i64(stmt, 2, ask->before.us);
    cn_sql_bind_i64(stmt, 3, ask->only);
    cn_sql_bind_i64(stmt, 4, CN_JUDGEMENT_OVERRIDE);
    while ((ok = cn_sql_step(stmt, &row, err)) && row) {
        if (!cn_sql_column_is_null(stmt, 1)) {
            const struct cn_score_then score = read_row(stmt, &ask->effective);
            each(arg, &score);
        }
    }
    cn_sql_finish(stmt);
    return ok || cn_error_context(err, "reading scores as they were");
}
