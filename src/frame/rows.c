/* Ranks among all accounts, and what a parent and its children have.  One table row a method. */
#include "frame/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum {
    WORDS_AHEAD = 2 /* of 64 rows, whose parents are looked for next */
};

enum op {
    OP_PERCENTILE,
    OP_RANK,
    OP_PARENT_VALUE,
    OP_CHILDREN_SUM,
    OP_CHILDREN_MEAN,
    OP_CHILDREN_MIN,
    OP_CHILDREN_MAX,
    OP_CHILDREN_COUNT,
};

struct row_method {
    const char *name;
    const char *method;
    const char *usage;
    const char *doc;
    bool has_column;
};

static const struct row_method methods[] = {
    [OP_PERCENTILE] = { "peers", "percentile", "peers.percentile(\"arr\")",
                        "share of accounts with less, 0 to 1, as of the last complete day", true },
    [OP_RANK] = { "peers", "rank", "peers.rank(\"arr\")",
                  "place among all accounts, 1 has most, as of the last complete day", true },
    [OP_PARENT_VALUE] = { "parent", "value", "parent.value(\"arr\")", "of the parent account",
                          true },
    [OP_CHILDREN_SUM] = { "children", "sum", "children.sum(\"arr\")", "over the child accounts",
                          true },
    [OP_CHILDREN_MEAN] = { "children", "mean", "children.mean(\"arr\")",
                           "mean over the child accounts", true },
    [OP_CHILDREN_MIN] = { "children", "min", "children.min(\"arr\")", "least of the child accounts",
                          true },
    [OP_CHILDREN_MAX] = { "children", "max", "children.max(\"arr\")",
                          "greatest of the child accounts", true },
    [OP_CHILDREN_COUNT] = { "children", "count", "children.count()", "number of child accounts",
                            false },
};

static bool is_over_peers(int32_t op)
{
    return op == OP_PERCENTILE || op == OP_RANK;
}

bool cn_rows_is_of_yesterday(const struct cn_column_def *def)
{
    return is_over_peers(def->spec.op);
}

static enum cn_resolve resolve(void *ctx, const struct cn_column_request *request,
                               struct cn_column_spec *spec_out, struct cn_error *err)
{
    (void)ctx;
    bool is_ours = false;
    if (request->method.len == 0) {
        return CN_RESOLVE_UNKNOWN; /* the name alone is no value */
    }
    for (size_t i = 0; i < CN_ARRAY_LEN(methods); i++) {
        if (!cn_str_equal(request->name, cn_str_of(methods[i].name))) {
            continue;
        }
        is_ours = true;
        if (!cn_str_equal(request->method, cn_str_of(methods[i].method))) {
            continue;
        }
        size_t wants = methods[i].has_column ? 1 : 0;
        if (request->arg_count != wants || (wants == 1 && !request->args[0].is_text)) {
            cn_fail(err, CN_INVALID, "use it as %s", methods[i].usage);
            return CN_RESOLVE_WRONG;
        }
        *spec_out = (struct cn_column_spec){
            .type = CN_COLUMN_F64,
            .pace = is_over_peers((int32_t)i) ? CN_PACE_DAY : CN_PACE_FACT,
            .needs_rows = true,
            .unit = "",
            .op = (int32_t)i,
        };
        return CN_RESOLVE_FOUND;
    }
    if (is_ours) {
        cn_fail(err, CN_INVALID, "\"%.*s\" has no method \"%.*s\"", CN_STR_ARG(request->name),
                CN_STR_ARG(request->method));
    }
    return is_ours ? CN_RESOLVE_WRONG : CN_RESOLVE_UNKNOWN;
}

static bool list(void *ctx, size_t index, struct cn_column_name *name_out)
{
    (void)ctx;
    if (index >= CN_ARRAY_LEN(methods)) {
        return false;
    }
    *name_out = (struct cn_column_name){
        .name = cn_str_of(methods[index].name),
        .method = cn_str_of(methods[index].method),
        .usage = cn_str_of(methods[index].usage),
        .doc = cn_str_of(methods[index].doc),
        .type = CN_COLUMN_F64,
    };
    return true;
}

