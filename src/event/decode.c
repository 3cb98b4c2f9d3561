#include "event/decode.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/str.h"
#include "base/subject.h"
#include "base/utf8.h"

#include "event/timestamp.h"

enum {
    EMAIL_MAX_BYTES = 320,
    MESSAGE_SEED_BYTES = 16,
};

/* Members of an event that are read. */
enum member {
    MEMBER_TYPE,
    MEMBER_NAME,
    MEMBER_EVENT,
    MEMBER_USER_ID,
    MEMBER_SENT_AT,
    MEMBER_TRAITS,
    MEMBER_GROUP_ID,
    MEMBER_CONTEXT,
    MEMBER_CATEGORY,
    MEMBER_WRITE_KEY,
    MEMBER_MESSAGE_ID,
    MEMBER_TIMESTAMP,
    MEMBER_PREVIOUS_ID,
    MEMBER_PROPERTIES,
    MEMBER_ANONYMOUS_ID,
    MEMBER_ORIGINAL_TIMESTAMP,
    MEMBERS
};

/* Sorted by length, which is compared first. */
static const cn_str member_names[MEMBERS] = {
    [MEMBER_TYPE] = { "type", 4 },
    [MEMBER_NAME] = { "name", 4 },
    [MEMBER_EVENT] = { "event", 5 },
    [MEMBER_USER_ID] = { "userId", 6 },
    [MEMBER_SENT_AT] = { "sentAt", 6 },
    [MEMBER_TRAITS] = { "traits", 6 },
    [MEMBER_GROUP_ID] = { "groupId", 7 },
    [MEMBER_CONTEXT] = { "context", 7 },
    [MEMBER_CATEGORY] = { "category", 8 },
    [MEMBER_WRITE_KEY] = { "writeKey", 8 },
    [MEMBER_MESSAGE_ID] = { "messageId", 9 },
    [MEMBER_TIMESTAMP] = { "timestamp", 9 },
    [MEMBER_PREVIOUS_ID] = { "previousId", 10 },
    [MEMBER_PROPERTIES] = { "properties", 10 },
    [MEMBER_ANONYMOUS_ID] = { "anonymousId", 11 },
    [MEMBER_ORIGINAL_TIMESTAMP] = { "originalTimestamp", 17 },
};

/* The members that were there and are not null; text still belongs to the parser. */
struct found {
    uint32_t has; /* 1 << enum member */
    cn_json_value values[MEMBERS];
    cn_str raw[MEMBERS]; /* of objects and numbers, else empty */
    struct cn_json_walk context;
};

static enum member member_of(cn_str name)
{
    for (unsigned i = 0; i < MEMBERS; i++) {
        if (member_names[i].len == name.len &&
            memcmp(member_names[i].ptr, name.ptr, name.len) == 0) {
            return (enum member)i;
        }
    }
    return MEMBERS;
}

static bool has(const struct found *found, enum member member)
{
    return (found->has >> member & 1) != 0;
}

static void find_members(struct cn_json_walk *walk, struct found *found)
{
    cn_str name;
    cn_json_value value;
    found->has = 0;
    while (cn_json_walk_next(walk, &name, &value)) {
        enum member member = member_of(name);
        if (member == MEMBERS) {
            continue;
        }
        enum cn_json_kind kind = cn_json_kind(value);
        if (kind == CN_JSON_NULL) {
            found->has &= ~(1u << member); /* the last of two counts */
            continue;
        }
        found->has |= 1u << member;
        found->values[member] = value;
        found->raw[member] = CN_STR("");
        if (member == MEMBER_CONTEXT) {
            found->context = *walk;
        } else if (kind != CN_JSON_STR && kind != CN_JSON_BOOL) {
            found->raw[member] = cn_json_walk_raw(walk);
        }
    }
}

