#include "frame/columns.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/parse.h"
#include "base/str.h"

#include "frame/rows.h"

enum {
    SUGGEST_DISTANCE_MAX = 3
};

void cn_column_set_init(struct cn_column_set *set, struct cn_arena *arena,
                        const struct cn_column_source *const *sources, size_t source_count)
{
    *set = (struct cn_column_set){
        .arena = arena, .sources = sources, .source_count = source_count, .stratum_count = 1
    };
}

/* "logins.sum(28)": equal requests have equal names. */
static bool name_of(const struct cn_column_request *request, struct cn_buf *out)
{
    cn_buf_add_str(out, request->name);
    if (request->method.len > 0) {
        cn_buf_add_str(out, CN_STR("."));
        cn_buf_add_str(out, request->method);
        cn_buf_add_str(out, CN_STR("("));
        for (size_t i = 0; i < request->arg_count; i++) {
            const struct cn_column_arg *arg = &request->args[i];
            cn_buf_add_str(out, i == 0 ? CN_STR("") : CN_STR(", "));
            if (arg->is_text) {
                cn_buf_add_str(out, CN_STR("\""));
                cn_buf_add_str(out, arg->text);
                cn_buf_add_str(out, CN_STR("\""));
            } else {
                cn_buf_printf(out, "%.17g", arg->number);
            }
        }
        cn_buf_add_str(out, CN_STR(")"));
    }
    return !out->overflowed;
}

static bool find_known(const struct cn_column_set *set, cn_str name, uint32_t *index_out)
{
    for (size_t i = 0; i < set->count; i++) {
        if (cn_str_equal(set->items[i].name, name)) {
            *index_out = (uint32_t)i;
            return true;
        }
    }
    return false;
}

static const struct cn_column_source *source_at(const struct cn_column_set *set, size_t i)
{
    return i < set->source_count ? set->sources[i] : &cn_rows_source;
}

bool cn_column_set_list(const struct cn_column_set *set, size_t index,
                        struct cn_column_name *name_out)
{
    for (size_t i = 0; i <= set->source_count; i++) {
        const struct cn_column_source *source = source_at(set, i);
        size_t n = 0;
        while (source->list(source->ctx, n, name_out)) {
            if (index-- == 0) {
                return true;
            }
            n++;
        }
    }
    return false;
}

static bool unknown_name(const struct cn_column_set *set, cn_str name, struct cn_error *err)
{
    size_t limit = name.len / 3 < SUGGEST_DISTANCE_MAX ? name.len / 3 : SUGGEST_DISTANCE_MAX;
    size_t best = limit + 1;
    struct cn_column_name known;
    cn_str nearest = { 0 };
    for (size_t i = 0; cn_column_set_list(set, i, &known); i++) {
        size_t distance = cn_str_distance(name, known.name, limit);
        if (distance < best) {
            best = distance;
            nearest = known.name;
        }
    }
    if (best > limit) {
        return cn_fail(err, CN_NOT_FOUND, "there is no \"%.*s\"", CN_STR_ARG(name));
    }
    return cn_fail(err, CN_NOT_FOUND, "there is no \"%.*s\" (did you mean %.*s?)", CN_STR_ARG(name),
                   CN_STR_ARG(nearest));
}

static bool resolve(const struct cn_column_set *set, const struct cn_column_request *request,
                    struct cn_column_def *def, struct cn_error *err)
{
    for (size_t i = 0; i <= set->source_count; i++) {
        const struct cn_column_source *source = source_at(set, i);
        switch (source->resolve(source->ctx, request, &def->spec, err)) {
        case CN_RESOLVE_FOUND:
            def->source = source;
            return true;
        case CN_RESOLVE_WRONG:
            return false;
        case CN_RESOLVE_UNKNOWN:
            break;
        }
    }
    return unknown_name(set, request->name, err);
}

