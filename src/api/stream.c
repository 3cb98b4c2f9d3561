#include "api/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#include "api/accounts.h"
#include "api/stream_hub.h"

enum {
    ROUND_MS = 100,           /* changes within it are sent as one */
    SECOND_ROUNDS = 10,       /* what changes all the time is told once a second */
    CHECK_EVERY_ROUNDS = 100, /* whether sessions and grants still hold */
    TEXT_MAX_BYTES = 64 * 1024
};

static void *run_hub(void *arg);

struct cn_stream_hub *cn_stream_hub_new(const struct cn_api_options *options)
{
    struct cn_stream_hub *hub = cn_heap_resize(NULL, sizeof(*hub));
    pthread_condattr_t attributes;
    memset(hub, 0, sizeof(*hub));
    hub->options = options;
    (void)pthread_mutex_init(&hub->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&hub->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    if (pthread_create(&hub->thread, NULL, run_hub, hub) != 0) {
        (void)fputs("cannot start a thread\n", stderr); /* as for memory: no caller can help */
        abort();
    }
    (void)pthread_setname_np(hub->thread, "stream"); /* only for those who look */
    return hub;
}

static void free_stream(struct cn_stream *stream)
{
    cn_sse_release(stream->sse);
    cn_map_deinit(&stream->watched);
    cn_map_deinit(&stream->shown);
    free(stream->wanted);
    free(stream);
}

static void take_arrivals(struct cn_stream_hub *hub)
{
    (void)pthread_mutex_lock(&hub->lock);
    while (hub->arrivals != NULL) {
        struct cn_stream *stream = hub->arrivals;
        hub->arrivals = stream->next;
        stream->next = hub->streams;
        hub->streams = stream;
    }
    (void)pthread_mutex_unlock(&hub->lock);
}

void cn_stream_hub_free(struct cn_stream_hub *hub)
{
    if (hub == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&hub->lock);
    hub->is_stopping = true;
    (void)pthread_cond_broadcast(&hub->changed);
    (void)pthread_mutex_unlock(&hub->lock);
    (void)pthread_join(hub->thread, NULL);
    take_arrivals(hub);
    while (hub->streams != NULL) {
        struct cn_stream *next = hub->streams->next;
        free_stream(hub->streams);
        hub->streams = next;
    }
    cn_waiting_deinit(&hub->pending);
    cn_waiting_deinit(&hub->incoming);
    cn_waiting_deinit(&hub->urgent);
    cn_waiting_deinit(&hub->backlog);
    cn_map_deinit(&hub->watched);
    cn_map_deinit(&hub->sources);
    (void)pthread_cond_destroy(&hub->changed);
    (void)pthread_mutex_destroy(&hub->lock);
    free(hub);
}

/* What is closed is pruned soon. */
static void send_id(struct cn_sse_stream *sse, cn_str name, const char *prefix, int64_t id)
{
    char text[CN_ID_TEXT_BYTES];
    char json[CN_ID_TEXT_BYTES + 16];
    cn_id_format(prefix, id, text);
    (void)snprintf(json, sizeof(json), "{\"id\":\"%s\"}", text); /* fits by its parts */
    (void)cn_sse_send(sse, name, cn_str_of(json));
}

static bool sees_sources(enum cn_role role)
{
    return role == CN_ROLE_ADMIN || role == CN_ROLE_OPS;
}

/* The client is gone; the hub's thread lets go of the stream. */
static void on_closed(void *arg, struct cn_sse_stream *sse)
{
    struct cn_stream *stream = arg;
    (void)sse;
    atomic_store(&stream->is_closed, true);
}

void cn_stream_open(struct cn_stream_hub *hub, struct cn_http_exchange *exchange,
                    const struct cn_request *req)
{
    const struct cn_stream_query *query = req->query;
    if (atomic_fetch_add(&hub->count, 1) >= hub->options->config->http_streams_max) {
        atomic_fetch_sub(&hub->count, 1);
        cn_http_add_header(exchange, "retry-after", CN_STR("10"));
        cn_http_reply_text(exchange, 503, CN_STR("too many live streams"));
        return;
    }
    struct cn_stream *stream = cn_heap_resize(NULL, sizeof(*stream));
    *stream = (struct cn_stream){
        .id = { cn_id_next(hub->options->ids, req->unit.now) },
        .unit = req->unit,
        .session = req->caller->session,
        .key = req->caller->key,
        .sees_sources = sees_sources(req->caller->role),
        .watches = query->watch_given == CN_GIVEN && query->watch,
    };
    stream->unit.conn = NULL;
    stream->unit.arena = NULL;
    stream->sse = cn_sse_open(exchange, on_closed, stream);
    (void)pthread_mutex_lock(&hub->lock);
    stream->next = hub->arrivals;
    hub->arrivals = stream;
    /* Whoever reads the id can already use it. */
    send_id(stream->sse, CN_STR("stream"), CN_STREAM_PREFIX, stream->id.value);
    (void)pthread_mutex_unlock(&hub->lock);
}

void cn_stream_account(struct cn_stream_hub *hub, cn_account_id id)
{
    if (atomic_load(&hub->count) == 0) {
        return;
    }
    (void)pthread_mutex_lock(&hub->lock);
    cn_waiting_put(&hub->pending, id.value);
    (void)pthread_mutex_unlock(&hub->lock);
}

void cn_stream_source(struct cn_stream_hub *hub, cn_source_id id)
{
    bool was_new = false;
    if (atomic_load(&hub->count) == 0) {
        return;
    }
    (void)pthread_mutex_lock(&hub->lock);
    (void)cn_map_put(&hub->sources, (uint64_t)id.value, &was_new);
    (void)pthread_mutex_unlock(&hub->lock);
}

void cn_stream_progress(struct cn_stream_hub *hub, const struct cn_progress *progress)
{
    const size_t len =
        progress->label.len < sizeof(hub->label) ? progress->label.len : sizeof(hub->label) - 1;
    (void)pthread_mutex_lock(&hub->lock);
    memset(hub->label, 0, sizeof(hub->label));
    memcpy(hub->label, progress->label.ptr, len);
    hub->done = progress->done;
    hub->total = progress->total;
    hub->has_progress = true;
    (void)pthread_mutex_unlock(&hub->lock);
}

void cn_stream_program(struct cn_stream_hub *hub)
{
    (void)pthread_mutex_lock(&hub->lock);
    hub->has_program = true;
    (void)pthread_mutex_unlock(&hub->lock);
}

void cn_stream_check(struct cn_stream_hub *hub)
{
    (void)pthread_mutex_lock(&hub->lock);
    hub->must_check = true;
    (void)pthread_mutex_unlock(&hub->lock);
}

static bool take_check(struct cn_stream_hub *hub)
{
    (void)pthread_mutex_lock(&hub->lock);
    const bool must_check = hub->must_check;
    hub->must_check = false;
    (void)pthread_mutex_unlock(&hub->lock);
    return must_check;
}

/* True if a stream ended. */
static bool prune(struct cn_stream_hub *hub)
{
    struct cn_stream *ended = NULL;
    struct cn_stream **at = &hub->streams;
    (void)pthread_mutex_lock(&hub->lock);
    while (*at != NULL) {
        struct cn_stream *stream = *at;
        if (atomic_load(&stream->is_closed)) {
            *at = stream->next;
            stream->next = ended;
            ended = stream;
        } else {
            at = &stream->next;
        }
    }
    (void)pthread_mutex_unlock(&hub->lock);
    const bool has_ended = ended != NULL;
    while (ended != NULL) {
        struct cn_stream *next = ended->next;
        atomic_fetch_sub(&hub->count, 1);
        free_stream(ended);
        ended = next;
    }
    return has_ended;
}

static void take_streams(struct cn_stream_hub *hub)
{
    take_arrivals(hub);
    bool is_other = prune(hub);
    for (struct cn_stream *stream = hub->streams; stream != NULL; stream = stream->next) {
        is_other = cn_stream_take_wanted(hub, stream) || is_other;
    }
    if (is_other) {
        cn_stream_gather_watched(hub);
    }
}

static void take_pending(struct cn_stream_hub *hub)
{
    int64_t id = 0;
    (void)pthread_mutex_lock(&hub->lock);
    struct cn_waiting pending = hub->pending;
    hub->pending = hub->incoming;
    (void)pthread_mutex_unlock(&hub->lock);
    hub->incoming = pending;
    if (hub->streams == NULL) { /* nobody listens */
        cn_waiting_clear(&hub->incoming);
        cn_waiting_clear(&hub->urgent);
        cn_waiting_clear(&hub->backlog);
    }
    while (cn_waiting_take(&hub->incoming, &id)) {
        cn_stream_sort_in(hub, id);
    }
}

/* The next source that sent something; false if there is none. */
static bool take_source(struct cn_stream_hub *hub, uint64_t *id_out)
{
    size_t cursor = 0;
    uint64_t value = 0;
    (void)pthread_mutex_lock(&hub->lock);
    const bool has_one = cn_map_next(&hub->sources, &cursor, id_out, &value);
    if (has_one) {
        (void)cn_map_remove(&hub->sources, *id_out);
    }
    (void)pthread_mutex_unlock(&hub->lock);
    return has_one;
}

static void send_sources(struct cn_stream_hub *hub)
{
    uint64_t id = 0;
    while (take_source(hub, &id)) {
        for (struct cn_stream *stream = hub->streams; stream != NULL; stream = stream->next) {
            if (stream->sees_sources) {
                send_id(stream->sse, CN_STR("sources"), CN_SOURCE_PREFIX, (int64_t)id);
            }
        }
    }
}

static void send_program(struct cn_stream_hub *hub)
{
    (void)pthread_mutex_lock(&hub->lock);
    const bool has_program = hub->has_program;
    hub->has_program = false;
    (void)pthread_mutex_unlock(&hub->lock);
    for (struct cn_stream *stream = hub->streams; has_program && stream != NULL;
         stream = stream->next) {
        (void)cn_sse_send(stream->sse, CN_STR("program"), CN_STR("{}")); /* closed: pruned soon */
    }
}

static void send_others(struct cn_stream_hub *hub)
{
    for (struct cn_stream *stream = hub->streams; stream != NULL; stream = stream->next) {
        if (stream->has_others) {
            stream->has_others = false;
            (void)cn_sse_send(stream->sse, CN_STR("others"),
                              CN_STR("{}")); /* closed: pruned soon */
        }
    }
}

static cn_str account_text(struct cn_buf *buf, const struct cn_account *account,
                           const struct cn_tz *tz)
{
    static const struct cn_user_list nobody = { 0 };
    struct cn_account_row row = { 0 };
    struct cn_json_writer out;
    struct cn_error err;
    cn_str text;
    cn_buf_clear(buf);
    cn_account_row_fill(&row, account, &nobody, tz);
    cn_json_writer_init(&out, buf);
    cn_json_write_struct(&out, &cn_account_news_fields, &row);
    return cn_json_finish(&out, &text, &err) ? text : CN_STR(""); /* which is not sent */
}

static cn_str gone_text(struct cn_buf *buf, cn_account_id id)
{
    char text[CN_ID_TEXT_BYTES];
    cn_id_format(CN_ACCOUNT_PREFIX, id.value, text);
    cn_buf_clear(buf);
    cn_buf_printf(buf, "{\"id\":\"%s\",\"gone\":true}", text);
    return cn_buf_str(buf);
}

/* account: NULL if there is none of this id any more. */
static void send_account(struct cn_stream_hub *hub, cn_account_id id,
                         const struct cn_account *account, struct cn_buf *news, struct cn_buf *gone)
{
    bool was_new = false;
    cn_str text = account != NULL ? account_text(news, account, hub->options->tz) : CN_STR("");
    for (struct cn_stream *stream = hub->streams; stream != NULL; stream = stream->next) {
        if (stream->watches && cn_map_get(&stream->watched, (uint64_t)id.value) == NULL) {
            continue;
        }
        const bool sees =
            account != NULL && text.len > 0 &&
            cn_unit_sees(&stream->unit, account->team_id.value, account->owner_id.value);
        if (sees) {
            (void)cn_map_put(&stream->shown, (uint64_t)id.value, &was_new);
            (void)cn_sse_send(stream->sse, CN_STR("account"), text); /* closed: pruned soon */
        } else if (cn_map_remove(&stream->shown, (uint64_t)id.value)) {
            (void)cn_sse_send(stream->sse, CN_STR("account"), gone_text(gone, id));
        }
    }
}

static void send_accounts(struct cn_stream_hub *hub, struct cn_unit *unit, const int64_t *ids,
                          size_t count)
{
    struct cn_buf news;
    struct cn_buf gone;
    cn_buf_init(&news, TEXT_MAX_BYTES);
    cn_buf_init(&gone, TEXT_MAX_BYTES);
    for (size_t i = 0; i < count; i++) {
        struct cn_account account;
        struct cn_error err;
        const cn_account_id id = { ids[i] };
        if (cn_account_load(unit, id, &account, &err)) {
            cn_account_take_live(hub->options, unit->arena, &account);
            send_account(hub, id, &account, &news, &gone);
        } else if (err.code == CN_NOT_FOUND || err.code == CN_GONE) {
            send_account(hub, id, NULL, &news, &gone);
        }
    }
    cn_buf_deinit(&news);
    cn_buf_deinit(&gone);
}

/* False if nothing new is to be told. */
static bool take_progress(struct cn_stream_hub *hub, struct cn_buf *buf, cn_str *text_out)
{
    struct cn_json_writer out;
    struct cn_error err;
    cn_json_writer_init(&out, buf);
    (void)pthread_mutex_lock(&hub->lock);
    const bool has_progress = hub->has_progress;
    hub->has_progress = false;
    cn_json_object_begin(&out);
    cn_json_key(&out, CN_STR("done"));
    cn_json_i64(&out, hub->done);
    cn_json_key(&out, CN_STR("total"));
    cn_json_i64(&out, hub->total);
    cn_json_key(&out, CN_STR("label"));
    cn_json_str(&out, cn_str_of(hub->label));
    cn_json_object_end(&out);
    (void)pthread_mutex_unlock(&hub->lock);
    return has_progress && cn_json_finish(&out, text_out, &err);
}

static void send_progress(struct cn_stream_hub *hub)
{
    struct cn_buf buf;
    cn_str text;
    cn_buf_init(&buf, 512);
    if (take_progress(hub, &buf, &text)) {
        for (struct cn_stream *stream = hub->streams; stream != NULL; stream = stream->next) {
            (void)cn_sse_send(stream->sse, CN_STR("progress"), text); /* closed: pruned soon */
        }
    }
    cn_buf_deinit(&buf);
}

/* Whether the user still has the session or key, and which accounts are theirs now. */
static bool still_holds(struct cn_stream *stream, struct cn_unit *unit)
{
    struct cn_user user;
    struct cn_error err = { .code = CN_OK };
    bool exists = false;
    if (!cn_user_load(unit, stream->unit.user, &user, &err) || user.is_disabled) {
        return err.code == CN_UNAVAILABLE; /* the database comes back */
    }
    const struct cn_unit reader = cn_user_reader(unit, &user);
    stream->unit.team = reader.team;
    if (reader.scope < stream->unit.scope) {
        stream->unit.scope = reader.scope;
    }
    stream->sees_sources = stream->sees_sources && sees_sources(user.role);
    const bool ok = stream->session.value != 0
                        ? cn_session_exists(unit, user.id, stream->session, &exists, &err)
                        : cn_api_key_exists(unit, stream->key, &exists, &err);
    return ok ? exists : err.code == CN_UNAVAILABLE;
}

static void check_streams(struct cn_stream_hub *hub, struct cn_unit *unit)
{
    for (struct cn_stream *stream = hub->streams; stream != NULL; stream = stream->next) {
        if (!still_holds(stream, unit)) {
            cn_sse_close(stream->sse);
        }
    }
}

static bool has_turns(const struct cn_stream_hub *hub)
{
    return cn_waiting_count(&hub->urgent) > 0 || cn_waiting_count(&hub->backlog) > 0;
}

static void run_round(struct cn_stream_hub *hub, struct cn_arena *arena, int64_t round)
{
    const bool is_check = take_check(hub) || round % CHECK_EVERY_ROUNDS == 0;
    struct cn_sql_conn *conn = NULL;
    struct cn_error err;
    size_t count = 0;
    take_streams(hub);
    take_pending(hub);
    send_progress(hub);
    send_program(hub);
    if (round % SECOND_ROUNDS == 0) {
        send_sources(hub);
        send_others(hub);
    }
    if ((!has_turns(hub) && !is_check) || hub->streams == NULL) {
        return;
    }
    if (!cn_db_read(hub->options->db, &conn, &err)) {
        if (is_check) {
            cn_stream_check(hub);
        }
        return; /* what waits goes on waiting until the database is back */
    }
    struct cn_unit unit = { .conn = conn,
                            .arena = arena,
                            .ids = hub->options->ids,
                            .scope = CN_SCOPE_ALL,
                            .now = cn_now(hub->options->clock) };
    if (is_check) {
        check_streams(hub, &unit);
    }
    const int64_t *ids = cn_stream_take_turns(hub, arena, &count);
    send_accounts(hub, &unit, ids, count);
    cn_db_release(hub->options->db, conn);
    cn_arena_reset(arena);
}

/* Sleeps until the next round; false if the hub is stopping. */
static bool wait_for_round(struct cn_stream_hub *hub)
{
    const struct timespec until = cn_clock_until((int64_t)ROUND_MS * 1000);
    int rc = 0;
    (void)pthread_mutex_lock(&hub->lock);
    while (!hub->is_stopping && rc == 0) {
        rc = pthread_cond_timedwait(&hub->changed, &hub->lock, &until);
    }
    const bool goes_on = !hub->is_stopping;
    (void)pthread_mutex_unlock(&hub->lock);
    return goes_on;
}

static void *run_hub(void *arg)
{
    struct cn_stream_hub *hub = arg;
    struct cn_arena arena;
    cn_arena_init(&arena, (size_t)64 * 1024);
    for (int64_t round = 1; wait_for_round(hub); round++) {
        run_round(hub, &arena, round);
    }
    cn_arena_deinit(&arena);
    return NULL;
}
