#include "job/sender.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/random.h"
#include "base/str.h"

#include "net/mime.h"

enum {
    LOOK_EVERY_MS = 1000, /* for what is due by the clock, or was written by another process */
    PLAN_EVERY_US = 5000000,
    PRUNE_EVERY_US = 600000000,
    WAIT_MAX_S = 3600, /* of what a server may ask for */
    ARENA_BLOCK_BYTES = 16 * 1024,
};

/* A thread with the ways that it serves. */
struct lane {
    struct cn_sender *sender;
    const char *name;
    unsigned channels;
    pthread_t thread;
    bool has_thread;
    cn_time rests_until; /* of the sender's clock */
    struct cn_mailer *mailer;
    struct cn_http_client *http;
};

enum {
    LANE_MAIL,
    LANE_SLACK,
    LANES
};

struct cn_sender {
    struct cn_sender_options options;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_stopping;
    uint64_t wakes;
    struct lane lanes[LANES];
    int64_t planned_us; /* monotonic; of the first lane */
    int64_t pruned_us;
    _Atomic int64_t sent;
    _Atomic int64_t failed;
    _Atomic int64_t retried;
};

int64_t cn_retry_pause_us(int64_t attempts, int64_t first_us, int64_t max_us, uint32_t random)
{
    int64_t pause = first_us;
    for (int64_t i = 1; i < attempts && pause < max_us; i++) {
        pause *= 2;
    }
    pause = pause < max_us ? pause : max_us;
    const int64_t half = pause / 2;
    return half + (int64_t)((double)half * (random / 4294967296.0));
}

static bool is_stopping(struct cn_sender *sender)
{
    (void)pthread_mutex_lock(&sender->lock);
    bool stopping = sender->is_stopping;
    (void)pthread_mutex_unlock(&sender->lock);
    return stopping;
}

/* Sleeps until woken or for that long. *seen: the wakes that were seen; false if it is time to
 * stop. */
static bool sleep_ms(struct cn_sender *sender, int64_t ms, uint64_t *seen)
{
    const struct timespec until = cn_clock_until(ms * 1000);
    int rc = 0;
    (void)pthread_mutex_lock(&sender->lock);
    while (!sender->is_stopping && rc != ETIMEDOUT && (seen == NULL || *seen == sender->wakes)) {
        rc = pthread_cond_timedwait(&sender->changed, &sender->lock, &until);
    }
    if (seen != NULL) {
        *seen = sender->wakes;
    }
    bool goes_on = !sender->is_stopping;
    (void)pthread_mutex_unlock(&sender->lock);
    return goes_on;
}

/* ---- one message ---- */

struct attempt {
    struct cn_arena arena;
    int64_t id;
    struct cn_outbox_item item;
    bool claimed;
    struct cn_notice notice;
    int64_t wait_s;
    struct cn_outbox_result result;
};

static bool claim(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct attempt *attempt = arg;
    return cn_outbox_claim(conn, &attempt->arena, attempt->id, &attempt->item, &attempt->claimed,
                           err);
}

static bool settle(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct attempt *attempt = arg;
    return cn_outbox_settle(conn, &attempt->result, err);
}

static bool compose(struct cn_sender *sender, struct attempt *attempt, struct cn_error *err)
{
    const struct cn_sender_options *options = &sender->options;
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(options->db, &conn, err)) {
        return false;
    }
    bool ok = options->compose(options->arg, conn, &attempt->arena, &attempt->item,
                               &attempt->notice, err);
    cn_db_release(options->db, conn);
    return ok;
}

