#include "health/parts.h"

#include "health/scored.h"

void cn_health_parts(const struct cn_explain_at *at, struct cn_arena *arena,
                     struct cn_health_parts *parts_out)
{
    struct cn_scored scored;
    struct cn_explain_at own = *at;
    own.scores = NULL;
    cn_scored_make(&own, -1, arena, &scored);
    *parts_out = (struct cn_health_parts){ .scorecard = -1 };
    if (scored.card == NULL) {
        return;
    }
    size_t count = scored.card->node_count;
    parts_out->scorecard = scored.card_index;
    parts_out->counts = cn_arena_array(arena, bool, count);
    parts_out->values = cn_arena_array(arena, double, count);
    for (size_t n = 0; n < count; n++) {
        parts_out->counts[n] = scored.nodes[n].is_valid;
        parts_out->values[n] = scored.nodes[n].score;
    }
}
