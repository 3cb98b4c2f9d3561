/* before ours, which bans functions that it names */
#include <new>
#include <re2/re2.h>

extern "C" {
#include "cel/regex.h"
}

namespace
{
constexpr int64_t PROGRAM_MAX_BYTES = 1 << 20;
}

struct cn_cel_regex {
    re2::RE2 pattern;
};

extern "C" struct cn_cel_regex *cn_cel_regex_new(cn_str pattern)
{
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(PROGRAM_MAX_BYTES);
    auto *regex =
        new (std::nothrow) cn_cel_regex{ { re2::StringPiece(pattern.ptr, pattern.len), options } };
    if (regex != nullptr && !regex->pattern.ok()) {
        delete regex;
        return nullptr;
    }
    return regex;
}

extern "C" void cn_cel_regex_free(struct cn_cel_regex *regex)
{
    delete regex;
}

extern "C" bool cn_cel_regex_matches(const struct cn_cel_regex *regex, cn_str text)
{
    return re2::RE2::PartialMatch(re2::StringPiece(text.ptr, text.len), regex->pattern);
}
