/*
 * The columns that a program reads: resolved from the sources by name, each distinct one once.
 *
 * Built while a program is compiled, immutable afterwards, and then the frame keeps exactly these.
 * Besides the sources' names it knows the columns over other accounts' rows, of which the argument
 * is itself a column:
 *
 *   peers.percentile("logins.sum(28)")   share of accounts with less, 0 to 1, of the last complete
 * day peers.rank("arr")                    1 is the largest, of the last complete day
 *   parent.value("arr")                  of the parent account
 *   children.sum("arr")  .mean  .min  .max  .count()
 *
 * They end a stratum, and so does what rules make: strata 0, 1, ... are filled and evaluated in
 * order.
 */
#ifndef CAIRN_FRAME_COLUMNS_H
#define CAIRN_FRAME_COLUMNS_H

#include "frame/source.h"

enum {
    CN_COLUMNS_MAX = 2000,
    CN_COLUMN_NAME_MAX_BYTES = 200,
    CN_COLUMN_INPUTS_MAX = 2,
};

struct cn_column_def {
    cn_str name; /* canonical: "logins.sum(28)" */
    const struct cn_column_source *source;
    struct cn_column_spec spec;
    uint32_t inputs[CN_COLUMN_INPUTS_MAX]; /* columns that it is computed from */
    size_t input_count;
    uint32_t stratum; /* final once the program's rules are finished (frame/rules.h) */
};

struct cn_column_set {
    struct cn_arena *arena;
    const struct cn_column_source *const *sources;
    size_t source_count;
    struct cn_column_def *items;
    size_t count;
    size_t capacity;
    size_t stratum_count; /* at least 1 */
};

/* `arena` and `sources` must outlive the set. */
void cn_column_set_init(struct cn_column_set *set, struct cn_arena *arena,
                        const struct cn_column_source *const *sources, size_t source_count);

/* The index of the column, added if it is new.  Fails with CN_NOT_FOUND: no such name (the nearest
 * known one is suggested), and with CN_INVALID: not with that method or those arguments. */
CN_MUST_CHECK bool cn_column_set_find(struct cn_column_set *set,
                                      const struct cn_column_request *request, uint32_t *index_out,
                                      struct cn_error *err);

/* The same from text: "arr", "logins.sum(28)". */
CN_MUST_CHECK bool cn_column_set_find_text(struct cn_column_set *set, cn_str text,
                                           uint32_t *index_out, struct cn_error *err);

/* Some column is over other accounts' rows. */
bool cn_column_set_compares(const struct cn_column_set *set);

/* And one of these is over what rules make: then the rules need all accounts, too. */
bool cn_column_set_compares_made(const struct cn_column_set *set);

/* It is over the rows of the account's parent or children. */
bool cn_column_is_of_family(const struct cn_column_def *def);

/* The index of a column that is in the set already, from text; false if it is not. */
bool cn_column_set_has(const struct cn_column_set *set, cn_str text, uint32_t *index_out);

/* Entry number `index` of all names that can stand in an expression, over all sources. */
bool cn_column_set_list(const struct cn_column_set *set, size_t index,
                        struct cn_column_name *name_out);

#endif
