#include "net/mime.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/tz.h"
#include "base/utf8.h"

enum {
    LINE_BYTES = 57, /* 76 characters of base64 */
    WORD_BYTES = 42, /* of an encoded word, which may have 75 characters */
};

static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static bool is_address_byte(char c)
{
    return c > ' ' && c < 0x7f && strchr("<>()[]\\,;:\"@", c) == NULL;
}

static bool is_plain_address(cn_str text)
{
    size_t ats = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool is_at = text.ptr[i] == '@' && i > 0 && i + 1 < text.len;
        ats += is_at;
        if (!is_at && !is_address_byte(text.ptr[i])) {
            return false;
        }
    }
    return ats == 1 && text.len <= CN_MAIL_ADDRESS_MAX_BYTES;
}

bool cn_mail_address(cn_str text, cn_str *address_out, struct cn_error *err)
{
    cn_str address = cn_str_trim(text);
    const char *open = memchr(address.ptr, '<', address.len);
    if (open != NULL && address.ptr[address.len - 1] == '>') {
        address = cn_str_slice(address, (size_t)(open - address.ptr) + 1, address.len - 1);
    }
    if (!is_plain_address(address)) {
        return cn_fail(err, CN_INVALID, "not a mail address");
    }
    *address_out = address;
    return true;
}

/* At most LINE_BYTES. */
static void add_base64(struct cn_buf *out, cn_str bytes)
{
    char text[sodium_base64_ENCODED_LEN(LINE_BYTES, sodium_base64_VARIANT_ORIGINAL)];
    assert(bytes.len <= LINE_BYTES);
    (void)sodium_bin2base64(text, sizeof(text), (const unsigned char *)bytes.ptr, bytes.len,
                            sodium_base64_VARIANT_ORIGINAL); /* yields text */
    cn_buf_add_str(out, cn_str_of(text));
}

/* Text of people inside a header. */
static void add_words(struct cn_buf *out, cn_str text)
{
    bool is_plain = true;
    for (size_t i = 0; i < text.len; i++) {
        is_plain = is_plain && text.ptr[i] >= ' ' && text.ptr[i] < 0x7f;
    }
    /* "=?" in plain text would be read as an encoded word. */
    if (is_plain && memmem(text.ptr, text.len, "=?", 2) == NULL) {
        cn_buf_add_str(out, text);
        return;
    }
    for (bool is_first = true; text.len > 0; is_first = false) {
        cn_str word = cn_utf8_clip(text, WORD_BYTES);
        word = word.len > 0 ? word : cn_str_slice(text, 0, WORD_BYTES); /* not UTF-8 */
        cn_buf_add_str(out, is_first ? CN_STR("=?UTF-8?B?") : CN_STR("\r\n =?UTF-8?B?"));
        add_base64(out, word);
        cn_buf_add_str(out, CN_STR("?="));
        text = cn_str_slice(text, word.len, text.len);
    }
}

/* Control characters say nothing in a header. */
static cn_str without_controls(struct cn_arena *arena, cn_str text)
{
    cn_str copy = cn_arena_str(arena, text);
    char *at = cn_arena_array(arena, char, copy.len + 1);
    for (size_t i = 0; i < copy.len; i++) {
        at[i] = (char)((unsigned char)copy.ptr[i] < ' ' || copy.ptr[i] == 0x7f ? ' ' : copy.ptr[i]);
    }
    return (cn_str){ at, copy.len };
}

static void add_from(struct cn_buf *out, struct cn_arena *arena, cn_str from, cn_str address)
{
    const char *open = memchr(from.ptr, '<', from.len);
    size_t len = open != NULL ? (size_t)(open - from.ptr) : 0;
    cn_str name = cn_str_trim(cn_str_slice(from, 0, len));
    bool is_word = name.len > 0;
    for (size_t i = 0; i < name.len; i++) {
        is_word =
            is_word && (name.ptr[i] == ' ' || is_address_byte(name.ptr[i])) && name.ptr[i] != '.';
    }
    cn_buf_add_str(out, CN_STR("From: "));
    if (is_word) {
        cn_buf_add_str(out, name);
        cn_buf_add_str(out, CN_STR(" "));
    } else if (name.len > 0) {
        cn_buf_add_str(out, CN_STR("=?UTF-8?B?"));
        add_base64(out, cn_utf8_clip(without_controls(arena, name), WORD_BYTES));
        cn_buf_add_str(out, CN_STR("?= "));
    }
    cn_buf_printf(out, "<%.*s>\r\n", CN_STR_ARG(address));
}

static void add_date(struct cn_buf *out, cn_time at)
{
    const int64_t seconds = at.us / 1000000;
    const int64_t day = seconds / 86400;
    const struct cn_civil date = cn_date_from_day(day);
    const int64_t rest = seconds % 86400;
    cn_buf_printf(out, "Date: %s, %02d %s %04lld %02lld:%02lld:%02lld +0000\r\n",
                  days[(day + 4) % 7], date.day, months[date.month - 1], (long long)date.year,
                  (long long)(rest / 3600), (long long)(rest / 60 % 60), (long long)(rest % 60));
}

static void add_part(struct cn_buf *out, const char *boundary, const char *type, cn_str body)
{
    cn_buf_printf(out,
                  "--%s\r\nContent-Type: %s; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: base64\r\n\r\n",
                  boundary, type);
    for (size_t i = 0; i < body.len; i += LINE_BYTES) {
        add_base64(out, cn_str_slice(body, i, i + LINE_BYTES));
        cn_buf_add_str(out, CN_STR("\r\n"));
    }
}

bool cn_mail_format(const struct cn_mail_text *mail, struct cn_buf *out, struct cn_error *err)
{
    struct cn_arena arena;
    cn_str from = CN_STR("");
    cn_str to = CN_STR("");
    char boundary[40];
    if (!cn_mail_address(mail->from, &from, err) || !cn_mail_address(mail->to, &to, err)) {
        return false;
    }
    cn_arena_init(&arena, 4096);
    /* Cannot stand in a part: base64 has no "=_". */
    (void)snprintf(boundary, sizeof(boundary), "=_%016llx",
                   (unsigned long long)cn_hash64(mail->message_id));
    add_from(out, &arena, mail->from, from);
    cn_buf_printf(out, "To: <%.*s>\r\n", CN_STR_ARG(to));
    cn_buf_add_str(out, CN_STR("Subject: "));
    add_words(out,
              without_controls(&arena, cn_utf8_clip(mail->subject, CN_MAIL_SUBJECT_MAX_BYTES)));
    cn_buf_add_str(out, CN_STR("\r\n"));
    add_date(out, mail->date);
    cn_buf_printf(out, "Message-ID: <%.*s>\r\n", CN_STR_ARG(mail->message_id));
    cn_buf_printf(out,
                  "MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n"
                  "Content-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n",
                  boundary);
    add_part(out, boundary, "text/plain", mail->text);
    add_part(out, boundary, "text/html", mail->html);
    cn_buf_printf(out, "--%s--\r\n", boundary);
    cn_arena_deinit(&arena);
    return !out->overflowed || cn_fail(err, CN_TOO_LARGE, "the mail is too large");
}
