#include "demo/traffic.h"

#include "base/buf.h"
#include "base/random.h"
#include "base/str.h"
#include "base/time.h"

#include "json/writer.h"

enum {
    BATCH_MAX_BYTES = 2 * 1024 * 1024,
    TEXT_BYTES = 96
};

static const int64_t slot_us = (int64_t)CN_DEMO_LIVE_PAUSE_MS * 1000;

/* A body in the making. */
struct batch {
    const struct cn_demo_traffic *traffic;
    struct cn_buf buf;
    struct cn_json_writer out;
    size_t count;
};

static void batch_begin(struct batch *batch)
{
    cn_buf_clear(&batch->buf);
    cn_json_writer_init(&batch->out, &batch->buf);
    batch->count = 0;
    cn_json_object_begin(&batch->out);
    cn_json_key(&batch->out, CN_STR("batch"));
    cn_json_array_begin(&batch->out);
}

static void batch_init(struct batch *batch, const struct cn_demo_traffic *traffic)
{
    *batch = (struct batch){ .traffic = traffic };
    cn_buf_init(&batch->buf, BATCH_MAX_BYTES);
    batch_begin(batch);
}

/* Sends what has gathered. */
static bool batch_flush(struct batch *batch, struct cn_error *err)
{
    if (batch->count == 0) {
        return true;
    }
    cn_str body;
    cn_json_array_end(&batch->out);
    cn_json_object_end(&batch->out);
    if (!cn_json_finish(&batch->out, &body, err) ||
        !batch->traffic->send(batch->traffic->ctx, body, batch->count, err)) {
        return false;
    }
    batch_begin(batch);
    return true;
}

static bool batch_end_call(struct batch *batch, struct cn_error *err)
{
    cn_json_object_end(&batch->out);
    batch->count++;
    return batch->count < CN_DEMO_BATCH_EVENTS || batch_flush(batch, err);
}

static void member(struct cn_json_writer *out, const char *name, const char *value)
{
    cn_json_key(out, cn_str_of(name));
    cn_json_str(out, cn_str_of(value));
}

static void number(struct cn_json_writer *out, const char *name, int64_t value)
{
    cn_json_key(out, cn_str_of(name));
    cn_json_i64(out, value);
}

static void begin_call(struct batch *batch, const char *type, const char *message_id, cn_time at)
{
    char when[CN_TIME_TEXT_BYTES];
    cn_time_format(at, when);
    cn_json_object_begin(&batch->out);
    member(&batch->out, "type", type);
    member(&batch->out, "messageId", message_id);
    member(&batch->out, "timestamp", when);
}

static void write_user(struct batch *batch, const struct cn_demo_account *account, int64_t user)
{
    char text[TEXT_BYTES];
    (void)snprintf(text, sizeof(text), "%s-u%d", account->key, (int)user); /* fits by its parts */
    member(&batch->out, "userId", text);
}

static bool add_group(struct batch *batch, const struct cn_demo_account *account, cn_time at,
                      int64_t seats_used, struct cn_error *err)
{
    static const char *const plans[CN_DEMO_BOOK_COUNT] = { "enterprise", "business", "starter",
                                                           "business" };
    char id[TEXT_BYTES];
    (void)snprintf(id, sizeof(id), "demo-g-%s-%lld", account->key, (long long)at.us);
    begin_call(batch, "group", id, at);
    write_user(batch, account, 0);
    member(&batch->out, "groupId", account->key);
    cn_json_key(&batch->out, CN_STR("traits"));
    cn_json_object_begin(&batch->out);
    member(&batch->out, "name", account->name);
    member(&batch->out, "domain", account->domain);
    member(&batch->out, "plan", plans[account->book]);
    number(&batch->out, "seats_used", seats_used);
    cn_json_object_end(&batch->out);
    return batch_end_call(batch, err);
}