static bool send_mail(struct lane *lane, struct attempt *attempt, struct cn_error *err)
{
    const struct cn_sender_options *options = &lane->sender->options;
    cn_str from = CN_STR("");
    cn_str to = CN_STR("");
    struct cn_buf id;
    struct cn_buf text;
    char item_id[CN_ID_TEXT_BYTES];
    if (options->mail.host.len == 0) {
        return cn_fail(err, CN_INVALID, "no mail server is set: mail.smtp_host");
    }
    if (!cn_mail_address(options->mail_from, &from, err)) {
        return cn_error_context(err, "mail.from");
    }
    if (!cn_mail_address(attempt->notice.to, &to, err)) {
        return false;
    }
    cn_id_format(CN_OUTBOX_PREFIX, attempt->item.id, item_id);
    cn_buf_init(&id, 1024);
    cn_buf_init(&text, CN_MAIL_MAX_BYTES);
    const char *at = memchr(from.ptr, '@', from.len);
    size_t host = (size_t)(at - from.ptr);
    cn_buf_printf(&id, "%s%.*s", item_id, CN_STR_ARG(cn_str_slice(from, host, from.len)));
    const struct cn_mail_text mail = { .from = options->mail_from,
                                       .to = attempt->notice.to,
                                       .subject = attempt->notice.subject,
                                       .message_id = cn_buf_str(&id),
                                       .date = attempt->item.created,
                                       .text = attempt->notice.text,
                                       .html = attempt->notice.html };
    bool ok = cn_mail_format(&mail, &text, err) &&
              cn_mailer_send(lane->mailer, from, to, cn_buf_str(&text), err);
    cn_buf_deinit(&id);
    cn_buf_deinit(&text);
    return ok;
}

static bool send_slack(struct lane *lane, struct attempt *attempt, struct cn_error *err)
{
    const struct cn_slack *slack = &lane->sender->options.slack;
    bool is_person = attempt->item.channel == CN_CHANNEL_SLACK;
    char item_id[CN_ID_TEXT_BYTES];
    if ((is_person ? slack->bot_token : slack->webhook_url).len == 0) {
        return cn_fail(err, CN_INVALID, "not set: %s",
                       is_person ? "slack.bot_token" : "slack.webhook_url");
    }
    if (is_person && attempt->notice.to.len == 0) {
        return cn_fail(err, CN_INVALID, "the person has given no Slack id");
    }
    cn_id_format(CN_OUTBOX_PREFIX, attempt->item.id, item_id);
    const struct cn_slack_message message = { .to = is_person ? attempt->notice.to : CN_STR(""),
                                              .text = attempt->notice.subject,
                                              .blocks = attempt->notice.blocks,
                                              .id = cn_str_of(item_id) };
    return cn_slack_send(lane->http, slack, &attempt->arena, &message, &attempt->wait_s, err);
}

/* Only what the message itself is to blame for ends it before its attempts are used up. */
static bool is_final(const struct cn_error *err)
{
    return err->code == CN_INVALID || err->code == CN_DENIED || err->code == CN_TOO_LARGE;
}

/* What becomes of it after a failure. */
static void fail_attempt(struct lane *lane, struct attempt *attempt, const struct cn_error *err)
{
    struct cn_sender *sender = lane->sender;
    const struct cn_sender_options *options = &sender->options;
    struct cn_outbox_result *result = &attempt->result;
    uint32_t random = 0;
    result->error = cn_arena_str(&attempt->arena, cn_str_of(err->message));
    if (err->code == CN_NOT_FOUND) {
        result->state = CN_OUTBOX_DROPPED;
        return;
    }
    if (is_final(err) || attempt->item.attempts >= options->attempts_max) {
        result->state = CN_OUTBOX_FAILED;
        atomic_fetch_add(&sender->failed, 1);
        return;
    }
    cn_random_bytes(&random, sizeof(random));
    int64_t pause_us = cn_retry_pause_us(attempt->item.attempts, options->retry_first_us,
                                         options->retry_max_us, random);
    int64_t wait_s = attempt->wait_s < WAIT_MAX_S ? attempt->wait_s : WAIT_MAX_S;
    int64_t wait_us = wait_s > 0 ? wait_s * 1000000 : 0;
    pause_us = pause_us > wait_us ? pause_us : wait_us;
    result->state = CN_OUTBOX_WAITING;
    result->due.us = result->at.us + pause_us;
    if (wait_us > 0 || err->code == CN_UNAVAILABLE) { /* the others would fare no better */
        lane->rests_until.us =
            result->at.us + (wait_us > 0 ? wait_us : options->retry_first_us / 2);
    }
    atomic_fetch_add(&sender->retried, 1);
}

