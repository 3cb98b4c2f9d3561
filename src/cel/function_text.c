/*
 * Functions of text and sizes.
 */
#include "base/str.h"

#include "cel/rows.h"

CN_CEL_RUN(size_of)
{
    CN_CEL_UNUSED;
    switch ((int)args[0].kind) {
    case CN_CEL_STRING:
        return cn_cel_charge_text(call, args[0].as.text.len)
                   ? cn_cel_int(cn_cel_count_code_points(args[0].as.text))
                   : cn_cel_failed(CN_CEL_TOO_COSTLY);
    case CN_CEL_BYTES:
        return cn_cel_int((int64_t)args[0].as.text.len);
    case CN_CEL_LIST:
        return cn_cel_int((int64_t)args[0].as.list.count);
    default:
        return cn_cel_int((int64_t)args[0].as.map.count);
    }
}

static bool starts_with(cn_str text, cn_str part)
{
    return cn_str_starts_with(text, part);
}

static bool ends_with(cn_str text, cn_str part)
{
    return cn_str_ends_with(text, part);
}

static bool contains(cn_str text, cn_str part)
{
    return part.len == 0 || memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

/* clang-format off */
#define ASK(name, test)                                                                    \
    CN_CEL_RUN(name)                                                                       \
    {                                                                                      \
        CN_CEL_UNUSED;                                                                     \
        return cn_cel_charge_text(call, args[0].as.text.len)                               \
                   ? cn_cel_bool(test(args[0].as.text, args[1].as.text))                   \
                   : cn_cel_failed(CN_CEL_TOO_COSTLY);                                     \
    }
ASK(ask_starts_with, starts_with)
ASK(ask_ends_with, ends_with)
ASK(ask_contains, contains)
/* clang-format on */

CN_CEL_RUN(matches)
{
    CN_CEL_UNUSED;
    const struct cn_cel_regex *regex = cn_cel_cached_regex(call, args[1].as.text);
    if (!cn_cel_charge_text(call, args[0].as.text.len)) {
        return cn_cel_failed(CN_CEL_TOO_COSTLY);
    }
    if (regex == NULL) {
        return cn_cel_failed(call->steps_left > 0 ? CN_CEL_BAD_ARGUMENT : CN_CEL_TOO_COSTLY);
    }
    return cn_cel_bool(cn_cel_regex_matches(regex, args[0].as.text));
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
PREDICATE(starts_with_rows, ask_starts_with);
PREDICATE(ends_with_rows, ask_ends_with);
PREDICATE(contains_rows, ask_contains);
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

const struct cn_cel_function_list cn_cel_text_functions = { "Text", rows, CN_ARRAY_LEN(rows) };