static bool add_identify(struct batch *batch, const struct cn_demo_account *account, int64_t user,
                         cn_time at, struct cn_error *err)
{
    struct cn_demo_person person;
    cn_demo_person_make(account, user, &person);
    char id[TEXT_BYTES];
    (void)snprintf(id, sizeof(id), "demo-i-%s-%d-%lld", account->key, (int)user, (long long)at.us);
    begin_call(batch, "identify", id, at);
    write_user(batch, account, user);
    cn_json_key(&batch->out, CN_STR("context"));
    cn_json_object_begin(&batch->out);
    member(&batch->out, "groupId", account->key);
    cn_json_object_end(&batch->out);
    cn_json_key(&batch->out, CN_STR("traits"));
    cn_json_object_begin(&batch->out);
    member(&batch->out, "name", person.name);
    member(&batch->out, "email", person.email);
    member(&batch->out, "title", person.title);
    cn_json_object_end(&batch->out);
    return batch_end_call(batch, err);
}

static bool add_track(struct batch *batch, const struct cn_demo_account *account,
                      const struct cn_demo_event *event, const char *message_id, cn_time at,
                      struct cn_error *err)
{
    begin_call(batch, "track", message_id, at);
    write_user(batch, account, event->user);
    member(&batch->out, "event", cn_demo_event_names[event->name]);
    cn_json_key(&batch->out, CN_STR("context"));
    cn_json_object_begin(&batch->out);
    member(&batch->out, "groupId", account->key);
    cn_json_object_end(&batch->out);
    cn_json_key(&batch->out, CN_STR("properties"));
    cn_json_object_begin(&batch->out);
    member(&batch->out, "surface", event->user % 3 == 0 ? "mobile" : "web");
    cn_json_object_end(&batch->out);
    return batch_end_call(batch, err);
}

static bool finish(struct batch *batch, bool ok, struct cn_error *err)
{
    ok = ok && batch_flush(batch, err);
    cn_buf_deinit(&batch->buf);
    return ok;
}

/* Those that left reported their seats every four weeks until then: others are only seen today. */
static bool add_former_groups(struct batch *batch, const struct cn_demo_account *account,
                              int64_t age, struct cn_error *err)
{
    enum {
        EVERY_DAYS = 28
    };
    const struct cn_demo_traffic *traffic = batch->traffic;
    int64_t today = cn_tz_day(traffic->tz, traffic->now);
    bool ok = true;
    for (int64_t days_ago = age; ok && days_ago > account->left_days; days_ago -= EVERY_DAYS) {
        cn_time at = cn_tz_day_start(traffic->tz, today - days_ago);
        ok = add_group(batch, account, at, cn_demo_seats_used(account, days_ago), err);
    }
    return ok;
}

bool cn_demo_send_profiles(const struct cn_demo_traffic *traffic, enum cn_demo_book book,
                           struct cn_error *err)
{
    struct batch batch;
    batch_init(&batch, traffic);
    bool ok = true;
    for (size_t i = 0; ok && i < cn_demo_book_size(book, traffic->self_service); i++) {
        struct cn_demo_account account;
        cn_demo_account_make(traffic->seed, book, i, &account);
        int64_t age =
            account.tenure_days < CN_DEMO_HISTORY_DAYS ? account.tenure_days : CN_DEMO_HISTORY_DAYS;
        cn_time at = cn_tz_day_start(traffic->tz, cn_tz_day(traffic->tz, traffic->now) - age);
        ok = account.left_days > 0
                 ? add_former_groups(&batch, &account, age, err)
                 : add_group(&batch, &account, at, cn_demo_seats_used(&account, 0), err);
        for (int64_t user = 0; ok && user < account.users; user++) {
            ok = add_identify(&batch, &account, user, at, err);
        }
    }
    return finish(&batch, ok, err);
}

static bool send_account_day(struct batch *batch, const struct cn_demo_account *account,
                             int64_t days_ago, struct cn_error *err)
{
    const struct cn_demo_traffic *traffic = batch->traffic;
    int64_t day = cn_tz_day(traffic->tz, traffic->now) - days_ago;
    int weekday = (int)((day % 7 + 11) % 7); /* 1970-01-01 was a Thursday */
    struct cn_demo_event events[CN_DEMO_DAY_EVENTS_MAX];
    size_t count = cn_demo_day(account, days_ago, weekday, events);
    cn_time start = cn_tz_day_start(traffic->tz, day);
    for (size_t i = 0; i < count; i++) {
        cn_time at = { start.us + events[i].second * 1000000 };
        if (at.us > traffic->now.us) {
            break;
        }
        char id[TEXT_BYTES];
        (void)snprintf(id, sizeof(id), "demo-%s-%lld-%zu", account->key, (long long)day, i);
        if (!add_track(batch, account, &events[i], id, at, err)) {
            return false;
        }
    }
    return true;
}