/* The excerpt goes to people: at most so many bytes, and UTF-8 whatever was sent. */
static cn_str excerpt_of(struct cn_arena *arena, cn_str raw)
{
    size_t len = cn_utf8_clip(raw, CN_REJECTED_EXCERPT_MAX_BYTES).len;
    char *text = cn_arena_calloc(arena, len + 1, 1);
    for (size_t i = 0; i < len; i++) {
        text[i] = raw.ptr[i];
    }
    if (!cn_utf8_valid((cn_str){ text, len })) {
        for (size_t i = 0; i < len; i++) {
            if ((unsigned char)text[i] >= 0x80) {
                text[i] = '?';
            }
        }
    }
    return (cn_str){ text, len };
}

void cn_decode_reject(struct cn_decoding *decoding, const char *member, const char *fmt, ...)
{
    struct cn_event_batch *batch = decoding->batch;
    char text[256];
    va_list args;
    va_start(args, fmt);
    int reason_len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    size_t len = reason_len < 0 ? 0 : (size_t)reason_len;
    if (batch->rejections == NULL) {
        batch->rejections = cn_arena_array(&batch->arena, struct cn_rejection, decoding->capacity);
    }
    struct cn_rejection *rejection = &batch->rejections[batch->rejection_count++];
    rejection->index = decoding->index;
    rejection->reason =
        cn_arena_str(&batch->arena, (cn_str){ text, len < sizeof(text) ? len : sizeof(text) - 1 });
    const char *separator = member[0] != '\0' ? "/" : "";
    int pointer_len =
        decoding->call == CN_CALL_BATCH
            ? snprintf(text, sizeof(text), "/batch/%zu%s%s", decoding->index, separator, member)
            : snprintf(text, sizeof(text), "%s%s", separator, member);
    rejection->pointer =
        cn_arena_str(&batch->arena, (cn_str){ text, pointer_len < 0 ? 0 : (size_t)pointer_len });
    rejection->excerpt = excerpt_of(&batch->arena, decoding->raw);
}

/* Text of a member, a number as its digits.  False after a rejection. */
static bool take_text(struct cn_decoding *decoding, const struct found *found, enum member member,
                      size_t max_bytes, cn_str *text_out)
{
    if (!has(found, member)) {
        return true;
    }
    const char *name = member_names[member].ptr;
    enum cn_json_kind kind = cn_json_kind(found->values[member]);
    cn_str text;
    if (kind == CN_JSON_STR) {
        text = cn_json_get_str(found->values[member]);
    } else if (kind == CN_JSON_I64 || kind == CN_JSON_F64) {
        text = found->raw[member];
    } else {
        cn_decode_reject(decoding, name, "%s is not text", name);
        return false;
    }
    if (text.len > max_bytes) {
        cn_decode_reject(decoding, name, "%s is longer than %zu bytes", name, max_bytes);
        return false;
    }
    if (memchr(text.ptr, '\0', text.len) != NULL) {
        cn_decode_reject(decoding, name, "%s holds the character U+0000", name);
        return false;
    }
    *text_out = text;
    return true;
}

/* A member that must be an object, if it is there; raw. */
static bool take_object(struct cn_decoding *decoding, const struct found *found, enum member member,
                        cn_str *raw_out)
{
    if (!has(found, member)) {
        return true;
    }
    if (cn_json_kind(found->values[member]) != CN_JSON_OBJECT) {
        const char *name = member_names[member].ptr;
        cn_decode_reject(decoding, name, "%s is not an object", name);
        return false;
    }
    *raw_out = found->raw[member];
    return true;
}

static bool take_time(struct cn_decoding *decoding, const struct found *found, enum member member,
                      bool *has_out, cn_time *time_out)
{
    if (!has(found, member)) {
        return true;
    }
    cn_json_value value = found->values[member];
    enum cn_json_kind kind = cn_json_kind(value);
    bool ok = kind == CN_JSON_STR ? cn_timestamp_parse(cn_json_get_str(value), time_out)
                                  : (kind == CN_JSON_I64 || kind == CN_JSON_F64) &&
                                        cn_timestamp_of_number(cn_json_get_f64(value), time_out);
    if (!ok) {
        const char *name = member_names[member].ptr;
        cn_decode_reject(decoding, name, "%s is not a time", name);
        return false;
    }
    *has_out = true;
    return true;
}