static void make_attempt(struct lane *lane, struct attempt *attempt)
{
    struct cn_sender *sender = lane->sender;
    struct cn_error err;
    bool ok = compose(sender, attempt, &err);
    bool is_moot = ok && attempt->notice.is_moot;
    if (ok && !is_moot) {
        ok = attempt->item.channel == CN_CHANNEL_EMAIL ? send_mail(lane, attempt, &err)
                                                       : send_slack(lane, attempt, &err);
    }
    attempt->result = (struct cn_outbox_result){
        .id = attempt->item.id,
        .state = is_moot ? CN_OUTBOX_DROPPED : CN_OUTBOX_SENT,
        .at = cn_now(sender->options.clock),
        .error = is_moot ? attempt->notice.why : CN_STR(""),
    };
    if (!ok) {
        fail_attempt(lane, attempt, &err);
    } else if (!is_moot) {
        atomic_fetch_add(&sender->sent, 1);
    }
}

/* Sent is sent: until that is written, nothing else is done. */
static void write_result(struct lane *lane, struct attempt *attempt)
{
    struct cn_error err;
    bool is_told = false;
    while (!cn_db_write(lane->sender->options.db, settle, attempt, &err)) {
        if (!is_told) {
            cn_log_error("job", &err, "noting what became of a message");
            is_told = true;
        }
        if (!sleep_ms(lane->sender, LOOK_EVERY_MS, NULL)) {
            return; /* the next start sends it once more */
        }
    }
}

static bool find_next(struct lane *lane, int64_t *id_out, struct cn_error *err)
{
    struct cn_db *db = lane->sender->options.db;
    struct cn_sql_conn *conn = NULL;
    if (!cn_db_read(db, &conn, err)) {
        return false;
    }
    bool ok =
        cn_outbox_next(conn, lane->channels, cn_now(lane->sender->options.clock), id_out, err);
    cn_db_release(db, conn);
    return ok;
}

/* False if there is nothing to send now. */
static bool send_next(struct lane *lane)
{
    struct cn_sender *sender = lane->sender;
    struct attempt attempt = { 0 };
    struct cn_error err;
    if (cn_now(sender->options.clock).us < lane->rests_until.us) {
        return false;
    }
    cn_arena_init(&attempt.arena, ARENA_BLOCK_BYTES);
    bool ok = find_next(lane, &attempt.id, &err);
    bool found = ok && attempt.id != 0;
    if (found) {
        ok = cn_db_write(sender->options.db, claim, &attempt, &err);
    }
    if (ok && attempt.claimed) {
        make_attempt(lane, &attempt);
        write_result(lane, &attempt);
    }
    if (!ok) {
        cn_log_error("job", &err, "looking into the outbox");
    }
    cn_arena_deinit(&attempt.arena);
    return ok && found;
}

/* ---- threads ---- */

static bool prune(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct cn_sender *sender = arg;
    const cn_time before = { cn_now(sender->options.clock).us - sender->options.keep_us };
    return cn_outbox_prune(conn, before, err);
}

/* What is due by the clock; of one lane only. */
static void do_chores(struct cn_sender *sender)
{
    struct cn_error err;
    int64_t now_us = cn_clock_monotonic_us();
    if (sender->options.plan != NULL &&
        (sender->planned_us == 0 || now_us - sender->planned_us >= PLAN_EVERY_US)) {
        sender->planned_us = now_us;
        if (!sender->options.plan(sender->options.arg, &err)) {
            cn_log_error("job", &err, "writing digests");
        }
    }
    if (sender->pruned_us == 0 || now_us - sender->pruned_us >= PRUNE_EVERY_US) {
        sender->pruned_us = now_us;
        if (!cn_db_write(sender->options.db, prune, sender, &err)) {
            cn_log_error("job", &err, "deleting what was sent long ago");
        }
    }
}

