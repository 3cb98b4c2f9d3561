#include "health/keys.h"

#include "health/scorecard.h"

/* Beyond any weight or priority that means something. */
#define LARGE 1e6

/* As enum cn_missing, enum cn_stale and enum cn_exception_kind. */
static const char *const missing_names[] = { "skip", "zero", "neutral", "block" };
static const char *const stale_names[] = { "fade", "drop" };
/* As enum cn_children from 1 on. */
static const char *const takes[] = { "mean", "least", "arr" };
static const char *const effects[] = { "cap", "floor", "set" };

static const struct cn_node_field point = { .shape = CN_SHAPE_NUMBER,
                                            .doc = "score at that value",
                                            .max = 100 };

static const struct cn_node_field measure_rows[] = {
    { "name", CN_SHAPE_NAME, true, "the name of the measure" },
    { "doc", CN_SHAPE_TEXT, false, "what it means" },
    { "weight", CN_SHAPE_NUMBER, true, "its weight among its siblings", .max = LARGE },
    { "value", CN_SHAPE_CEL, false, "what is measured, a number for the map", .result = "double" },
    { "map", CN_SHAPE_MAP, false, "from value to score, linear between the points",
      .key_shape = CN_SHAPE_NUMBER, .element = &point },
    { "score", CN_SHAPE_CEL, false, "the score itself, 0 to 100", .result = "double" },
    { "missing", CN_SHAPE_TEXT, false, "what to do without data", .initial = "skip",
      CN_CHOICES(missing_names) },
    { "neutral", CN_SHAPE_NUMBER, false, "the score that says nothing", .max = 100,
      .initial = "50" },
    { "age", CN_SHAPE_CEL, false, "how old the data is, in days", .result = "double" },
    { "validity", CN_SHAPE_DAYS, false, "how long data counts in full" },
    { "halflife", CN_SHAPE_DAYS, false, "how fast it fades afterwards", .initial = "30d" },
    { "stale", CN_SHAPE_TEXT, false, "what old data does", .initial = "fade",
      CN_CHOICES(stale_names) },
};
const struct cn_node_fields cn_health_measure_fields = CN_NODE_FIELDS(
    "measure", "`value` with `map`, or `score`; `age` with `validity`", measure_rows);

static const struct cn_node_field measure = { .shape = CN_SHAPE_MAP,
                                              .object = &cn_health_measure_fields };
static const struct cn_node_field group = { .shape = CN_SHAPE_MAP,
                                            .object = &cn_health_group_fields };

static const struct cn_node_field group_rows[] = {
    { "name", CN_SHAPE_NAME, true, "the name of the group" },
    { "doc", CN_SHAPE_TEXT, false, "what it is for" },
    { "weight", CN_SHAPE_NUMBER, true, "its weight among its siblings", .max = LARGE },
    { "min_coverage", CN_SHAPE_NUMBER, false, "share of the weights that must have data", .max = 1,
      .initial = "0.5" },
    { "needs", CN_SHAPE_WHOLE, false,
      "so many of its parts must have a score, else the group has none", .min = 1,
      .max = CN_SCORECARD_NODES_MAX },
    { "floor", CN_SHAPE_NUMBER, false, "the group's score is at least this", .max = 100 },
    { "cap", CN_SHAPE_NUMBER, false, "the group's score is at most this", .max = 100 },
    { "groups", CN_SHAPE_LIST, false, "parts of the group", .element = &group },
    { "measures", CN_SHAPE_LIST, false, "what is measured", .element = &measure },
};
const struct cn_node_fields cn_health_group_fields =
    CN_NODE_FIELDS("group", "A weighted part, with groups or measures in it", group_rows);

static const struct cn_node_field exception_rows[] = {
    { "when", CN_SHAPE_CEL, true, "the condition", .result = "bool" },
    { "cap", CN_SHAPE_NUMBER, false, "the score is at most this", .max = 100 },
    { "floor", CN_SHAPE_NUMBER, false, "the score is at least this", .max = 100 },
    { "set", CN_SHAPE_NUMBER, false, "the score is this", .max = 100 },
    { "because", CN_SHAPE_TEXT, true, "the reason, in a few words" },
};
const struct cn_node_fields cn_health_exception_fields =
    CN_NODE_FIELDS("exception", "A condition that caps, lifts or sets the score", exception_rows,
                   CN_ONE_OF(effects));