static cn_str email_in(cn_json_value traits)
{
    cn_str name;
    cn_json_value value;
    cn_str email = CN_STR("");
    struct cn_json_iter iter = cn_json_iterate(traits);
    while (cn_json_next(&iter, &name, &value)) {
        if (name.len == 5 && memcmp(name.ptr, "email", 5) == 0 &&
            cn_json_kind(value) == CN_JSON_STR) {
            email = cn_str_trim(cn_json_get_str(value));
        }
    }
    return email.len <= EMAIL_MAX_BYTES && memchr(email.ptr, '\0', email.len) == NULL ? email
                                                                                      : CN_STR("");
}

/* What an event's or a batch's `context` says. */
struct context {
    cn_str group_key;
    cn_str email;
    cn_str traits; /* raw */
};

static void read_context(struct cn_json_walk walk, cn_json_value context,
                         struct context *context_out)
{
    cn_str name;
    cn_json_value value;
    if (cn_json_kind(context) != CN_JSON_OBJECT) {
        return;
    }
    struct cn_json_walk inner = cn_json_walk_into(&walk, context);
    while (cn_json_walk_next(&inner, &name, &value)) {
        enum cn_json_kind kind = cn_json_kind(value);
        if (name.len == 7 && memcmp(name.ptr, "groupId", 7) == 0) {
            if (kind == CN_JSON_STR) {
                context_out->group_key = cn_json_get_str(value);
            } else if (kind == CN_JSON_I64 || kind == CN_JSON_F64) {
                context_out->group_key = cn_json_walk_raw(&inner);
            }
        } else if (name.len == 6 && memcmp(name.ptr, "traits", 6) == 0 && kind == CN_JSON_OBJECT) {
            context_out->traits = cn_json_walk_raw(&inner);
            context_out->email = email_in(value);
        }
    }
    if (context_out->group_key.len > CN_EVENT_KEY_MAX_BYTES ||
        memchr(context_out->group_key.ptr, '\0', context_out->group_key.len) != NULL) {
        context_out->group_key = CN_STR("");
    }
}

static struct context context_of(const struct cn_decoding *decoding, const struct found *found)
{
    struct context context = { CN_STR(""), CN_STR(""), CN_STR("") };
    if (has(found, MEMBER_CONTEXT)) {
        read_context(found->context, found->values[MEMBER_CONTEXT], &context);
    }
    if (context.group_key.len == 0) {
        context.group_key = decoding->envelope.group_key;
    }
    if (context.traits.len == 0) {
        context.traits = decoding->envelope.traits;
        context.email = decoding->envelope.email;
    }
    return context;
}

static bool take_type(struct cn_decoding *decoding, const struct found *found,
                      enum cn_event_type *type_out)
{
    cn_str name = CN_STR("");
    if (decoding->call != CN_CALL_BATCH) {
        *type_out = (enum cn_event_type)decoding->call;
        return true;
    }
    if (!take_text(decoding, found, MEMBER_TYPE, CN_EVENT_NAME_MAX_BYTES, &name)) {
        return false;
    }
    if (name.len == 0) {
        cn_decode_reject(decoding, "type", "type is missing");
        return false;
    }
    if (!cn_event_type_parse(name, type_out)) {
        cn_decode_reject(decoding, "type", "type \"%.*s\" is unknown",
                         name.len < 40 ? (int)name.len : 40, name.ptr);
        return false;
    }
    return true;
}

static bool take_name(struct cn_decoding *decoding, const struct found *found,
                      struct cn_event *event)
{
    const size_t max = CN_EVENT_NAME_MAX_BYTES;
    if (event->type == CN_EVENT_TRACK) {
        if (!take_text(decoding, found, MEMBER_EVENT, max, &event->name)) {
            return false;
        }
        if (event->name.len == 0) {
            cn_decode_reject(decoding, "event", "event is missing");
            return false;
        }
    } else if (event->type == CN_EVENT_PAGE || event->type == CN_EVENT_SCREEN) {
        return take_text(decoding, found, MEMBER_CATEGORY, max, &event->name) &&
               take_text(decoding, found, MEMBER_NAME, max, &event->name);
    }
    return true;
}

