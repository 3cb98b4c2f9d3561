#include "health/grade.h"

#include "base/str.h"

enum {
    SHOWN_MAX_BYTES = 40 /* of a name in a message */
};

static bool problem_at_key(const struct cn_node *item, struct cn_diagnostics *problems,
                           const char *message)
{
    const struct cn_place place = cn_node_key_place(item);
    (void)cn_diagnose(problems, &place, "\"%.*s\" %s",
                      CN_STR_ARG(cn_str_slice(item->key, 0, SHOWN_MAX_BYTES)),
                      message); /* false, as we are */
    cn_node_mark_key(item, problems);
    return false;
}

static bool check_name(const struct cn_node *item, struct cn_diagnostics *problems)
{
    for (size_t i = 0; i < item->key.len; i++) {
        if ((unsigned char)item->key.ptr[i] < ' ') {
            return problem_at_key(item, problems,
                                  "has a control character: name the grade in plain text");
        }
        if (item->key.ptr[i] == ',') {
            return problem_at_key(item, problems, "has a comma, which stands between names");
        }
    }
    return (item->key.len > 0 && item->key.len <= CN_GRADE_NAME_MAX_BYTES) ||
           problem_at_key(item, problems, "cannot be shown: the name of a grade is 1 to 8 bytes");
}

static bool read_edge(const struct cn_node *item, int32_t *from_out,
                      struct cn_diagnostics *problems)
{
    const struct cn_place place = cn_node_place(item);
    int64_t from = 0;
    if (!cn_node_i64(item, INT64_MIN, INT64_MAX, &from, problems)) {
        return false;
    }
    if (from < 0 || from > CN_GRADE_EDGE_MAX) {
        (void)cn_diagnose(problems, &place,
                          "\"%.*s\" begins at %lld: scores run from 0 to 100, and so do the edges "
                          "of grades",
                          CN_STR_ARG(item->key), (long long)from); /* false, as we are */
        cn_node_mark_value(item, problems);
        return false;
    }
    *from_out = (int32_t)from;
    return true;
}

/* What is above it comes before it. */
static bool check_order(const struct cn_node *item, const struct cn_grade *above, int32_t from,
                        struct cn_diagnostics *problems)
{
    const struct cn_place place = cn_node_place(item);
    if (from < above->from) {
        return true;
    }
    if (from == above->from) {
        (void)cn_diagnose(problems, &place,
                          "\"%.*s\" and \"%.*s\" overlap: both begin at %d; give each grade an "
                          "edge of its own",
                          CN_STR_ARG(above->name), CN_STR_ARG(item->key), from);
    } else {
        (void)cn_diagnose(problems, &place,
                          "\"%.*s\" overlaps \"%.*s\": it begins at %d, above its %d; write the "
                          "grades from the highest edge down",
                          CN_STR_ARG(item->key), CN_STR_ARG(above->name), from, above->from);
    }
    cn_node_mark_value(item, problems);
    return false;
}

/* Below the lowest edge, wherever it stands, there is a gap, unless it is 0. */
static bool check_lowest(const struct cn_node *map, const struct cn_scorecard *card,
                         struct cn_diagnostics *problems)
{
    size_t lowest = 0;
    for (size_t i = 1; i < card->grade_count; i++) {
        lowest = card->grades[i].from < card->grades[lowest].from ? i : lowest;
    }
    const struct cn_node *item = &map->items[lowest];
    const struct cn_place place = cn_node_place(item);
    if (card->grades[lowest].from == 0) {
        return true;
    }
    (void)cn_diagnose(problems, &place,
                      "there is a gap: a score below %d has no grade; let \"%.*s\" begin at 0, or "
                      "add one below it that does",
                      card->grades[lowest].from, CN_STR_ARG(item->key)); /* false, as we are */
    cn_node_mark_value(item, problems);
    return false;
}

static bool check_count(const struct cn_node *map, struct cn_diagnostics *problems)
{
    const struct cn_place place = cn_node_place(map);
    return (map->count >= 1 && map->count <= CN_GRADES_MAX) ||
           cn_diagnose(problems, &place,
                       "a scorecard has from 1 to %d grades, not %zu; without \"grades\" it has "
                       "none",
                       CN_GRADES_MAX, map->count);
}

bool cn_health_read_grades(const struct cn_node *yaml, struct cn_arena *arena,
                           struct cn_scorecard *card, struct cn_diagnostics *problems)
{
    const struct cn_node *map = cn_node_get(yaml, "grades");
    bool ok = true;
    if (map == NULL || map->kind != CN_NODE_MAP) {
        return true; /* no map: the check has said so */
    }
    if (!check_count(map, problems)) {
        return false;
    }
    card->grades = cn_arena_array(arena, struct cn_grade, map->count);
    for (size_t i = 0; i < map->count; i++) {
        const struct cn_node *item = &map->items[i];
        struct cn_grade *grade = &card->grades[i];
        *grade = (struct cn_grade){ .name = item->key };
        /* Without an edge the next one cannot be held against it. */
        ok &= check_name(item, problems);
        if (!read_edge(item, &grade->from, problems)) {
            return false;
        }
        ok &= i == 0 || check_order(item, &card->grades[i - 1], grade->from, problems);
    }
    card->grade_count = map->count;
    return check_lowest(map, card, problems) && ok;
}

cn_str cn_health_grade(const struct cn_scorecard *card, const struct cn_health_score *score)
{
    const int64_t whole = score->has_points ? cn_health_display(card, score) : -1;
    for (size_t i = 0; i < card->grade_count; i++) {
        if (whole >= card->grades[i].from) {
            return card->grades[i].name;
        }
    }
    return CN_STR("");
}
