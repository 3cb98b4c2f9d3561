/*
 * Where columns come from.  A domain folder declares a column source (book: "arr", "has_champion";
 * metric: "logins.sum(28)"), the engine lists them, and the frame asks them by name when a program
 * is compiled and has them fill arrays when accounts change or time passes.
 *
 * resolve and list are pure functions of ctx and are called by the checker, also on other threads
 * than fill; what they read must not change while a program that was compiled with it lives.  fill
 * runs on the engine's thread, or on a thread of its own for as-of questions over a frame of their
 * own.
 *
 * A fill at (now, day, as_true, all_known) is a function of the stored facts and these alone, so
 * that the live value, the back-filled and the as-of value are the same code.  What was told ahead
 * of its moment comes true later without another fact: the source says then which accounts are due.
 */
#ifndef CAIRN_FRAME_SOURCE_H
#define CAIRN_FRAME_SOURCE_H

#include "base/arena.h"
#include "base/error.h"

#include "frame/bitmap.h"
#include "frame/column.h"
#include "frame/intern.h"

enum {
    CN_COLUMN_ARGS_MAX = 4,
};

/* A constant between the parentheses of a method. */
struct cn_column_arg {
    bool is_text;
    double number;
    cn_str text;
};

/* What an expression says: `arr` is a name, `logins.sum(28)` a name, a method and arguments;
 * `trait.plan` is the name "trait.plan". */
struct cn_column_request {
    cn_str name;
    cn_str method; /* "" without */
    struct cn_column_arg args[CN_COLUMN_ARGS_MAX];
    size_t arg_count;
};

/* When a value can change although no fact of its account did. */
enum cn_column_pace {
    CN_PACE_FACT, /* never */
    CN_PACE_DAY,  /* when the day of the workspace changes */
    CN_PACE_TICK, /* with every moment */
};

/* A column that a source promises.  Made by resolve; the source's own members tell fill what to do.
 */
struct cn_column_spec {
    enum cn_column_type type;
    enum cn_column_pace pace;
    bool reads_state; /* is, or rests on, a colour or a signal: only as known, never as true */
    bool needs_rows;  /* reads other accounts' rows: ends a stratum */
    const char *unit; /* "USD", "days", "users" or "" */
    int32_t op;       /* the source's own, as all below */
    int32_t index;
    int64_t args[CN_COLUMN_ARGS_MAX];
    const void *detail; /* lives as long as the source's ctx */
    /* "ticket": the value counts records of that kind, which the source can name; NULL: it does
     * not.
     */
    const char *counts;
    /* What it holds is computed by the program: by this unit of its rules (frame/rules.h), plus 1.
     * 0: it is a source's own. */
    uint32_t maker;
};

enum cn_resolve {
    CN_RESOLVE_UNKNOWN, /* not a name of this source */
    CN_RESOLVE_FOUND,
    CN_RESOLVE_WRONG, /* its name, but not like that: *err says why, with a suggestion */
};

struct cn_fill {
    const struct cn_frame *frame;
    struct cn_interner *strings;
    const int64_t *accounts; /* the account id of each row of the frame; 0: the row is free */
    const uint32_t *rows;    /* those to fill, ascending; NULL: all of 0 to count - 1 */
    size_t count;
    cn_time now;  /* the instant asked for */
    int64_t day;  /* its day in the workspace's zone */
    bool as_true; /* what was true at `now`, by event time and valid time; else what was known */
    /* Not as_true: whatever the source has was known, as in the live frame, of which `now` may be
     * up to a tick ago; else only what had been told at `now`. */
    bool all_known;
};

/* Row i of what is to be filled. */
static inline size_t cn_fill_row(const struct cn_fill *fill, size_t i)
{
    return fill->rows != NULL ? fill->rows[i] : i;
}

/* A value with what it rests on, for explanations. */
struct cn_fact {
    cn_str name;       /* "days_to_renewal", "logins.sum(28)" */
    cn_str value_text; /* "87 days", "no", "missing" */
    cn_str source;     /* "contract C-104", "412 events since 2026-10-26" */
    cn_time at;        /* of the newest fact behind it; 0: unknown */
};

/* A name that can stand in an expression, for completion and "did you mean". */
struct cn_column_name {
    cn_str name;
    cn_str method; /* "" or one of its methods, each an entry of its own */
    cn_str usage;  /* "logins.sum(days)" */
    cn_str doc;
    enum cn_column_type type;
    const char *unit; /* "days"; NULL or "": none, or that of what it is computed from */
};

struct cn_column_source {
    const char *name; /* "book", "metric" */
    void *ctx;

    enum cn_resolve (*resolve)(void *ctx, const struct cn_column_request *request,
                               struct cn_column_spec *spec_out, struct cn_error *err);

    /* Sets every row that is asked for, to a value or to missing (cn_column_set_...). */
    bool (*fill)(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *fill,
                 struct cn_column *column, struct cn_error *err);

    /* The entry number `index`; false past the last. */
    bool (*list)(void *ctx, size_t index, struct cn_column_name *name_out);

    /* Completes `fact`, of which name and value_text are filled in already, for one account.  May
     * be NULL: then the value speaks for itself. */
    bool (*explain)(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *fill,
                    struct cn_arena *arena, struct cn_fact *fact, struct cn_error *err);

    /* Text number `index` of the closed set that a text column can hold; false past the last, and
     * at once of a column that may hold whatever there is.  May be NULL: so may all of them.  Pure,
     * as resolve. */
    bool (*value)(void *ctx, const struct cn_column_spec *spec, size_t index, cn_str *value_out);

    /* The ids of the records that the value counts (spec->counts) for one account, ascending; how
     * many.  NULL: it has no such column. */
    size_t (*records)(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *fill,
                      struct cn_arena *arena, int64_t **ids_out);
};

#endif