static bool take_keys(struct cn_decoding *decoding, const struct found *found,
                      struct cn_event *event)
{
    const size_t max = CN_EVENT_KEY_MAX_BYTES;
    return take_text(decoding, found, MEMBER_USER_ID, max, &event->user_key) &&
           take_text(decoding, found, MEMBER_ANONYMOUS_ID, max, &event->anonymous_key) &&
           take_text(decoding, found, MEMBER_GROUP_ID, max, &event->group_key) &&
           take_text(decoding, found, MEMBER_PREVIOUS_ID, max, &event->previous_key) &&
           take_text(decoding, found, MEMBER_MESSAGE_ID, max, &event->message_id);
}

/* Who it is about, after all keys are known. */
static bool check_keys(struct cn_decoding *decoding, const struct cn_event *event)
{
    bool has_user = event->user_key.len > 0 || event->anonymous_key.len > 0;
    if (event->type == CN_EVENT_GROUP && event->group_key.len == 0) {
        cn_decode_reject(decoding, "groupId", "groupId is missing");
        return false;
    }
    if (event->type == CN_EVENT_ALIAS && event->previous_key.len == 0) {
        cn_decode_reject(decoding, "previousId", "previousId is missing");
        return false;
    }
    if (event->type == CN_EVENT_ALIAS && event->user_key.len == 0) {
        cn_decode_reject(decoding, "userId", "userId is missing");
        return false;
    }
    if (!has_user && (decoding->limits->needs_user || event->group_key.len == 0)) {
        cn_decode_reject(decoding, "userId", "userId and anonymousId are missing");
        return false;
    }
    return true;
}

/* Beyond what is allowed, said in the largest unit in which that is a whole number. */
static void reject_time(struct cn_decoding *decoding, int64_t allowed_us, const char *which)
{
    static const struct {
        const char *name;
        int64_t us;
    } units[] = { { "day", 86400000000 }, { "hour", 3600000000 }, { "minute", 60000000 } };
    const char *name = "second";
    long long count = (long long)(allowed_us / 1000000);
    for (size_t i = CN_ARRAY_LEN(units); i-- > 0;) {
        if (allowed_us > 0 && allowed_us % units[i].us == 0) {
            name = units[i].name;
            count = (long long)(allowed_us / units[i].us);
        }
    }
    cn_decode_reject(decoding, "timestamp", "timestamp is more than %lld %s%s %s", count, name,
                     count == 1 ? "" : "s", which);
}

/* Segment's rule: the client's clock is off by what lies between sending and receiving. */
static bool take_at(struct cn_decoding *decoding, const struct found *found, struct cn_event *event)
{
    const struct cn_event_limits *limits = decoding->limits;
    cn_time sent = decoding->envelope.sent_at;
    bool has_sent = decoding->envelope.has_sent_at;
    cn_time original = { 0 };
    bool has_original = false;
    if (!take_time(decoding, found, MEMBER_ORIGINAL_TIMESTAMP, &has_original, &original) ||
        !take_time(decoding, found, MEMBER_TIMESTAMP, &has_original, &original) ||
        !take_time(decoding, found, MEMBER_SENT_AT, &has_sent, &sent)) {
        return false;
    }
    event->at = event->received;
    if (has_original) {
        event->at.us = has_sent ? event->received.us - (sent.us - original.us) : original.us;
    }
    if (event->at.us < event->received.us - limits->past_max_us) {
        reject_time(decoding, limits->past_max_us, "ago: intake.max_age");
        return false;
    }
    if (event->at.us > event->received.us + limits->future_max_us) {
        reject_time(decoding, limits->future_max_us, "in the future: intake.future");
        return false;
    }
    return true;
}

static bool take_payload(struct cn_decoding *decoding, const struct found *found,
                         struct cn_event *event)
{
    bool has_traits = event->type == CN_EVENT_IDENTIFY || event->type == CN_EVENT_GROUP;
    struct context context = context_of(decoding, found);
    enum member member = has_traits ? MEMBER_TRAITS : MEMBER_PROPERTIES;
    if (!take_object(decoding, found, member, &event->payload)) {
        return false;
    }
    if (event->type == CN_EVENT_IDENTIFY) {
        if (has(found, MEMBER_TRAITS)) {
            event->email = email_in(found->values[MEMBER_TRAITS]);
        } else {
            event->payload = context.traits;
        }
    }
    if (event->email.len == 0) {
        event->email = context.email;
    }
    if (event->group_key.len == 0) {
        event->group_key = context.group_key;
    }
    return true;
}