static const struct cn_node_field exception = { .shape = CN_SHAPE_MAP,
                                                .object = &cn_health_exception_fields };

static const struct cn_node_field band_rows[] = {
    { "yellow", CN_SHAPE_NUMBER, false, "yellow begins here", .max = 100, .initial = "50" },
    { "green", CN_SHAPE_NUMBER, false, "green begins here", .max = 100, .initial = "75" },
    { "margin", CN_SHAPE_NUMBER, false, "points on top that rising takes", .max = 50,
      .initial = "3" },
};
const struct cn_node_fields cn_health_band_fields =
    CN_NODE_FIELDS("bands", "Where yellow and green begin; below yellow is red", band_rows);

static const struct cn_node_field grade_edge = { .shape = CN_SHAPE_WHOLE,
                                                 .doc = "where the grade begins",
                                                 .max = CN_GRADE_EDGE_MAX };

static const struct cn_node_field children_rows[] = {
    { "take", CN_SHAPE_TEXT, true,
      "the mean of their scores, the least, or the mean weighted by ARR", CN_CHOICES(takes) },
    { "share", CN_SHAPE_NUMBER, false,
      "of the score, 0 to 1; the rest is the account's own. Without own data, or without children "
      "that have a score, the other is all",
      .max = 1, .initial = "1" },
};
const struct cn_node_fields cn_health_children_fields = CN_NODE_FIELDS(
    "children", "What the scores of the child accounts add, before exceptions", children_rows);

static const struct cn_node_field card_rows[] = {
    { "scorecard", CN_SHAPE_NAME, true, "the name of the scorecard" },
    { "doc", CN_SHAPE_TEXT, false, "what it is for" },
    { "priority", CN_SHAPE_NUMBER, false, "of the scorecards that apply, the highest wins",
      .min = -LARGE, .max = LARGE, .initial = "0" },
    { "applies_when", CN_SHAPE_CEL, false, "condition; without it, it always applies",
      .result = "bool" },
    { "min_coverage", CN_SHAPE_NUMBER, false, "share of the weights that must have data", .max = 1,
      .initial = "0.5" },
    { "needs", CN_SHAPE_WHOLE, false, "so many of its parts must have a score, else there is none",
      .min = 1, .max = CN_SCORECARD_NODES_MAX },
    { "groups", CN_SHAPE_LIST, false, "parts of the score", .element = &group },
    { "measures", CN_SHAPE_LIST, false, "what is measured", .element = &measure },
    { "exceptions", CN_SHAPE_LIST, false, "conditions that cap, lift or set the score",
      .element = &exception },
    { "bands", CN_SHAPE_MAP, false, "where yellow and green begin",
      .object = &cn_health_band_fields },
    { "grades", CN_SHAPE_MAP, false,
      "what the score is called: from the highest edge down, each name with the whole point at "
      "which it begins, the last with 0. A view alone: no rule reads it",
      .key_shape = CN_SHAPE_TEXT, .element = &grade_edge },
    { "children", CN_SHAPE_MAP, false, "what the scores of the child accounts add",
      .object = &cn_health_children_fields },
    { "shadow", CN_SHAPE_BOOL, false,
      "it is scored beside the one that applies, for comparison, and decides nothing",
      .initial = "false" },
};
const struct cn_node_fields cn_health_card_fields =
    CN_NODE_FIELDS("scorecard", "Groups and measures, weighted", card_rows);

const struct cn_node_field cn_health_card = { .shape = CN_SHAPE_MAP,
                                              .object = &cn_health_card_fields };

const char cn_health_example[] =
    "scorecard: mid-touch\n"
    "priority: 20\n"
    "applies_when: arr >= 20000 && arr < 100000\n"
    "groups:\n"
    "  - name: usage\n"
    "    weight: 40\n"
    "    measures:\n"
    "      - {name: breadth, weight: 40, value: features_used.distinct(28), map: {0: 0, 8: 100}}\n"
    "      - {name: logins, weight: 60, score: \"logins.sum(28) > 0 ? 100.0 : 0.0\"}\n"
    "exceptions:\n"
    "  - {when: \"!has_champion\", cap: 49, because: no champion}\n"
    "bands: {yellow: 50, green: 75, margin: 3}\n"
    "grades: {A: 85, B: 70, C: 50, D: 30, F: 0}\n";