bool cn_demo_send_past(const struct cn_demo_traffic *traffic, enum cn_demo_book book, int64_t days,
                       struct cn_error *err)
{
    struct batch batch;
    batch_init(&batch, traffic);
    bool ok = true;
    for (int64_t days_ago = days; ok && days_ago >= 0; days_ago--) {
        for (size_t i = 0; ok && i < cn_demo_book_size(book, traffic->self_service); i++) {
            struct cn_demo_account account;
            cn_demo_account_make(traffic->seed, book, i, &account);
            ok = send_account_day(&batch, &account, days_ago, err);
        }
    }
    return finish(&batch, ok, err);
}

int64_t cn_demo_past_estimate(const struct cn_demo_traffic *traffic, enum cn_demo_book book,
                              int64_t days)
{
    enum {
        SAMPLE = 50 /* every SAMPLE-th account stands for its neighbours */
    };
    struct cn_demo_event events[CN_DEMO_DAY_EVENTS_MAX];
    int64_t today = cn_tz_day(traffic->tz, traffic->now);
    int64_t total = 0;
    int64_t seen = 0;
    for (size_t i = 0; i < cn_demo_book_size(book, traffic->self_service); i += SAMPLE, seen++) {
        struct cn_demo_account account;
        cn_demo_account_make(traffic->seed, book, i, &account);
        for (int64_t days_ago = 0; days_ago <= days; days_ago++) {
            int weekday = (int)(((today - days_ago) % 7 + 11) % 7);
            total += (int64_t)cn_demo_day(&account, days_ago, weekday, events);
        }
    }
    return seen > 0 ? total * (int64_t)cn_demo_book_size(book, traffic->self_service) / seen : 0;
}

/* Which slot of its day the moment is in. */
static int64_t slot_of(const struct cn_tz *tz, cn_time moment)
{
    const cn_time start = cn_tz_day_start(tz, cn_tz_day(tz, moment));
    return (moment.us - start.us) / slot_us;
}

cn_time cn_demo_next_slot(const struct cn_tz *tz, cn_time moment)
{
    const cn_time start = cn_tz_day_start(tz, cn_tz_day(tz, moment));
    return (cn_time){ start.us + (slot_of(tz, moment) + 1) * slot_us };
}

bool cn_demo_send_now(const struct cn_demo_traffic *traffic, struct cn_error *err)
{
    const int64_t day = cn_tz_day(traffic->tz, traffic->now);
    const int64_t slot = slot_of(traffic->tz, traffic->now);
    struct cn_rng rng = { traffic->seed ^ (uint64_t)slot << 20 };
    struct batch batch;
    batch_init(&batch, traffic);
    bool ok = true;
    for (size_t i = 0; ok && i < CN_DEMO_LIVE_EVENTS; i++) {
        /* The two small books are on screen, so they get their share. */
        int64_t draw = cn_rng_between(&rng, 0, 9);
        enum cn_demo_book book = draw < 2                                 ? CN_DEMO_ENTERPRISE
                                 : draw < 5 || traffic->self_service == 0 ? CN_DEMO_MID_MARKET
                                                                          : CN_DEMO_SELF_SERVICE;
        struct cn_demo_account account;
        int64_t last = (int64_t)cn_demo_book_size(book, traffic->self_service) - 1;
        cn_demo_account_make(traffic->seed, book, (size_t)cn_rng_between(&rng, 0, last), &account);
        struct cn_demo_event event = {
            .user = cn_rng_between(&rng, 0, account.users - 1),
            .name = (size_t)cn_rng_between(&rng, 0, (int64_t)cn_demo_event_name_count - 1),
        };
        char id[TEXT_BYTES];
        (void)snprintf(id, sizeof(id), "demo-now-%lld-%lld-%zu", (long long)day, (long long)slot,
                       i); /* fits by its parts */
        ok = add_track(&batch, &account, &event, id, traffic->now, err);
    }
    return finish(&batch, ok, err);
}