/* An event without a message id is never a duplicate: it gets one of its own. */
static cn_str new_message_id(struct cn_arena *arena)
{
    unsigned char seed[MESSAGE_SEED_BYTES];
    char *text = cn_arena_calloc(arena, 2 * sizeof(seed) + sizeof("cairn-"), 1);
    cn_random_bytes(seed, sizeof(seed));
    memcpy(text, "cairn-", sizeof("cairn-") - 1);
    for (size_t i = 0; i < sizeof(seed); i++) {
        static const char digits[] = "0123456789abcdef";
        text[6 + 2 * i] = digits[seed[i] >> 4];
        text[7 + 2 * i] = digits[seed[i] & 15];
    }
    return cn_str_of(text);
}

void cn_decode_event(struct cn_decoding *decoding, struct cn_json_walk *walk)
{
    struct cn_event_batch *batch = decoding->batch;
    struct found found;
    cn_str none = CN_STR("");
    struct cn_event event = {
        .received = batch->received,
        .message_id = none,
        .name = none,
        .user_key = none,
        .anonymous_key = none,
        .group_key = none,
        .previous_key = none,
        .email = none,
        .payload = none,
    };
    find_members(walk, &found);
    if (decoding->call != CN_CALL_BATCH && has(&found, MEMBER_WRITE_KEY) &&
        cn_json_kind(found.values[MEMBER_WRITE_KEY]) == CN_JSON_STR) {
        decoding->envelope.write_key = cn_json_get_str(found.values[MEMBER_WRITE_KEY]);
    }
    if (decoding->raw.len > decoding->limits->event_max_bytes) {
        cn_decode_reject(decoding, "", "event of %zu bytes is over %zu", decoding->raw.len,
                         decoding->limits->event_max_bytes);
        return;
    }
    if (!take_type(decoding, &found, &event.type) || !take_name(decoding, &found, &event) ||
        !take_keys(decoding, &found, &event) || !take_payload(decoding, &found, &event) ||
        !check_keys(decoding, &event) || !take_at(decoding, &found, &event)) {
        return;
    }
    if (event.message_id.len == 0) {
        event.message_id = new_message_id(&batch->arena);
    }
    event.subject = cn_subject_of_keys(event.group_key, event.user_key, event.anonymous_key);
    cn_event_keep_texts(&batch->arena, &event);
    batch->events[batch->count++] = event;
}

void cn_decode_envelope(struct cn_decoding *decoding, struct cn_json_walk *walk,
                        struct cn_json_walk *events_out, cn_json_value *events_value_out,
                        bool *has_events_out)
{
    struct cn_arena *arena = &decoding->batch->arena;
    struct cn_envelope *envelope = &decoding->envelope;
    cn_str name;
    cn_json_value value;
    *has_events_out = false;
    while (cn_json_walk_next(walk, &name, &value)) {
        bool is_text = cn_json_kind(value) == CN_JSON_STR;
        if (cn_str_equal(name, CN_STR("batch"))) {
            *events_out = *walk;
            *events_value_out = value;
            *has_events_out = true;
        } else if (cn_str_equal(name, CN_STR("sentAt")) && is_text) {
            envelope->has_sent_at = cn_timestamp_parse(cn_json_get_str(value), &envelope->sent_at);
        } else if (cn_str_equal(name, CN_STR("writeKey")) && is_text) {
            envelope->write_key = cn_arena_str(arena, cn_json_get_str(value));
        } else if (cn_str_equal(name, CN_STR("context"))) {
            struct context context = { CN_STR(""), CN_STR(""), CN_STR("") };
            read_context(*walk, value, &context);
            envelope->group_key = cn_arena_str(arena, context.group_key);
            envelope->email = cn_arena_str(arena, context.email);
            envelope->traits = cn_arena_str(arena, context.traits);
        }
    }
}
