#include "cli/notify.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#include "net/mime.h"

static bool parse_name(const char *const *names, size_t count, cn_str text, size_t *index_out)
{
    for (size_t i = 0; i < count; i++) {
        if (cn_str_equal(cn_str_of(names[i]), text)) {
            *index_out = i;
            return true;
        }
    }
    return false;
}

/* What is no file of certificates is told with each message that it keeps from being sent. */
static bool can_read(cn_str path, struct cn_error *err)
{
    char text[PATH_MAX];
    int len = snprintf(text, sizeof(text), "%.*s", CN_STR_ARG(path));
    bool is_whole = len >= 0 && (size_t)len < sizeof(text);
    if (path.len == 0 || (is_whole && access(text, R_OK) == 0)) {
        return true;
    }
    return cn_fail(err, CN_INVALID, "cannot read %s: %s", text,
                   is_whole ? strerrordesc_np(errno) : "its name is too long");
}

static bool read_settings(const struct cn_config *config, enum cn_mail_tls *tls_out,
                          enum cn_signal_severity *severity_out, struct cn_error *err)
{
    size_t tls = 0;
    size_t severity = 0;
    cn_str from = CN_STR("");
    if (!parse_name(cn_mail_tls_names, CN_MAIL_TLS_COUNT, config->mail_smtp_tls, &tls)) {
        return cn_fail(err, CN_INVALID, "setting mail.smtp_tls: starttls, tls or none");
    }
    if (!parse_name(cn_signal_severity_names, CN_SIGNAL_SEVERITY_COUNT,
                    config->slack_channel_severity, &severity)) {
        return cn_fail(err, CN_INVALID,
                       "setting slack.channel_severity: critical, high, medium or low");
    }
    if (!cn_mail_address(config->mail_from, &from, err)) {
        return cn_error_context(err, "setting mail.from");
    }
    if (!can_read(config->outbound_ca_file, err)) {
        return cn_error_context(err, "setting outbound.ca_file");
    }
    *tls_out = (enum cn_mail_tls)tls;
    *severity_out = (enum cn_signal_severity)severity;
    return true;
}

static bool ensure_key(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct cn_notify *notify = arg;
    struct cn_arena arena;
    cn_arena_init(&arena, 1024);
    const struct cn_unit unit = { .conn = conn, .arena = &arena, .scope = CN_SCOPE_ALL };
    bool ok = cn_link_key_ensure(&unit, &notify->messages.key, err);
    cn_arena_deinit(&arena);
    return ok;
}

bool cn_notify_open(struct cn_workspace *workspace, struct cn_notify *notify_out,
                    struct cn_error *err)
{
    const struct cn_config *config = &workspace->config;
    struct cn_notify *notify = notify_out;
    enum cn_mail_tls unused = CN_MAIL_STARTTLS;
    *notify = (struct cn_notify){
        .workspace = workspace,
        .tell = { .tz = workspace->tz,
                  .has_mail = config->mail_smtp_host.len > 0,
                  .has_slack = config->slack_bot_token.len > 0,
                  .has_channel = config->slack_webhook_url.len > 0,
                  .a_day = config->signal_daily_budget },
        .messages = { .workspace = workspace->name,
                      .tz = workspace->tz,
                      .link_ttl_us = config->signal_link_ttl_ms * 1000 },
    };
    return read_settings(config, &unused, &notify->tell.channel_severity, err) &&
           cn_db_write(workspace->db, ensure_key, notify, err);
}

static struct cn_unit unit_of(const struct cn_notify *notify, struct cn_sql_conn *conn,
                              struct cn_arena *arena)
{
    return (struct cn_unit){ .conn = conn,
                             .arena = arena,
                             .ids = &notify->workspace->ids,
                             .scope = CN_SCOPE_ALL,
                             .now = cn_now(notify->workspace->clock),
                             .tz = notify->workspace->tz };
}

static bool compose(void *arg, struct cn_sql_conn *conn, struct cn_arena *arena,
                    const struct cn_outbox_item *item, struct cn_notice *notice_out,
                    struct cn_error *err)
{
    const struct cn_notify *notify = arg;
    const struct cn_unit unit = unit_of(notify, conn, arena);
    return cn_message_compose(&unit, &notify->messages, item, notice_out, err);
}

/* ---- digests ---- */

struct digesting {
    const struct cn_notify *notify;
    cn_user_id user;
};

static bool write_digest(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct digesting *digesting = arg;
    const struct cn_notify *notify = digesting->notify;
    struct cn_arena arena;
    cn_arena_init(&arena, 16384);
    const struct cn_unit unit = unit_of(notify, conn, &arena);
    bool ok = cn_digest_write(&unit, &notify->messages, &notify->tell, digesting->user, err);
    cn_arena_deinit(&arena);
    return ok;
}

