/* What users said, as lines of an explanation: overrides beside the score, and sentiments in it. */
#include "base/str.h"

#include "health/items.h"

enum {
    NAME_MAX_BYTES = 100
};

static const struct cn_explain_said nothing = { 0 };

static const struct cn_explain_said *said_of(const struct cn_explain_at *at)
{
    return at->said != NULL ? at->said : &nothing;
}

static bool stands_first(const struct cn_explain_said *said)
{
    return said->override_id != 0 && said->stands_first;
}

static struct cn_explain_item *add_line(struct cn_explanation *out, const char *path,
                                        const char *name, cn_str reason, struct cn_arena *arena)
{
    struct cn_explain_item *item = &out->items[out->count++];
    *item = (struct cn_explain_item){ .path = cn_str_of(path),
                                      .depth = 1,
                                      .name = cn_arena_str(arena, cn_str_of(name)),
                                      .kind = CN_EXPLAIN_JUDGEMENT,
                                      .freshness = 1,
                                      .reason = reason };
    return item;
}

/* An override of whole points. */
static struct cn_explain_item *add_override(struct cn_explanation *out, const char *path,
                                            const char *what, const struct cn_explain_said *said,
                                            struct cn_arena *arena)
{
    char name[NAME_MAX_BYTES];
    (void)snprintf(name, sizeof(name), "%s: %g%s", what, (double)said->override / 1000,
                   said->stands_first ? "" : ", beside the computed score");
    return add_line(out, path, name, said->override_by, arena);
}

static void take_override(const struct cn_explain_at *at, const struct cn_explain_said *said,
                          struct cn_explanation *out)
{
    const struct cn_scorecard *card = &at->model->scorecards[out->score.scorecard];
    out->effective = said->override;
    out->effective_band = cn_health_next_band(&card->bands, said->override, CN_BAND_NONE);
}

void cn_explain_override(const struct cn_explain_at *at, struct cn_arena *arena,
                         struct cn_explanation *out)
{
    const struct cn_explain_said *said = said_of(at);
    if (stands_first(said)) {
        add_override(out, "judgements/override", "score set by hand", said, arena)->points =
            said->override - out->effective;
        take_override(at, said, out);
    }
}

/* ---- sentiments ---- */

/* Puts the values of the cells into the row and keeps what was there; the same again undoes it. */
static void swap_cells(const struct cn_explain_at *at, struct cn_explain_cell *cells, size_t count)
{
    const struct cn_column_set *set = cn_frame_columns(at->frame);
    for (uint32_t c = 0; c < cn_frame_column_count(at->frame); c++) {
        struct cn_column *column = cn_frame_column(at->frame, c);
        for (size_t i = 0; i < count; i++) {
            if (!cn_str_equal(set->items[c].name, cells[i].column) ||
                set->items[c].spec.type != CN_COLUMN_F64) {
                continue;
            }
            const struct cn_explain_cell put = cells[i];
            cells[i].has_value = !cn_column_is_missing(column, at->row);
            cells[i].value = column->as.f64[at->row];
            column->as.f64[at->row] = put.value;
            if (put.has_value) {
                cn_column_mark_present(column, at->row);
            } else {
                cn_column_set_missing(column, at->row);
            }
        }
    }
}

bool cn_explain_unsaid(const struct cn_explain_at *before, const struct cn_explain_at *after,
                       const struct cn_scored *now, struct cn_arena *arena,
                       struct cn_scored *unsaid_out)
{
    const struct cn_explain_said *was = said_of(before);
    if (was->sentiment_id == said_of(after)->sentiment_id || was->cell_count == 0) {
        return false;
    }
    struct cn_explain_cell *cells = cn_arena_array(arena, struct cn_explain_cell, was->cell_count);
    memcpy(cells, was->cells, was->cell_count * sizeof(*cells));
    swap_cells(after, cells, was->cell_count);
    cn_scored_make(after, now->card_index, arena, unsaid_out);
    swap_cells(after, cells, was->cell_count);
    /* Where children count for more or less because of it, the parts cannot be told apart. */
    return unsaid_out->has_points && unsaid_out->own_share == now->own_share &&
           unsaid_out->children_share == now->children_share;
}

static void add_sentiment(const struct cn_explain_said *was, const struct cn_explain_said *is,
                          int32_t change, struct cn_arena *arena, struct cn_explanation *out)
{
    char name[NAME_MAX_BYTES];
    cn_str reason = is->sentiment_by;
    if (is->sentiment_id == 0) {
        (void)snprintf(name, sizeof(name), "sentiment ended: %lld", (long long)was->sentiment);
        reason = was->sentiment_by;
    } else if (was->sentiment_id == 0) {
        (void)snprintf(name, sizeof(name), "sentiment set: %lld", (long long)is->sentiment);
    } else {
        (void)snprintf(name, sizeof(name), "sentiment set: %lld, before %lld",
                       (long long)is->sentiment, (long long)was->sentiment);
    }
    struct cn_explain_item *item = add_line(out, "judgements/sentiment", name, reason, arena);
    item->has_change = true;
    item->change = change;
}

/* ---- both ends ---- */

static void add_overrides(const struct cn_explain_said *was, const struct cn_explain_said *is,
                          int32_t took, int32_t gives, struct cn_arena *arena,
                          struct cn_explanation *out)
{
    struct cn_explain_item *item = NULL;
    if (was->override_id != 0 && was->override_id != is->override_id) {
        item = add_override(out, "judgements/override-ended", "score set by hand no longer holds",
                            was, arena);
        item->has_change = true;
        item->change = -took;
        took = 0;
    }
    if (is->override_id != 0 && (is->override_id != was->override_id || stands_first(is))) {
        item = add_override(out, "judgements/override", "score set by hand", is, arena);
        item->points = gives;
        item->has_change = true;
        item->change = gives - took;
    }
}

void cn_explain_said_lines(const struct cn_explain_at *before, const struct cn_explain_at *after,
                           int32_t sentiment, int32_t had, int32_t has, struct cn_arena *arena,
                           struct cn_explanation *out)
{
    const struct cn_explain_said *was = said_of(before);
    const struct cn_explain_said *is = said_of(after);
    const int32_t took = stands_first(was) ? was->override - had : 0;
    const int32_t gives = stands_first(is) ? is->override - has : 0;
    if (was->sentiment_id != is->sentiment_id) {
        add_sentiment(was, is, sentiment, arena, out);
    }
    add_overrides(was, is, took, gives, arena, out);
    out->effective = has;
    out->effective_band = out->score.band;
    if (stands_first(is)) {
        take_override(after, is, out);
    }
    out->was = had + took;
    out->change = out->effective - out->was;
}
