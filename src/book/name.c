#include "book/name.h"

#include "base/str.h"
#include "base/utf8.h"

bool cn_check_name(const char *what, cn_str name, struct cn_error *err)
{
    bool is_blank = true;
    bool has_control = false;
    for (size_t i = 0; i < name.len; i++) {
        const unsigned char byte = (unsigned char)name.ptr[i];
        is_blank = is_blank && byte == ' ';
        has_control = has_control || byte < ' ' || byte == 0x7f;
    }
    if (name.len > CN_NAME_MAX_BYTES || is_blank) {
        return cn_fail(err, CN_MALFORMED, "%s: 1 to %d bytes, not only blanks", what,
                       CN_NAME_MAX_BYTES);
    }
    if (has_control || !cn_utf8_valid(name)) {
        return cn_fail(err, CN_MALFORMED, "%s: text in UTF-8 on one line", what);
    }
    return true;
}
