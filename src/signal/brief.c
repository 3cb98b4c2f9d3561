#include "signal/brief.h"

#include <stdio.h>

#include "base/str.h"
#include "base/utf8.h"

#include "json/reader.h"

enum {
    SECTION_MAX_BYTES = 2900, /* Slack takes 3000 characters */
    EVIDENCE_MAX_BYTES = 256 * 1024,
};

/* ---- what is known ---- */

static cn_str text_of(struct cn_arena *arena, cn_json_value value)
{
    return cn_json_kind(value) == CN_JSON_STR ? cn_arena_str(arena, cn_json_get_str(value))
                                              : CN_STR("");
}

static void read_value(struct cn_arena *arena, cn_json_value object, struct cn_brief *brief)
{
    struct cn_brief_value *at = &brief->values[brief->value_count];
    cn_json_value value;
    cn_str name;
    if (cn_json_kind(object) != CN_JSON_OBJECT || brief->value_count == CN_BRIEF_VALUES_MAX) {
        return;
    }
    *at = (struct cn_brief_value){ CN_STR(""), CN_STR(""), CN_STR("") };
    struct cn_json_iter iter = cn_json_iterate(object);
    while (cn_json_next(&iter, &name, &value)) {
        if (cn_str_equal(name, CN_STR("name"))) {
            at->name = text_of(arena, value);
        } else if (cn_str_equal(name, CN_STR("value_text"))) {
            at->value = text_of(arena, value);
        } else if (cn_str_equal(name, CN_STR("source"))) {
            at->source = text_of(arena, value);
        }
    }
    brief->value_count++;
}

static void read_health(struct cn_arena *arena, cn_json_value object, struct cn_brief *brief)
{
    cn_json_value value;
    cn_str name;
    struct cn_json_iter iter = cn_json_iterate(object);
    while (cn_json_next(&iter, &name, &value)) {
        if (cn_str_equal(name, CN_STR("band"))) {
            brief->band = text_of(arena, value);
        } else if (cn_str_equal(name, CN_STR("grade"))) {
            brief->grade = text_of(arena, value);
        } else if ((cn_str_equal(name, CN_STR("points")) || cn_str_equal(name, CN_STR("whole"))) &&
                   (cn_json_kind(value) == CN_JSON_F64 || cn_json_kind(value) == CN_JSON_I64)) {
            brief->points = cn_json_get_f64(value); /* "whole" comes last, if it is there */
        }
    }
}

static void read_values(struct cn_arena *arena, cn_json_value array, struct cn_brief *brief)
{
    struct cn_json_iter iter = cn_json_iterate(array);
    cn_json_value item;
    cn_str unused;
    while (cn_json_next(&iter, &unused, &item)) {
        read_value(arena, item, brief);
    }
}

/* As the engine froze it; what cannot be read is left out. */
static void read_evidence(struct cn_arena *arena, cn_str text, struct cn_brief *brief)
{
    struct cn_json_parser *parser = cn_json_parser_new(EVIDENCE_MAX_BYTES);
    struct cn_error ignored; /* a message without its evidence is still one */
    cn_json_value root;
    cn_json_value value;
    cn_str name;
    if (cn_json_parse(parser, text, &root, &ignored) && cn_json_kind(root) == CN_JSON_OBJECT) {
        struct cn_json_iter iter = cn_json_iterate(root);
        while (cn_json_next(&iter, &name, &value)) {
            enum cn_json_kind kind = cn_json_kind(value);
            if (kind == CN_JSON_ARRAY && cn_str_equal(name, CN_STR("values"))) {
                read_values(arena, value, brief);
            } else if (kind == CN_JSON_OBJECT && cn_str_equal(name, CN_STR("health"))) {
                read_health(arena, value, brief);
            }
        }
    }
    cn_json_parser_free(parser);
}

