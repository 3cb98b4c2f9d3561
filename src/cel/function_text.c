/*
 * Functions of text and sizes.
 */
#include "base/str.h"

#include "cel/regex.h"
#include "cel/rows.h"

static struct cn_cel_value size_of(struct cn_cel_call *call, const struct cn_cel_value *args,
                                   size_t count)
{
    (void)call;
    (void)count;
    switch ((int)args[0].kind) {
    case CN_CEL_STRING:
        return cn_cel_int(cn_cel_count_code_points(args[0].as.text));
    case CN_CEL_BYTES:
        return cn_cel_int((int64_t)args[0].as.text.len);
    case CN_CEL_LIST:
        return cn_cel_int((int64_t)args[0].as.list.count);
    default:
        return cn_cel_int((int64_t)args[0].as.map.count);
    }
}

static struct cn_cel_value starts_with(struct cn_cel_call *call, const struct cn_cel_value *args,
                                       size_t count)
{
    (void)call;
    (void)count;
    return cn_cel_bool(cn_str_starts_with(args[0].as.text, args[1].as.text));
}

static struct cn_cel_value ends_with(struct cn_cel_call *call, const struct cn_cel_value *args,
                                     size_t count)
{
    (void)call;
    (void)count;
    return cn_cel_bool(cn_str_ends_with(args[0].as.text, args[1].as.text));
}

static struct cn_cel_value contains(struct cn_cel_call *call, const struct cn_cel_value *args,
                                    size_t count)
{
    (void)call;
    (void)count;
    cn_str part = args[1].as.text;
    return cn_cel_bool(part.len == 0 || memmem(args[0].as.text.ptr, args[0].as.text.len, part.ptr,
                                               part.len) != NULL);
}

/* Compiles the pattern each time; blocks and constants go through cn_cel_regex themselves. */
static struct cn_cel_value matches(struct cn_cel_call *call, const struct cn_cel_value *args,
                                   size_t count)
{
    (void)call;
    (void)count;
    struct cn_cel_regex *regex = cn_cel_regex_new(args[1].as.text);
    if (regex == NULL) {
        return cn_cel_failed(CN_CEL_BAD_ARGUMENT);
    }
    bool found = cn_cel_regex_matches(regex, args[0].as.text);
    cn_cel_regex_free(regex);
    return cn_cel_bool(found);
}

static const struct cn_cel_overload size_rows[] = {
    CN_CEL_TAKES_1(CN_CEL_STRING, CN_CEL_INT, size_of, CN_CEL_OP_TEXT),
    CN_CEL_TAKES_1(CN_CEL_BYTES, CN_CEL_INT, size_of, 0),
    CN_CEL_TAKES_1(CN_CEL_LIST, CN_CEL_INT, size_of, 0),
    CN_CEL_TAKES_1(CN_CEL_MAP, CN_CEL_INT, size_of, 0),
};

#define PREDICATE(name, run_)                                      \
    static const struct cn_cel_overload name[] = { CN_CEL_TAKES_2( \
        CN_CEL_STRING, CN_CEL_STRING, CN_CEL_BOOL, run_, CN_CEL_OP_TEXT) }
PREDICATE(starts_with_rows, starts_with);
PREDICATE(ends_with_rows, ends_with);
PREDICATE(contains_rows, contains);
PREDICATE(matches_rows, matches);

static const struct cn_cel_function rows[] = {
    { .name = "size",
      .usage = "size(x)",
      .doc = "Characters of a text, bytes of bytes, elements of a list or map",
      .form = CN_CEL_GLOBAL | CN_CEL_MEMBER,
      CN_CEL_OVERLOADS(size_rows) },
    { .name = "startsWith",
      .usage = "x.startsWith(prefix)",
      .doc = "The text begins with the other",
      .form = CN_CEL_MEMBER,
      CN_CEL_OVERLOADS(starts_with_rows) },
    { .name = "endsWith",
      .usage = "x.endsWith(suffix)",
      .doc = "The text ends with the other",
      .form = CN_CEL_MEMBER,
      CN_CEL_OVERLOADS(ends_with_rows) },
    { .name = "contains",
      .usage = "x.contains(part)",
      .doc = "The other text is somewhere in the text",
      .form = CN_CEL_MEMBER,
      CN_CEL_OVERLOADS(contains_rows) },
    { .name = "matches",
      .usage = "x.matches(pattern)",
      .doc = "The regular expression (RE2) matches somewhere in the text",
      .form = CN_CEL_GLOBAL | CN_CEL_MEMBER,
      CN_CEL_OVERLOADS(matches_rows) },
};

const struct cn_cel_function_list cn_cel_text_functions = { rows, CN_ARRAY_LEN(rows) };
