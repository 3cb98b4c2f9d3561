/* Reading nodes: what is there, of which shape, and where it stands. */
#include "program/node.h"

#include <string.h>

#include "base/parse.h"
#include "base/str.h"
#include "base/tz.h"

enum {
    NAME_MAX_BYTES = 64,
    DAYS_MAX = 3650,
    SUGGEST_DISTANCE_MAX = 3,
    CHOICES_MAX_BYTES = 200
};

const struct cn_node *cn_node_get(const struct cn_node *map, const char *key)
{
    cn_str wanted = cn_str_of(key);
    if (map->kind != CN_NODE_MAP) {
        return NULL;
    }
    for (size_t i = 0; i < map->count; i++) {
        if (cn_str_equal(map->items[i].key, wanted)) {
            return &map->items[i];
        }
    }
    return NULL;
}

struct cn_place cn_node_place(const struct cn_node *node)
{
    return (struct cn_place){ .source = node->file, .line = node->line, .column = node->column };
}

struct cn_place cn_node_key_place(const struct cn_node *node)
{
    if (node->key_line == 0) {
        return cn_node_place(node);
    }
    return (struct cn_place){ .source = node->file,
                              .line = node->key_line,
                              .column = node->key_column };
}

static const char *const kind_names[] = { [CN_NODE_NULL] = "nothing",
                                          [CN_NODE_SCALAR] = "a value",
                                          [CN_NODE_LIST] = "a list",
                                          [CN_NODE_MAP] = "a map" };

bool cn_node_wrong(const struct cn_node *node, const char *wanted, struct cn_diagnostics *problems)
{
    struct cn_place place = cn_node_place(node);
    cn_str found = cn_str_slice(node->text, 0, 40);
    const char *named = node->key.len > 0 ? "\"" : "";
    bool is_scalar = node->kind == CN_NODE_SCALAR;
    (void)cn_diagnose(problems, &place, "%s%.*s%s%smust be %s, not %s%.*s%s", named,
                      CN_STR_ARG(node->key), named, node->key.len > 0 ? " " : "", wanted,
                      is_scalar ? "\"" : kind_names[node->kind], CN_STR_ARG(found),
                      is_scalar ? "\"" : ""); /* false, as we are */
    cn_node_mark_value(node, problems);
    return false;
}

bool cn_node_str(const struct cn_node *node, cn_str *text_out, struct cn_diagnostics *problems)
{
    if (node->kind != CN_NODE_SCALAR || node->text.len == 0) {
        return cn_node_wrong(node, "a text", problems);
    }
    *text_out = node->text;
    return true;
}

bool cn_node_f64(const struct cn_node *node, double *value_out, struct cn_diagnostics *problems)
{
    double value = 0;
    if (node->kind != CN_NODE_SCALAR || node->is_quoted || !cn_parse_f64(node->text, &value)) {
        return cn_node_wrong(node, "a number", problems);
    }
    *value_out = value;
    return true;
}

bool cn_node_i64(const struct cn_node *node, int64_t min, int64_t max, int64_t *value_out,
                 struct cn_diagnostics *problems)
{
    int64_t value = 0;
    if (node->kind != CN_NODE_SCALAR || node->is_quoted || !cn_parse_i64(node->text, &value)) {
        return cn_node_wrong(node, "a whole number", problems);
    }
    if (value < min || value > max) {
        struct cn_place place = cn_node_place(node);
        return cn_diagnose(problems, &place, "\"%.*s\" must be from %lld to %lld, not %lld",
                           CN_STR_ARG(node->key), (long long)min, (long long)max, (long long)value);
    }
    *value_out = value;
    return true;
}

bool cn_node_bool(const struct cn_node *node, bool *value_out, struct cn_diagnostics *problems)
{
    bool is_true = cn_str_equal(node->text, CN_STR("true"));
    if (node->kind != CN_NODE_SCALAR || node->is_quoted ||
        (!is_true && !cn_str_equal(node->text, CN_STR("false")))) {
        return cn_node_wrong(node, "true or false", problems);
    }
    *value_out = is_true;
    return true;
}