bool cn_brief_load(const struct cn_unit *unit, cn_signal_id id, struct cn_brief *brief_out,
                   struct cn_error *err)
{
    struct cn_brief brief = { .band = CN_STR("") };
    struct cn_signal_event_list events;
    if (!cn_signal_load(unit, id, &brief.signal, err) ||
        !cn_account_load(unit, brief.signal.account_id, &brief.account, err) ||
        !cn_signal_events(unit, &brief.signal, &events, err)) {
        return false;
    }
    for (size_t i = events.count; i > 0; i--) {
        if (events.items[i - 1].evidence.len > 0) {
            read_evidence(unit->arena, events.items[i - 1].evidence, &brief);
            break;
        }
    }
    *brief_out = brief;
    return true;
}

/* ---- pieces of text ---- */

void cn_brief_money(struct cn_buf *out, struct cn_money money)
{
    char digits[32];
    int len = snprintf(digits, sizeof(digits), "%lld", (long long)(money.minor / 100));
    for (int i = 0; i < len; i++) {
        bool is_group = i > 0 && (len - i) % 3 == 0 && digits[i - 1] != '-';
        cn_buf_printf(out, "%s%c", is_group ? "," : "", digits[i]);
    }
    cn_buf_printf(out, " %.3s", money.currency);
}

void cn_brief_time(struct cn_buf *out, const struct cn_tz *tz, cn_time at)
{
    static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    const struct cn_civil when = cn_tz_civil(tz, at);
    const int64_t day = cn_tz_day(tz, at);
    cn_buf_printf(out, "%s %d %s %lld, %02d:%02d", days[((day + 4) % 7 + 7) % 7], when.day,
                  months[when.month - 1], (long long)when.year, when.hour, when.minute);
}

/* `quote`: what stands for a quotation mark. */
static void escape(struct cn_buf *out, cn_str text, const char *quote)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&':
            cn_buf_add_str(out, CN_STR("&amp;"));
            break;
        case '<':
            cn_buf_add_str(out, CN_STR("&lt;"));
            break;
        case '>':
            cn_buf_add_str(out, CN_STR("&gt;"));
            break;
        case '"':
            cn_buf_add_str(out, cn_str_of(quote));
            break;
        default:
            cn_buf_add(out, &text.ptr[i], 1);
        }
    }
}

void cn_brief_html(struct cn_buf *out, cn_str text)
{
    escape(out, text, "&quot;");
}

void cn_brief_mrkdwn(struct cn_buf *out, cn_str text, size_t max)
{
    cn_str shown = cn_utf8_clip(text, max);
    escape(out, shown, "\"");
    cn_buf_add_str(out, shown.len < text.len ? CN_STR("...") : CN_STR(""));
}

void cn_brief_section(struct cn_json_writer *out, cn_str mrkdwn)
{
    size_t len = mrkdwn.len < SECTION_MAX_BYTES ? mrkdwn.len : SECTION_MAX_BYTES;
    while (len < mrkdwn.len && len > 0 && mrkdwn.ptr[len - 1] != '\n') {
        len--; /* whole lines: an entity or a link that is cut would be shown as it is written */
    }
    cn_json_object_begin(out);
    cn_json_key(out, CN_STR("type"));
    cn_json_str(out, CN_STR("section"));
    cn_json_key(out, CN_STR("text"));
    cn_json_object_begin(out);
    cn_json_key(out, CN_STR("type"));
    cn_json_str(out, CN_STR("mrkdwn"));
    cn_json_key(out, CN_STR("text"));
    cn_json_str(out, cn_str_slice(mrkdwn, 0, len));
    cn_json_object_end(out);
    cn_json_object_end(out);
}

void cn_brief_account_link(cn_str base_url, cn_account_id id, char text_out[CN_BRIEF_LINK_BYTES])
{
    char text[CN_ID_TEXT_BYTES];
    cn_id_format(CN_ACCOUNT_PREFIX, id.value, text);
    (void)snprintf(text_out, CN_BRIEF_LINK_BYTES, "%.*s/accounts/%s", CN_STR_ARG(base_url), text);
}

void cn_brief_signal_link(cn_str base_url, cn_signal_id id, char text_out[CN_BRIEF_LINK_BYTES])
{
    char text[CN_ID_TEXT_BYTES];
    cn_id_format(CN_SIGNAL_PREFIX, id.value, text);
    (void)snprintf(text_out, CN_BRIEF_LINK_BYTES, "%.*s/signals?who=all&signal=%s",
                   CN_STR_ARG(base_url), text);
}