const struct cn_column_source cn_rows_source = { .name = "rows", .resolve = resolve, .list = list };

bool cn_rows_link(struct cn_column_set *set, const struct cn_column_request *request,
                  struct cn_column_def *def, struct cn_error *err)
{
    static const struct cn_column_request parent = { .name = { "parent_id", 9 } };
    if (methods[def->spec.op].has_column) {
        uint32_t of = 0;
        if (!cn_column_set_find_text(set, request->args[0].text, &of, err)) {
            return false;
        }
        enum cn_column_type type = set->items[of].spec.type;
        if (set->items[of].spec.needs_rows || (type != CN_COLUMN_F64 && type != CN_COLUMN_I64)) {
            return cn_fail(err, CN_INVALID, "\"%.*s\" is no number of the account itself",
                           CN_STR_ARG(request->args[0].text));
        }
        if (is_over_peers(def->spec.op) && set->items[of].spec.maker != 0) {
            return cn_fail(err, CN_INVALID,
                           "%s compares facts of last night, \"%.*s\" is made by rules",
                           methods[def->spec.op].method, CN_STR_ARG(request->args[0].text));
        }
        def->spec.unit = is_over_peers(def->spec.op) ? "" : set->items[of].spec.unit;
        if (!is_over_peers(def->spec.op)) {
            def->spec.pace = set->items[of].spec.pace; /* it moves when what it is over does */
        }
        def->inputs[def->input_count++] = of;
    }
    if (!is_over_peers(def->spec.op)) {
        if (!cn_column_set_find(set, &parent, &def->inputs[def->input_count], err)) {
            return cn_error_context(err, "%s", methods[def->spec.op].usage);
        }
        def->input_count++;
    }
    return true;
}

struct ranked {
    double value;
    uint32_t row;
};

static int by_value(const void *a, const void *b)
{
    double x = ((const struct ranked *)a)->value;
    double y = ((const struct ranked *)b)->value;
    return (x > y) - (x < y);
}

static double number_at(const struct cn_column *column, size_t row)
{
    return column->type == CN_COLUMN_F64 ? column->as.f64[row] : (double)column->as.i64[row];
}

/* Equal values share a place: the share of accounts with less, and 1 + the number with more. */
static void compute_peers(const struct cn_frame *frame, enum op op, const struct cn_column *of,
                          struct cn_column *column)
{
    size_t rows = cn_frame_rows(frame);
    const int64_t *accounts = cn_frame_accounts(frame);
    struct ranked *sorted = cn_heap_resize(NULL, (rows + 1) * sizeof(*sorted));
    size_t count = 0;
    for (size_t row = 0; row < rows; row++) {
        cn_column_set_missing(column, row);
        if (accounts[row] != 0 && !cn_column_is_missing(of, row)) {
            sorted[count++] = (struct ranked){ number_at(of, row), (uint32_t)row };
        }
    }
    qsort(sorted, count, sizeof(*sorted), by_value);
    for (size_t i = 0; i < count;) {
        size_t end = i + 1;
        while (end < count && sorted[end].value == sorted[i].value) {
            end++;
        }
        double result = op == OP_RANK ? (double)(count - end) + 1 : (double)i / (double)count;
        for (; i < end; i++) {
            cn_column_set_f64(column, sorted[i].row, result);
        }
    }
    free(sorted);
}

static bool parent_row(const struct cn_frame *frame, const struct cn_column *parents, size_t row,
                       uint32_t *parent_out)
{
    return cn_frame_accounts(frame)[row] != 0 && !cn_column_is_missing(parents, row) &&
           cn_frame_find(frame, parents->as.i64[row], parent_out);
}