bool cn_node_parse_days(cn_str text, int64_t *days_out)
{
    int64_t count = 0;
    bool is_weeks = cn_str_ends_with(text, CN_STR("w"));
    if (text.len < 2 || !cn_parse_i64(cn_str_slice(text, 0, text.len - 1), &count) || count < 1 ||
        count > DAYS_MAX || (!is_weeks && !cn_str_ends_with(text, CN_STR("d")))) {
        return false;
    }
    *days_out = is_weeks ? count * 7 : count;
    return true;
}

bool cn_node_days(const struct cn_node *node, int64_t *days_out, struct cn_diagnostics *problems)
{
    if (node->kind != CN_NODE_SCALAR || !cn_node_parse_days(node->text, days_out)) {
        return cn_node_wrong(node, "a number of days or weeks such as 30d or 4w", problems);
    }
    return true;
}

bool cn_node_date(const struct cn_node *node, int64_t *day_out, struct cn_diagnostics *problems)
{
    if (node->kind != CN_NODE_SCALAR || !cn_date_parse(node->text, day_out)) {
        return cn_node_wrong(node, "a day such as 2026-03-01", problems);
    }
    return true;
}

/* "one of skip, zero, neutral", cut where it becomes too long to read. */
static void print_choices(const char *const *names, size_t count, char *out, size_t size)
{
    size_t len = (size_t)snprintf(out, size, "one of");
    for (size_t i = 0; i < count; i++) {
        size_t name_len = strlen(names[i]);
        if (len + name_len + 3 < size) {
            len += (size_t)snprintf(out + len, size - len, "%s%s", i == 0 ? " " : ", ", names[i]);
        }
    }
}

bool cn_node_enum(const struct cn_node *node, const char *const *names, size_t count,
                  size_t *index_out, struct cn_diagnostics *problems)
{
    char wanted[CHOICES_MAX_BYTES];
    cn_str nearest = { 0 };
    size_t best = SUGGEST_DISTANCE_MAX + 1;
    for (size_t i = 0; node->kind == CN_NODE_SCALAR && i < count; i++) {
        cn_str name = cn_str_of(names[i]);
        size_t distance = cn_str_distance(node->text, name, SUGGEST_DISTANCE_MAX);
        if (distance == 0) {
            *index_out = i;
            return true;
        }
        if (distance < best && distance <= node->text.len / 3) {
            best = distance;
            nearest = name;
        }
    }
    print_choices(names, count, wanted, sizeof(wanted));
    (void)cn_node_wrong(node, wanted, problems); /* false, as we are */
    if (nearest.len > 0) {
        cn_node_fix(node, 0, node->text.len, nearest, problems);
    }
    return false;
}

static bool is_name(cn_str text)
{
    if (text.len == 0 || text.len > NAME_MAX_BYTES || text.ptr[0] < 'a' || text.ptr[0] > 'z') {
        return false;
    }
    for (size_t i = 1; i < text.len; i++) {
        char c = text.ptr[i];
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-') {
            return false;
        }
    }
    return true;
}

bool cn_node_name(const struct cn_node *node, cn_str *name_out, struct cn_diagnostics *problems)
{
    if (node->kind != CN_NODE_SCALAR || !is_name(node->text)) {
        return cn_node_wrong(node, "a name (a-z first, then a-z, 0-9, _ and -, at most 64)",
                             problems);
    }
    *name_out = node->text;
    return true;
}

cn_str cn_suggest(struct cn_arena *arena, cn_str text, const cn_str *names, size_t count)
{
    cn_str nearest = cn_str_nearest(text, names, count);
    if (nearest.len == 0 || nearest.len > 200) {
        return CN_STR("");
    }
    char out[256];
    int len = snprintf(out, sizeof(out), " (did you mean %.*s?)", CN_STR_ARG(nearest));
    return cn_arena_str(arena, (cn_str){ out, (size_t)len });
}
