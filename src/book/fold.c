#include "book/fold.h"

#include <string.h>

#include "base/str.h"

struct fold_range {
    uint32_t first;
    uint32_t last;
    const char *text;
};

/* Sorted.  What is between is left as it is. */
static const struct fold_range latin[] = {
    { 0xc0, 0xc5, "a" },   { 0xc6, 0xc6, "ae" },   { 0xc7, 0xc7, "c" },   { 0xc8, 0xcb, "e" },
    { 0xcc, 0xcf, "i" },   { 0xd0, 0xd0, "d" },    { 0xd1, 0xd1, "n" },   { 0xd2, 0xd6, "o" },
    { 0xd8, 0xd8, "o" },   { 0xd9, 0xdc, "u" },    { 0xdd, 0xdd, "y" },   { 0xde, 0xde, "th" },
    { 0xdf, 0xdf, "ss" },  { 0xe0, 0xe5, "a" },    { 0xe6, 0xe6, "ae" },  { 0xe7, 0xe7, "c" },
    { 0xe8, 0xeb, "e" },   { 0xec, 0xef, "i" },    { 0xf0, 0xf0, "d" },   { 0xf1, 0xf1, "n" },
    { 0xf2, 0xf6, "o" },   { 0xf8, 0xf8, "o" },    { 0xf9, 0xfc, "u" },   { 0xfd, 0xfd, "y" },
    { 0xfe, 0xfe, "th" },  { 0xff, 0xff, "y" },    { 0x100, 0x105, "a" }, { 0x106, 0x10d, "c" },
    { 0x10e, 0x111, "d" }, { 0x112, 0x11b, "e" },  { 0x11c, 0x123, "g" }, { 0x124, 0x127, "h" },
    { 0x128, 0x131, "i" }, { 0x132, 0x133, "ij" }, { 0x134, 0x135, "j" }, { 0x136, 0x138, "k" },
    { 0x139, 0x142, "l" }, { 0x143, 0x14b, "n" },  { 0x14c, 0x151, "o" }, { 0x152, 0x153, "oe" },
    { 0x154, 0x159, "r" }, { 0x15a, 0x161, "s" },  { 0x162, 0x167, "t" }, { 0x168, 0x173, "u" },
    { 0x174, 0x175, "w" }, { 0x176, 0x178, "y" },  { 0x179, 0x17e, "z" }, { 0x17f, 0x17f, "s" },
    { 0x300, 0x36f, "" }, /* combining accents */
};

/* Reads one character; a byte that begins none stands for itself. */
static uint32_t next_char(cn_str text, size_t *at, size_t *len_out)
{
    unsigned char lead = (unsigned char)text.ptr[*at];
    size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
    if (len > text.len - *at) {
        len = 1;
    }
    uint32_t code = len == 1 ? lead : lead & (0x7fU >> len);
    for (size_t i = 1; i < len; i++) {
        code = code << 6 | ((unsigned char)text.ptr[*at + i] & 0x3fU);
    }
    *len_out = len;
    *at += len;
    return code;
}

static bool is_space(uint32_t code)
{
    return code == ' ' || (code >= '\t' && code <= '\r') || code == 0xa0;
}

static const char *latin_of(uint32_t code)
{
    for (size_t i = 0; i < CN_ARRAY_LEN(latin); i++) {
        if (code >= latin[i].first && code <= latin[i].last) {
            return latin[i].text;
        }
    }
    return NULL;
}

/* Greek and Cyrillic capitals, which have two bytes in either case. */
static uint32_t lower_of(uint32_t code)
{
    if ((code >= 0x391 && code <= 0x3a9) || (code >= 0x410 && code <= 0x42f)) {
        return code + 0x20;
    }
    return code >= 0x400 && code <= 0x40f ? code + 0x50 : code;
}

/* Folds one character that is not ASCII; never longer than it was. */
static size_t fold_wide(uint32_t code, cn_str original, char *out)
{
    const char *text = latin_of(code);
    if (text != NULL) {
        size_t len = strlen(text);
        memcpy(out, text, len); /* NOLINT(bugprone-not-null-terminated-result): counted text */
        return len;
    }
    uint32_t lower = lower_of(code);
    if (lower != code) {
        out[0] = (char)(0xc0 | lower >> 6);
        out[1] = (char)(0x80 | (lower & 0x3f));
        return 2;
    }
    memcpy(out, original.ptr, original.len);
    return original.len;
}