static void *run_lane(void *arg)
{
    struct lane *lane = arg;
    uint64_t seen = 0;
    do {
        if (lane == &lane->sender->lanes[LANE_MAIL]) {
            do_chores(lane->sender);
        }
        while (!is_stopping(lane->sender) && send_next(lane)) {
        }
    } while (sleep_ms(lane->sender, LOOK_EVERY_MS, &seen));
    return NULL;
}

static void start_lane(struct cn_sender *sender, struct lane *lane)
{
    lane->sender = sender;
    if (pthread_create(&lane->thread, NULL, run_lane, lane) != 0) {
        abort(); /* out of memory, as in base/arena.c */
    }
    lane->has_thread = true;
    (void)pthread_setname_np(lane->thread, lane->name); /* for ps alone */
}

static bool release(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    const struct cn_sender *sender = arg;
    return cn_outbox_release(conn, cn_now(sender->options.clock), err);
}

bool cn_sender_start(const struct cn_sender_options *options, struct cn_sender **sender_out,
                     struct cn_error *err)
{
    struct cn_sender *sender = cn_heap_resize(NULL, sizeof(*sender));
    pthread_condattr_t attributes;
    *sender = (struct cn_sender){ .options = *options };
    (void)pthread_mutex_init(&sender->lock, NULL); /* these cannot fail on Linux */
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&sender->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    if (!cn_db_write(options->db, release, sender, err)) {
        cn_sender_stop(sender);
        return cn_error_context(err, "opening the outbox");
    }
    sender->lanes[LANE_MAIL] = (struct lane){ .name = "cn-mail",
                                              .channels = CN_CHANNEL_BIT(CN_CHANNEL_EMAIL),
                                              .mailer = cn_mailer_new(&sender->options.mail) };
    sender->lanes[LANE_SLACK] = (struct lane){ .name = "cn-slack",
                                               .channels = CN_CHANNEL_BIT(CN_CHANNEL_SLACK) |
                                                           CN_CHANNEL_BIT(CN_CHANNEL_SLACK_CHANNEL),
                                               .http = cn_http_client_new() };
    for (size_t i = 0; i < LANES; i++) {
        start_lane(sender, &sender->lanes[i]);
    }
    *sender_out = sender;
    return true;
}

void cn_sender_wake(struct cn_sender *sender)
{
    if (sender != NULL) {
        (void)pthread_mutex_lock(&sender->lock);
        sender->wakes++;
        (void)pthread_cond_broadcast(&sender->changed);
        (void)pthread_mutex_unlock(&sender->lock);
    }
}

void cn_sender_stats(const struct cn_sender *sender, struct cn_sender_stats *stats_out)
{
    *stats_out = (struct cn_sender_stats){ .sent = atomic_load(&sender->sent),
                                           .failed = atomic_load(&sender->failed),
                                           .retried = atomic_load(&sender->retried) };
}

void cn_sender_stop(struct cn_sender *sender)
{
    if (sender == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&sender->lock);
    sender->is_stopping = true;
    (void)pthread_cond_broadcast(&sender->changed);
    (void)pthread_mutex_unlock(&sender->lock);
    for (size_t i = 0; i < LANES; i++) {
        struct lane *lane = &sender->lanes[i];
        if (lane->has_thread) {
            (void)pthread_join(lane->thread, NULL); /* it is ours and runs, or has ended */
        }
        cn_mailer_free(lane->mailer);
        cn_http_client_free(lane->http);
    }
    (void)pthread_cond_destroy(&sender->changed);
    (void)pthread_mutex_destroy(&sender->lock);
    free(sender);
}
