#include "book/link.h"

#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/str.h"

#include "book/secret.h"
#include "book/workspace.h"

#define KEY_NAME "link_key"

bool cn_link_key_ensure(const struct cn_unit *unit, struct cn_link_key *key_out,
                        struct cn_error *err)
{
    char text[CN_LINK_KEY_BYTES + 1];
    cn_str stored = CN_STR("");
    if (!cn_workspace_value_load(unit, KEY_NAME, &stored, err)) {
        return cn_error_context(err, "reading the key of links");
    }
    if (stored.len != CN_LINK_KEY_BYTES) {
        cn_secret_make("", text, sizeof(text)); /* 32 characters of base64url: 192 bits */
        stored = cn_arena_str(unit->arena, cn_str_of(text));
        if (!cn_workspace_value_save(unit, KEY_NAME, stored, err)) {
            return cn_error_context(err, "making the key of links");
        }
    }
    memcpy(key_out->bytes, stored.ptr, CN_LINK_KEY_BYTES);
    return true;
}

/* What the MAC speaks for, and the MAC. */
static void sign(const struct cn_link_key *key, const char *purpose, cn_str said,
                 char mac_out[CN_MAC_BYTES])
{
    char text[CN_LINK_TEXT_BYTES + 64];
    int len = snprintf(text, sizeof(text), "%s %.*s", purpose, CN_STR_ARG(said));
    cn_secret_mac(key->bytes, (cn_str){ text, len > 0 ? (size_t)len : 0 }, mac_out);
}

void cn_link_format(const struct cn_link_key *key, const struct cn_link *link,
                    char text_out[CN_LINK_TEXT_BYTES])
{
    char record[CN_ID_TEXT_BYTES];
    char user[CN_ID_TEXT_BYTES];
    char mac[CN_MAC_BYTES];
    char said[CN_LINK_TEXT_BYTES];
    cn_id_format(link->prefix, link->record_id, record);
    cn_id_format(CN_USER_PREFIX, link->user.value, user);
    (void)snprintf(said, sizeof(said), "%s.%s.%lld", record, user,
                   (long long)(link->until.us / 1000000)); /* fits: ids have a length */
    sign(key, link->purpose, cn_str_of(said), mac);
    (void)snprintf(text_out, CN_LINK_TEXT_BYTES, "%.80s.%s", said, mac);
}

bool cn_link_parse(const struct cn_link_key *key, cn_str text, cn_time now, struct cn_link *link,
                   struct cn_error *err)
{
    char mac[CN_MAC_BYTES];
    cn_str rest = text;
    cn_str record;
    cn_str user;
    cn_str until;
    cn_str given;
    int64_t seconds = 0;
    struct cn_link read = *link;
    if (text.len >= CN_LINK_TEXT_BYTES || !cn_str_split(&rest, '.', &record) ||
        !cn_str_split(&rest, '.', &user) || !cn_str_split(&rest, '.', &until)) {
        return cn_fail(err, CN_NOT_FOUND, "there is no such link");
    }
    given = rest;
    size_t said = record.len + 1 + user.len + 1 + until.len;
    sign(key, link->purpose, cn_str_slice(text, 0, said), mac);
    if (!cn_str_equal_secret(given, cn_str_of(mac)) ||
        !cn_id_parse(link->prefix, record, &read.record_id) ||
        !cn_id_parse(CN_USER_PREFIX, user, &read.user.value) || !cn_parse_i64(until, &seconds)) {
        return cn_fail(err, CN_NOT_FOUND, "there is no such link");
    }
    read.until.us = seconds * 1000000;
    if (read.until.us <= now.us) {
        return cn_fail(err, CN_GONE, "this link has expired");
    }
    *link = read;
    return true;
}
