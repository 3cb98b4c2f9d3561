#include "api/operate.h"

#include "base/str.h"

#include "api/access.h"
#include "api/backtest_runner.h"
#include "api/stream.h"
#include "api/track.h"
#include "book/contract.h"
#include "book/judgement.h"
#include "book/person.h"
#include "book/source.h"
#include "book/ticket.h"
#include "book/touch.h"
#include "book/trait.h"
#include "engine/cases.h"
#include "engine/comparison.h"
#include "event/rejected.h"
#include "health/scorecard.h"
#include "json/scan.h"
#include "metric/definition.h"
#include "metric/query.h"
#include "program/node.h"
#include "program/program.h"
#include "segment/segment.h"
#include "signal/hold.h"
#include "signal/inbox.h"

enum {
    METRICS_MAX_BYTES = 4 * 1024 * 1024
};

static void send_text(struct cn_api *api, struct cn_http_exchange *exchange, int status,
                      const char *text)
{
    struct cn_buf body;
    cn_buf_init(&body, 64);
    cn_buf_add_str(&body, cn_str_of(text));
    cn_api_send(api, exchange, status, "text/plain; charset=utf-8", &body);
}

static void write_http(struct cn_api *api, struct cn_gauges *out)
{
    const struct cn_http_figures http = cn_http_figures(api->http);
    cn_gauge(out, "cairn_http_connections", CN_GAUGE, "Open connections.",
             (double)http.connections);
    cn_gauge(out, "cairn_http_streams", CN_GAUGE, "Open live streams.", (double)http.streams);
    cn_gauge(out, "cairn_http_waiting", CN_GAUGE, "Requests that a worker is answering.",
             (double)http.suspended);
    cn_gauge(out, "cairn_http_bodies_bytes", CN_GAUGE, "Request bodies in memory.",
             (double)http.bodies_bytes);
    cn_gauge(out, "cairn_http_requests_total", CN_COUNTER, "Requests begun.",
             (double)http.requests_total);
    cn_gauge(out, "cairn_http_refused_connections_total", CN_COUNTER,
             "Connections over a cap, closed at once.", (double)http.refused_connections_total);
    cn_gauge(out, "cairn_http_refused_framing_total", CN_COUNTER,
             "Requests that two parsers could read differently.",
             (double)http.refused_framing_total);
    cn_gauge(out, "cairn_http_timeouts_total", CN_COUNTER, "Connections of clients too slow.",
             (double)http.timeouts_total);
    cn_gauge_family(out, "cairn_http_answers_total", CN_COUNTER, "Answers by class of status.");
    for (size_t i = 1; i < CN_ARRAY_LEN(api->answers); i++) {
        const char label[] = { (char)('0' + i), 'x', 'x', '\0' };
        cn_gauge_labelled(out, "status", label, (double)atomic_load(&api->answers[i]));
    }
}

static void write_queues(struct cn_api *api, struct cn_gauges *out)
{
    cn_gauge_family(out, "cairn_api_queue", CN_GAUGE, "Requests that wait for a thread.");
    for (size_t i = 0; i < CN_API_POOLS; i++) {
        cn_gauge_labelled(out, "pool", cn_route_run_names[i],
                          (double)cn_workers_waiting(api->pools[i]));
    }
    cn_gauge(out, "cairn_db_queue", CN_GAUGE, "Writes that wait for their commit.",
             (double)cn_db_waiting(api->options.db));
    cn_gauge(out, "cairn_db_writable", CN_GAUGE, "0 after a failed sync, until a restart.",
             cn_db_is_writable(api->options.db) ? 1 : 0);
}

static void write_log(struct cn_api *api, struct cn_gauges *out)
{
    struct cn_event_log_stats stats;
    cn_event_log_stats(api->options.events, &stats);
    cn_gauge(out, "cairn_events_total", CN_COUNTER, "Events stored.", (double)stats.events);
    cn_gauge(out, "cairn_event_log_position", CN_GAUGE, "Number of the newest event.",
             (double)cn_event_log_position(api->options.events));
    cn_gauge(out, "cairn_event_duplicates_total", CN_COUNTER, "Events that were stored before.",
             (double)stats.duplicates);
    cn_gauge(out, "cairn_event_commits_total", CN_COUNTER, "Commits of the event log.",
             (double)stats.groups);
    cn_gauge(out, "cairn_event_queue_batches", CN_GAUGE, "Batches that wait for their commit.",
             (double)stats.queue_batches);
    cn_gauge(out, "cairn_event_queue_bytes", CN_GAUGE, "Their size.", (double)stats.queue_bytes);
    cn_gauge(out, "cairn_event_ids_memory", CN_GAUGE, "Message ids remembered in memory.",
             (double)stats.ids.in_memory);
    cn_gauge(out, "cairn_event_ids_files", CN_GAUGE, "Message ids remembered in files.",
             (double)stats.ids.in_files);
    cn_gauge(out, "cairn_event_ids_bytes", CN_GAUGE, "Memory that all of them take.",
             (double)stats.ids.bytes);
    cn_gauge(out, "cairn_event_log_stopped", CN_GAUGE, "1 after a failed sync, until a restart.",
             stats.is_stopped ? 1 : 0);
}