static void append(struct cn_column_set *set, const struct cn_column_def *def)
{
    if (set->count == set->capacity) {
        size_t capacity = set->capacity == 0 ? 32 : set->capacity * 2;
        struct cn_column_def *items = cn_arena_array(set->arena, struct cn_column_def, capacity);
        if (set->count > 0) {
            memcpy(items, set->items, set->count * sizeof(*items));
        }
        set->items = items;
        set->capacity = capacity;
    }
    set->items[set->count++] = *def;
    if (def->stratum + 1 > set->stratum_count) {
        set->stratum_count = def->stratum + 1;
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): a column over rows takes one that is not, so one level */
bool cn_column_set_find(struct cn_column_set *set, const struct cn_column_request *request,
                        uint32_t *index_out, struct cn_error *err)
{
    struct cn_column_def def = { 0 };
    struct cn_buf name;
    bool ok = false;
    cn_buf_init(&name, CN_COLUMN_NAME_MAX_BYTES);
    if (!name_of(request, &name)) {
        cn_fail(err, CN_INVALID, "the name of a column is longer than %d bytes",
                CN_COLUMN_NAME_MAX_BYTES);
        goto done;
    }
    if (find_known(set, cn_buf_str(&name), index_out)) {
        ok = true;
        goto done;
    }
    if (set->count == CN_COLUMNS_MAX) {
        cn_fail(err, CN_TOO_LARGE, "a program may read %d columns", CN_COLUMNS_MAX);
        goto done;
    }
    if (!resolve(set, request, &def, err)) {
        goto done;
    }
    if (def.source == &cn_rows_source && !cn_rows_link(set, request, &def, err)) {
        err->code = CN_INVALID; /* also if what it is over is unknown: its own name is not */
        goto done;
    }
    def.name = cn_arena_str(set->arena, cn_buf_str(&name));
    def.stratum = def.spec.needs_rows || def.spec.maker != 0 ? 1 : 0;
    append(set, &def);
    *index_out = (uint32_t)(set->count - 1);
    ok = true;

done:
    cn_buf_deinit(&name);
    return ok;
}

bool cn_column_is_of_family(const struct cn_column_def *def)
{
    return def->source == &cn_rows_source && !cn_rows_is_of_yesterday(def);
}

bool cn_column_set_compares(const struct cn_column_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->items[i].spec.needs_rows) {
            return true;
        }
    }
    return false;
}

bool cn_column_set_compares_made(const struct cn_column_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct cn_column_def *def = &set->items[i];
        for (size_t n = 0; def->spec.needs_rows && n < def->input_count; n++) {
            if (set->items[def->inputs[n]].spec.maker != 0) {
                return true;
            }
        }
    }
    return false;
}

static bool read_arg(cn_str text, struct cn_column_arg *arg)
{
    text = cn_str_trim(text);
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"') {
        *arg =
            (struct cn_column_arg){ .is_text = true, .text = cn_str_slice(text, 1, text.len - 1) };
        return true;
    }
    return cn_parse_f64(text, &arg->number);
}

/* Splits "name.method(args)".  A name may have dots; a method's parentheses end the text. */
static bool read_request(cn_str text, struct cn_column_request *request)
{
    *request = (struct cn_column_request){ .name = text };
    const char *open = memchr(text.ptr, '(', text.len);
    if (open == NULL) {
        return text.len > 0;
    }
    size_t at = (size_t)(open - text.ptr);
    size_t dot = at;
    while (dot > 0 && text.ptr[dot] != '.') {
        dot--;
    }
    if (dot == 0 || text.ptr[text.len - 1] != ')') {
        return false;
    }
    request->name = cn_str_slice(text, 0, dot);
    request->method = cn_str_slice(text, dot + 1, at);
    cn_str rest = cn_str_slice(text, at + 1, text.len - 1);
    cn_str piece;
    while (cn_str_split(&rest, ',', &piece)) {
        if (request->arg_count == CN_COLUMN_ARGS_MAX ||
            !read_arg(piece, &request->args[request->arg_count++])) {
            return false;
        }
    }
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): see cn_column_set_find() */
bool cn_column_set_find_text(struct cn_column_set *set, cn_str text, uint32_t *index_out,
                             struct cn_error *err)
{
    struct cn_column_request request;
    if (!read_request(text, &request)) {
        return cn_fail(err, CN_INVALID, "\"%.*s\" is not the name of a column",
                       CN_STR_ARG(cn_str_slice(text, 0, 100)));
    }
    return cn_column_set_find(set, &request, index_out, err);
}

bool cn_column_set_has(const struct cn_column_set *set, cn_str text, uint32_t *index_out)
{
    struct cn_column_request request;
    struct cn_buf name;
    cn_buf_init(&name, CN_COLUMN_NAME_MAX_BYTES);
    bool found = read_request(text, &request) && name_of(&request, &name) &&
                 find_known(set, cn_buf_str(&name), index_out);
    cn_buf_deinit(&name);
    return found;
}
