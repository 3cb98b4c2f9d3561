#include "engine/said.h"

#include "base/str.h"

#include "book/judgement.h"
#include "book/user.h"

enum {
    BY_MAX_BYTES = CN_JUDGEMENT_REASON_MAX_BYTES + 300,
    POINT = 1000
};

/* "Pat on 2026-11-23: their CFO left" */
static cn_str by_text(const struct cn_engine *engine, const struct cn_judgement *judgement,
                      const struct cn_user_list *users, struct cn_arena *arena)
{
    char text[BY_MAX_BYTES];
    char day[CN_DATE_TEXT_BYTES];
    cn_str who = CN_STR("Cairn");
    for (size_t i = 0; i < users->count; i++) {
        if (users->items[i].id.value == judgement->author_id.value) {
            who = users->items[i].name;
        }
    }
    cn_date_format(cn_tz_day(engine->options.tz, judgement->at), day);
    (void)snprintf(text, sizeof(text), "%.*s on %s: %.*s", CN_STR_ARG(who), day,
                   CN_STR_ARG(judgement->reason));
    return cn_arena_str(arena, cn_str_of(text));
}

/* What rules read of a sentiment: book/column_judgement.c. */
static void add_cells(const struct cn_engine *engine, const struct cn_judgement *sentiment,
                      bool found, const struct cn_when *later, struct cn_arena *arena,
                      struct cn_explain_said *said)
{
    const int64_t since = found ? cn_tz_day(engine->options.tz, sentiment->at) : 0;
    const struct cn_explain_cell cells[] = {
        { CN_STR("sentiment"), found, found ? (double)sentiment->value : 0 },
        { CN_STR("sentiment_age_days"), found, found ? (double)(later->day - since) : 0 },
    };
    struct cn_explain_cell *copy =
        cn_arena_array(arena, struct cn_explain_cell, CN_ARRAY_LEN(cells));
    memcpy(copy, cells, sizeof(cells));
    said->cells = copy;
    said->cell_count = CN_ARRAY_LEN(cells);
}

bool cn_engine_said(struct cn_engine *engine, int64_t account_id, cn_time at,
                    const struct cn_when *later, struct cn_arena *arena,
                    struct cn_explain_said *said_out, struct cn_error *err)
{
    struct cn_sql_conn *conn = NULL;
    struct cn_user_list users = { 0 };
    struct cn_judgement sentiment;
    struct cn_judgement override;
    bool has_sentiment = false;
    bool has_override = false;
    const cn_account_id id = { account_id };
    if (!cn_db_read(engine->options.db, &conn, err)) {
        return false;
    }
    const struct cn_unit unit = cn_engine_unit(engine, conn, arena);
    bool ok =
        cn_judgement_at(&unit, id, CN_JUDGEMENT_SENTIMENT, at, &sentiment, &has_sentiment, err) &&
        cn_judgement_at(&unit, id, CN_JUDGEMENT_OVERRIDE, at, &override, &has_override, err);
    ok = ok && ((!has_sentiment && !has_override) || cn_user_list(&unit, &users, err));
    cn_db_release(engine->options.db, conn);
    if (!ok) {
        return false;
    }
    struct cn_explain_said said = { .stands_first = engine->options.shows_overrides };
    if (has_sentiment) {
        said.sentiment_id = sentiment.id.value;
        said.sentiment = sentiment.value;
        said.sentiment_by = by_text(engine, &sentiment, &users, arena);
    }
    if (has_override) {
        said.override_id = override.id.value;
        said.override = (int32_t) override.value * POINT;
        said.override_by = by_text(engine, &override, &users, arena);
    }
    add_cells(engine, &sentiment, has_sentiment, later, arena, &said);
    *said_out = said;
    return true;
}