/* Every limit that is a number, beside the figures that run into it. */
static void write_limits(struct cn_api *api, struct cn_gauges *out)
{
    const char *config = (const char *)api->options.config;
    cn_gauge_family(out, "cairn_setting", CN_GAUGE,
                    "Settings that are numbers; durations in milliseconds.");
    for (size_t i = 0; i < cn_setting_count; i++) {
        const struct cn_setting *setting = &cn_settings[i];
        if (setting->type == CN_SETTING_I64 || setting->type == CN_SETTING_DURATION_MS) {
            const int64_t *value = (const void *)(config + setting->offset);
            cn_gauge_labelled(out, "name", setting->name, (double)*value);
        }
    }
}

/* Limits that no setting moves, because formats or other parts rely on them; docs/limits.md. */
static void write_fixed_limits(struct cn_gauges *out)
{
    static const struct {
        const char *name;
        double value;
    } limits[] = {
        { "page_rows", CN_PAGE_MAX },
        { "answer_bytes", CN_API_RESPONSE_MAX_BYTES },
        { "json_depth", CN_JSON_READ_DEPTH_MAX },
        { "event_json_depth", CN_JSON_SCAN_DEPTH_MAX },
        { "key_bytes", CN_EVENT_KEY_MAX_BYTES },
        { "event_name_bytes", CN_EVENT_NAME_MAX_BYTES },
        { "rejected_listed", CN_REJECTED_MAX },
        { "sources", CN_SOURCES_MAX },
        { "users", CN_USER_LIST_MAX },
        { "traits_of_account", CN_TRAITS_MAX },
        { "trait_bytes", CN_TRAIT_VALUE_MAX_BYTES },
        { "people_of_account", CN_PERSON_LIST_MAX },
        { "contracts_of_account", CN_CONTRACT_LIST_MAX },
        { "tickets_of_account", CN_TICKET_LIST_MAX },
        { "judgements_of_account", CN_JUDGEMENT_LIST_MAX },
        { "touches_of_account", CN_TOUCH_LIST_MAX },
        { "holds_of_account", CN_HOLD_LIST_MAX },
        { "events_of_signal", CN_SIGNAL_EVENTS_MAX },
        { "program_files", CN_PROGRAM_FILES_MAX },
        { "program_bytes", CN_PROGRAM_MAX_BYTES },
        { "program_file_bytes", CN_NODE_FILE_MAX_BYTES },
        { "program_metrics", CN_METRICS_MAX },
        { "program_segments", CN_SEGMENTS_MAX },
        { "program_scorecards", CN_SCORECARDS_MAX },
        { "program_signals", CN_SIGNALS_MAX },
        { "program_tests", CN_CASES_MAX },
        { "chart_days", CN_CHART_DAYS_MAX },
        { "comparison_days", CN_COMPARISON_DAYS_MAX },
        { "comparison_accounts_listed", CN_COMPARISON_ACCOUNTS_MAX },
        { "past_runs_waiting", CN_BACKTEST_WAITING_MAX },
        { "stream_watched", CN_STREAM_WATCH_MAX },
    };
    cn_gauge_family(out, "cairn_limit", CN_GAUGE, "Limits that no setting moves.");
    for (size_t i = 0; i < CN_ARRAY_LEN(limits); i++) {
        cn_gauge_labelled(out, "name", limits[i].name, limits[i].value);
    }
}

static void send_metrics(struct cn_api *api, struct cn_http_exchange *exchange)
{
    struct cn_buf body;
    struct cn_gauges out = { .buf = &body };
    cn_buf_init(&body, METRICS_MAX_BYTES);
    write_http(api, &out);
    write_queues(api, &out);
    write_log(api, &out);
    cn_track_write_gauges(api->track, &out);
    for (size_t i = 0; i < api->options.gauge_count; i++) {
        const struct cn_gauge_source *source = &api->options.gauges[i];
        source->write(source->arg, &out);
    }
    write_limits(api, &out);
    write_fixed_limits(&out);
    cn_api_send(api, exchange, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
}

static void send_openapi(struct cn_api *api, struct cn_http_exchange *exchange)
{
    struct cn_buf body;
    cn_buf_init(&body, api->openapi.len + 1);
    cn_buf_add_str(&body, cn_buf_str(&api->openapi));
    cn_http_add_header(exchange, "access-control-allow-origin", CN_STR("*"));
    cn_api_send(api, exchange, 200, "application/json", &body);
}

bool cn_operate(struct cn_api *api, struct cn_http_exchange *exchange)
{
    cn_str path = cn_http_path(exchange);
    const bool is_health = cn_str_equal(path, CN_STR("/healthz"));
    const bool is_ready = cn_str_equal(path, CN_STR("/readyz"));
    const bool is_metrics = cn_str_equal(path, CN_STR("/metrics"));
    const bool is_openapi = cn_str_equal(path, CN_STR("/openapi.json"));
    if (!is_health && !is_ready && !is_metrics && !is_openapi) {
        return false;
    }
    const enum cn_http_method method = cn_http_method(exchange);
    if (method != CN_GET && method != CN_HEAD) {
        cn_http_add_header(exchange, "allow", CN_STR("GET, HEAD"));
        send_text(api, exchange, 405, "method not allowed\n");
    } else if (is_metrics) {
        send_metrics(api, exchange);
    } else if (is_openapi) {
        send_openapi(api, exchange);
    } else if (is_ready && !atomic_load(&api->is_ready)) {
        send_text(api, exchange, 503, "not ready\n");
    } else {
        send_text(api, exchange, 200, "ok\n");
    }
    return true;
}