/* The parents of the rows of a word: their places are far apart in memory. */
static void prefetch_parents(const struct cn_frame *frame, const struct cn_column *parents,
                             size_t w)
{
    for (uint64_t word = ~parents->missing[w]; word != 0; word &= word - 1) {
        cn_frame_prefetch(frame, parents->as.i64[w * 64 + (size_t)__builtin_ctzll(word)]);
    }
}

static void compute_parent(const struct cn_frame *frame, const struct cn_column *of,
                           const struct cn_column *parents, struct cn_column *column)
{
    uint32_t parent = 0;
    const size_t rows = cn_frame_rows(frame);
    for (size_t row = 0; row < rows; row++) {
        if (row % 64 == 0 && row / 64 + WORDS_AHEAD < (rows + 63) / 64) {
            prefetch_parents(frame, parents, row / 64 + WORDS_AHEAD);
        }
        if (parent_row(frame, parents, row, &parent) && !cn_column_is_missing(of, parent)) {
            cn_column_set_f64(column, row, number_at(of, parent));
        } else {
            cn_column_set_missing(column, row);
        }
    }
}

/* Another child of the parent, whatever the order in which they come. */
static void join_child(enum op op, double value, uint32_t parent, struct cn_column *column)
{
    double *held = &column->as.f64[parent];
    if (cn_column_is_missing(column, parent)) {
        cn_column_set_f64(column, parent, value);
    } else if (op == OP_CHILDREN_COUNT) {
        *held += value;
    } else if (op == OP_CHILDREN_MIN ? value < *held : value > *held) {
        *held = value;
    }
}

/* By parent, and for each from the least: sums do not depend on the order of rows. */
static int by_parent(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    return x->row != y->row ? (x->row > y->row) - (x->row < y->row) : by_value(a, b);
}

static void sum_children(enum op op, struct ranked *children, size_t count,
                         struct cn_column *column)
{
    qsort(children, count, sizeof(*children), by_parent);
    for (size_t i = 0; i < count;) {
        const uint32_t parent = children[i].row;
        const size_t first = i;
        double sum = 0;
        for (; i < count && children[i].row == parent; i++) {
            sum += children[i].value;
        }
        const double size = op == OP_CHILDREN_MEAN ? (double)(i - first) : 1;
        cn_column_set_f64(column, parent, sum / size);
    }
}

static void compute_children(const struct cn_frame *frame, enum op op, const struct cn_column *of,
                             const struct cn_column *parents, struct cn_column *column)
{
    const size_t rows = cn_frame_rows(frame);
    const bool is_sum = op == OP_CHILDREN_SUM || op == OP_CHILDREN_MEAN;
    struct ranked *children = is_sum ? cn_heap_resize(NULL, (rows + 1) * sizeof(*children)) : NULL;
    size_t count = 0;
    uint32_t parent = 0;
    for (size_t row = 0; row < rows; row++) {
        if (row % 64 == 0 && row / 64 + WORDS_AHEAD < (rows + 63) / 64) {
            prefetch_parents(frame, parents, row / 64 + WORDS_AHEAD);
        }
        const bool counts = op == OP_CHILDREN_COUNT || !cn_column_is_missing(of, row);
        if (!counts || !parent_row(frame, parents, row, &parent)) {
            continue;
        }
        const double value = op == OP_CHILDREN_COUNT ? 1 : number_at(of, row);
        if (is_sum) {
            children[count++] = (struct ranked){ value, parent };
        } else {
            join_child(op, value, parent, column);
        }
    }
    if (count > 0) {
        sum_children(op, children, count, column);
    }
    free(children);
}

void cn_rows_compute(const struct cn_frame *frame, const struct cn_column_def *def,
                     const struct cn_column *of, const struct cn_column *parents,
                     struct cn_column *column)
{
    enum op op = (enum op)def->spec.op;
    if (is_over_peers(def->spec.op)) {
        compute_peers(frame, op, of, column);
    } else if (op == OP_PARENT_VALUE) {
        compute_parent(frame, of, parents, column);
    } else {
        compute_children(frame, op, of, parents, column);
    }
}