static bool write_digests(void *arg, struct cn_error *err)
{
    const struct cn_notify *notify = arg;
    struct cn_db *db = notify->workspace->db;
    struct cn_sql_conn *conn = NULL;
    struct cn_digest_due due = { 0 };
    struct cn_arena arena;
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    cn_arena_init(&arena, 16384);
    const struct cn_unit unit = unit_of(notify, conn, &arena);
    bool ok = cn_digest_list_due(&unit, notify->workspace->tz, &due, err);
    cn_db_release(db, conn);
    for (size_t i = 0; ok && i < due.count; i++) {
        struct digesting digesting = { notify, due.users[i] };
        ok = cn_db_write(db, write_digest, &digesting, err);
    }
    cn_arena_deinit(&arena);
    return ok;
}

/* Where browsers find us. */
static void find_base_url(struct cn_notify *notify, uint16_t port)
{
    const struct cn_config *config = &notify->workspace->config;
    cn_str url = config->http_public_url;
    cn_str listen = config->http_listen;
    size_t host = listen.len;
    while (host > 0 && listen.ptr[host - 1] != ':') {
        host--;
    }
    while (url.len > 0 && url.ptr[url.len - 1] == '/') {
        url.len--;
    }
    if (url.len > 0) {
        (void)snprintf(notify->base_url, sizeof(notify->base_url), "%.*s", CN_STR_ARG(url));
    } else {
        (void)snprintf(notify->base_url, sizeof(notify->base_url), "http://%.*s%u", (int)host,
                       listen.ptr, (unsigned)port);
    }
    notify->messages.base_url = cn_str_of(notify->base_url);
}

bool cn_notify_start(struct cn_notify *notify, uint16_t port, struct cn_error *err)
{
    const struct cn_config *config = &notify->workspace->config;
    enum cn_mail_tls tls = CN_MAIL_STARTTLS;
    enum cn_signal_severity unused = CN_SIGNAL_LOW;
    struct cn_sender *sender = NULL;
    find_base_url(notify, port);
    if (!read_settings(config, &tls, &unused, err)) {
        return false;
    }
    const struct cn_sender_options options = {
        .db = notify->workspace->db,
        .clock = notify->workspace->clock,
        .mail = { .host = config->mail_smtp_host,
                  .port = config->mail_smtp_port,
                  .tls = tls,
                  .user = config->mail_smtp_user,
                  .password = config->mail_smtp_password,
                  .timeout_ms = config->outbound_timeout_ms,
                  .allows_private = config->outbound_allow_private,
                  .ca_file = config->outbound_ca_file },
        .mail_from = config->mail_from,
        .slack = { .webhook_url = config->slack_webhook_url,
                   .bot_token = config->slack_bot_token,
                   .api_url = config->slack_api_url,
                   .timeout_ms = config->outbound_timeout_ms,
                   .allows_private = config->outbound_allow_private,
                   .ca_file = config->outbound_ca_file },
        .attempts_max = config->outbox_attempts_max,
        .retry_first_us = config->outbox_retry_first_ms * 1000,
        .retry_max_us = config->outbox_retry_max_ms * 1000,
        .keep_us = config->outbox_keep_ms * 1000,
        .compose = compose,
        .plan = write_digests,
        .arg = notify,
    };
    if (!cn_sender_start(&options, &sender, err)) {
        return false;
    }
    atomic_store(&notify->sender, sender);
    return true;
}

void cn_notify_wake(struct cn_notify *notify)
{
    cn_sender_wake(atomic_load(&notify->sender));
}

void cn_notify_stop(struct cn_notify *notify)
{
    cn_sender_stop(atomic_exchange(&notify->sender, NULL));
}

cn_str cn_notify_doubts(const struct cn_config *config, struct cn_arena *arena)
{
    struct cn_buf buf;
    bool has_mail = config->mail_smtp_host.len > 0;
    bool has_slack = config->slack_bot_token.len > 0 || config->slack_webhook_url.len > 0;
    cn_buf_init(&buf, 1024);
    if (!has_mail && !has_slack) {
        cn_buf_add_str(&buf, CN_STR("nothing can be sent: signals show in the app alone; set "
                                    "mail.smtp_host, slack.bot_token or slack.webhook_url"));
    } else if (config->http_public_url.len == 0) {
        cn_buf_add_str(&buf, CN_STR("links in messages lead to http.listen, which others may not "
                                    "reach; set http.public_url"));
    }
    cn_str text = cn_arena_str(arena, cn_buf_str(&buf));
    cn_buf_deinit(&buf);
    return text;
}
