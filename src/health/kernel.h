/*
 * For health/ only: the arithmetic of a scorecard over a block of rows.
 *
 * The same source is compiled for several instruction sets; each gives the same bits, and so does
 * cn_tree_score(), which does one row and keeps what every node got.  Sums run over siblings in
 * their order.
 */
#ifndef CAIRN_HEALTH_KERNEL_H
#define CAIRN_HEALTH_KERNEL_H

#include "base/arena.h"

#include "frame/column.h"
#include "health/scorecard.h"

enum {
    CN_BLOCK_WORDS = CN_BLOCK_ROWS / 64,
    /* A kernel works on parts of a block that leave room in the first-level cache. */
    CN_PART_ROWS = 256,
    CN_PART_WORDS = CN_PART_ROWS / 64,
    CN_SPARE_ROWS = 64 /* a word of the block may belong to two parts of a list */
};

/* A vector that crosses cache lines costs twice. */
#define CN_ON_LINE _Alignas(CN_HEAP_LINE_BYTES)

/* A rule's result: values, and a bit a row that says there is none. */
struct cn_kernel_input {
    const double *values;
    const uint64_t *missing;
};

/* The rows of a block that a scorecard has.  If those are few of it, their values are brought
 * together first; row i of this list is then the one at at[i]. */
struct cn_kernel_rows {
    size_t count;
    bool is_whole; /* all or nearly all: the block is scored as it stands, `at` is not filled */
    const uint64_t *mask;                  /* by bit; borrowed */
    CN_ON_LINE uint16_t at[CN_BLOCK_ROWS]; /* ascending; the last one repeated up to 64 */
    uint16_t before[CN_BLOCK_WORDS]; /* so many of the list come before that word of the mask */
};

/* A part of the list. */
struct cn_kernel_gathered {
    size_t rows; /* a multiple of 64, which may count some that are no rows */
    CN_ON_LINE double values[CN_PART_ROWS + 2 * CN_SPARE_ROWS]; /* begin after the spare ones */
    uint64_t missing[CN_PART_WORDS + 1];                        /* and a spare word */
};

/* What one level of the tree gathers from its children.  While every row has the same weights they
 * are one number, and while confidence goes with what is valid one array serves both. */
struct cn_kernel_level {
    size_t rows;   /* of the part */
    bool is_empty; /* nothing was added; then it is uniform */
    bool is_uniform;
    bool known_is_weight; /* if not uniform: `known` is not filled, being equal to `weight` */
    bool counts;          /* of a group that needs a number of its parts: `count` is kept */
    double uniform_count;
    double uniform_weight;
    double uniform_known;
    CN_ON_LINE double sum[CN_PART_ROWS];    /* of weight x score, of those that are valid */
    CN_ON_LINE double weight[CN_PART_ROWS]; /* of those that are valid */
    CN_ON_LINE double known[CN_PART_ROWS];  /* of weight x confidence */
    CN_ON_LINE double count[CN_PART_ROWS];  /* how many are valid */
};

struct cn_kernel_scratch {
    const struct cn_kernel_rows *list;
    size_t first; /* row of the list at which the part begins */
    size_t rows;  /* of the part: a multiple of 64 */
    struct cn_kernel_gathered gathered;
    CN_ON_LINE double score[CN_PART_ROWS];
    CN_ON_LINE double valid[CN_PART_ROWS]; /* 0 or 1 */
    CN_ON_LINE double known[CN_PART_ROWS]; /* confidence of the node itself, 0 to 1 */
    CN_ON_LINE double blocked[CN_PART_ROWS];
    CN_ON_LINE int32_t points[CN_PART_ROWS]; /* what the root got, in thousandths */
    CN_ON_LINE int32_t confidence[CN_PART_ROWS];
    struct cn_kernel_level levels[CN_SCORECARD_DEPTH_MAX + 2];
};

/* Instead of points where there are none. */
enum {
    CN_POINTS_NONE = -1,
    CN_POINTS_BLOCKED = -2, /* a measure is missing without which there is no score */
};