cn_str cn_fold(struct cn_arena *arena, cn_str text)
{
    char *out = cn_arena_calloc(arena, text.len + 1, 1);
    size_t len = 0;
    text = cn_str_trim(text);
    for (size_t at = 0; at < text.len;) {
        size_t from = at;
        size_t width = 0;
        uint32_t code = next_char(text, &at, &width);
        if (is_space(code)) {
            if (len > 0 && out[len - 1] != ' ') {
                out[len++] = ' ';
            }
        } else if (code < 0x80) {
            out[len++] = (char)(code >= 'A' && code <= 'Z' ? code + 32 : code);
        } else {
            len += fold_wide(code, cn_str_slice(text, from, from + width), out + len);
        }
    }
    return (cn_str){ out, len };
}

static const char *const private_mail[] = {
    "gmail.com",     "googlemail.com", "outlook.com",    "hotmail.com", "live.com",
    "msn.com",       "yahoo.com",      "ymail.com",      "icloud.com",  "me.com",
    "mac.com",       "aol.com",        "gmx.de",         "gmx.net",     "gmx.com",
    "web.de",        "t-online.de",    "mail.com",       "mail.ru",     "yandex.ru",
    "yandex.com",    "proton.me",      "protonmail.com", "qq.com",      "163.com",
    "126.com",       "fastmail.com",   "hey.com",        "zoho.com",    "tutanota.com",
    "hotmail.fr",    "orange.fr",      "free.fr",        "laposte.net", "libero.it",
    "hotmail.co.uk", "yahoo.co.uk",    "btinternet.com", "comcast.net", "verizon.net",
};

static cn_str lower_ascii(struct cn_arena *arena, cn_str text)
{
    cn_str copy = cn_arena_str(arena, text);
    char *bytes = cn_arena_calloc(arena, copy.len + 1, 1);
    for (size_t i = 0; i < copy.len; i++) {
        char c = copy.ptr[i];
        bytes[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    return (cn_str){ bytes, copy.len };
}

/* At least one dot, no blanks, nothing empty between dots. */
static bool looks_like_domain(cn_str text)
{
    bool dot = false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool edge = i == 0 || i + 1 == text.len || text.ptr[i - 1] == '.';
        if (c <= ' ' || c == '@' || c == '/' || c == 0x7f || (c == '.' && edge)) {
            return false;
        }
        dot = dot || c == '.';
    }
    return dot && text.len <= 253;
}

cn_str cn_mail_domain(struct cn_arena *arena, cn_str email)
{
    const cn_str none = { "", 0 };
    const char *at = email.len > 0 ? memrchr(email.ptr, '@', email.len) : NULL;
    if (at == NULL || at == email.ptr) {
        return none;
    }
    cn_str domain =
        lower_ascii(arena, cn_str_slice(email, (size_t)(at + 1 - email.ptr), email.len));
    for (size_t i = 0; i < CN_ARRAY_LEN(private_mail); i++) {
        if (cn_str_equal(domain, cn_str_of(private_mail[i]))) {
            return none;
        }
    }
    return looks_like_domain(domain) ? domain : none;
}

cn_str cn_domain_normal(struct cn_arena *arena, cn_str domain)
{
    cn_str text = lower_ascii(arena, cn_str_trim(domain));
    const char *scheme = text.len > 0 ? memmem(text.ptr, text.len, "://", 3) : NULL;
    if (scheme != NULL) {
        text = cn_str_slice(text, (size_t)(scheme + 3 - text.ptr), text.len);
    }
    if (cn_str_starts_with(text, CN_STR("www."))) {
        text = cn_str_slice(text, 4, text.len);
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '/' || text.ptr[i] == ':' || text.ptr[i] == '?') {
            text = cn_str_slice(text, 0, i);
        }
    }
    return looks_like_domain(text) ? text : (cn_str){ "", 0 };
}
