/*
 * The whole program, compiled: its metrics, the columns that its rules read, its scorecards and
 * signals, and all rules in their order.
 *
 * Lists the program's sections and the column sources: whoever adds one adds it here.  Immutable
 * once compiled, but for the metric source, which is fed by the engine.  A version is replaced
 * whole.
 *
 * Not here: what a section means (metric/, health/), versions in the database (program/version.h).
 */
#ifndef CAIRN_ENGINE_PROGRAM_H
#define CAIRN_ENGINE_PROGRAM_H

#include "base/tz.h"

#include "health/scorecard.h"
#include "metric/column.h"
#include "program/program.h"
#include "segment/segment.h"
#include "signal/rule.h"

enum {
    CN_PROGRAM_SOURCES = 4 /* segment, book, metric, health */
};

/* In the order in which they are compiled. */
extern const struct cn_program_section *const cn_program_sections[];
extern const size_t cn_program_section_count;

/* Columns that lists of accounts read, whatever the rules do. */
enum cn_list_column {
    CN_LIST_NAME,
    CN_LIST_EXTERNAL_ID,
    CN_LIST_ARR,
    CN_LIST_DAYS_TO_RENEWAL,
    CN_LIST_CURRENCY,
    CN_LIST_OPEN_TICKETS,
    CN_LIST_DAYS_SINCE_TOUCH,
    CN_LIST_UNASKED_TOUCHES,
    CN_LIST_TENURE_DAYS,
    CN_LIST_COLUMN_COUNT
};

struct cn_engine_program {
    struct cn_arena arena;
    int64_t version;
    struct cn_metric_list *metrics;
    struct cn_metric_source *metric_source;
    const struct cn_column_source *sources[CN_PROGRAM_SOURCES];
    struct cn_column_set columns;
    struct cn_rules *rules; /* of all sections */
    struct cn_segment_model *segments;
    struct cn_health_model *health;
    struct cn_signal_model *signals;
    struct cn_case_list *cases; /* engine/cases.h */
    uint32_t list_columns[CN_LIST_COLUMN_COUNT];
    /* By signal, set before it becomes active: whether it raises at once, and who said so. */
    bool *at_once;
    int64_t *starters;
};

/* One expression beside the program's own, in all of its names. */
struct cn_program_asked {
    const struct cn_node *node; /* a scalar; outlives the program */
    enum cn_cel_kind want;
    struct cn_diagnostics *problems; /* its own; NULL: they are among the program's */
    /* Set by compiling. */
    bool is_checked; /* false: nothing could be checked, since the metrics are wrong */
    uint32_t section;
    uint32_t unit;
    uint32_t rule;
};

/* What a program is compiled against. */
struct cn_program_ground {
    const struct cn_column_source *book; /* columns from the records */
    struct cn_rollup *rollup;            /* NULL for a check alone */
    const struct cn_tz *tz;
    struct cn_interner *strings;    /* of the frames that the program will be evaluated over */
    struct cn_program_asked *asked; /* NULL: nothing */
};

/*
 * Compiles the files.  *program_out is on the heap; what `ground` names must outlive it.  False if
 * there is any problem: all of them are in `problems`, each with file, line and column.
 */
CN_MUST_CHECK bool cn_engine_program_compile(const struct cn_program_files *files,
                                             const struct cn_program_ground *ground,
                                             struct cn_engine_program **program_out,
                                             struct cn_diagnostics *problems);

/* Whether its rules read other accounts: all have to be there.  And whether those have to be
 * scored, too. */
bool cn_engine_program_compares(const struct cn_engine_program *program);
bool cn_engine_program_compares_made(const struct cn_engine_program *program);

/* Whether they rank all accounts by what they had last night. */
bool cn_engine_program_ranks(const struct cn_engine_program *program);

/* Which of its signals raise at once in the round that takes the program; names that it does not
 * have are passed over. */
struct cn_program_start_list;
void cn_engine_program_start(struct cn_engine_program *program,
                             const struct cn_program_start_list *starts);

void cn_engine_program_free(struct cn_engine_program *program); /* NULL is allowed */

#endif