/* Of a block; thousandths. */
struct cn_kernel_result {
    CN_ON_LINE int32_t points[CN_BLOCK_ROWS]; /* below 0: no score; before exceptions at first */
    CN_ON_LINE int32_t confidence[CN_BLOCK_ROWS];
    CN_ON_LINE int32_t scorecard[CN_BLOCK_ROWS];
    CN_ON_LINE uint64_t fired[CN_BLOCK_ROWS];
};

/* Fills the list with the rows of `mask`, of which there is at least one. */
void cn_kernel_list(const uint64_t *mask, struct cn_kernel_rows *rows_out);

/* Brings together what out->rows rows of the list have, from the one at `first` on. */
void cn_kernel_gather(const struct cn_kernel_input *block, const struct cn_kernel_rows *rows,
                      size_t first, struct cn_kernel_gathered *out);

/* What was found for a part of the list goes to its rows. */
void cn_kernel_scatter(const struct cn_kernel_scratch *scratch, int32_t index,
                       struct cn_kernel_result *result);

/* Points, confidence and scorecard (its index) of the rows of the list; others stay. */
typedef void cn_kernel_score(const struct cn_scorecard *card, int32_t index,
                             const struct cn_kernel_input *rules, const struct cn_kernel_rows *rows,
                             struct cn_kernel_scratch *scratch, struct cn_kernel_result *result);

/* The block's rows of a state, and what they become. */
struct cn_kernel_state {
    int64_t *points;
    int64_t *status; /* health/status.h */
    uint64_t *fired;
    uint64_t *missing; /* of the points */
    CN_ON_LINE int64_t new_status[CN_BLOCK_ROWS];
};

/* Colours for a scored block.  Fills new_status and says which words of 64 rows hold a difference
 * in a row of `mask`: bit w of what it returns. */
typedef uint64_t cn_kernel_finish(const struct cn_health_bands *bands,
                                  const struct cn_kernel_result *result, const uint64_t *mask,
                                  struct cn_kernel_state *state);

/* The state takes on what was found for the rows of `mask` in `words`, as finish says them. */
typedef void cn_kernel_keep(uint64_t words, const struct cn_kernel_result *result,
                            const uint64_t *mask, struct cn_kernel_state *state);

cn_kernel_score cn_kernel_score_base;
cn_kernel_score cn_kernel_score_avx2;
cn_kernel_score cn_kernel_score_avx512;
cn_kernel_finish cn_kernel_finish_base;
cn_kernel_finish cn_kernel_finish_avx2;
cn_kernel_finish cn_kernel_finish_avx512;
cn_kernel_keep cn_kernel_keep_base;
cn_kernel_keep cn_kernel_keep_avx2;
cn_kernel_keep cn_kernel_keep_avx512;

struct cn_kernel_target {
    const char *name;
    cn_kernel_score *score;
    cn_kernel_finish *finish;
    cn_kernel_keep *keep;
};

/* Those that this machine can run, slowest first; *count_out is at least 1. */
void cn_kernel_targets(struct cn_kernel_target targets_out[3], size_t *count_out);

/* 2 to the power of -days/halflife; the same bits on every machine. */
double cn_kernel_fade(double days, double halflife);

/* What a node got. */
struct cn_tree_node {
    bool is_valid;
    bool has_data; /* of a measure: there was a value, fresh enough */
    double score;
    double known;     /* confidence, 0 to 1 */
    double freshness; /* of a measure with an age, else 1 */
    double age_days;
    double raw;
    double weight_valid; /* of a group: of its valid children */
    double bound;        /* of a group: what its floor or cap added */
    uint32_t count;      /* of a group: its valid children */
};

/* One row.  `values` and `present` are by rule number, `nodes_out` by node. */
void cn_tree_score(const struct cn_scorecard *card, const double *values, const bool *present,
                   struct cn_tree_node *nodes_out, int32_t *points_out, int32_t *confidence_out);

#endif
