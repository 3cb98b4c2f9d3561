/*
 * The HTTP face of Cairn: REST API, tracking API, live stream, web app and what operators read.
 *
 * Holds what requests are answered from.  main starts it last and stops it first; everything named
 * in the options outlives it.  Scores, trends and explanations live in the engine's frame, so the
 * engine is asked for them through the functions of struct cn_api_engine, which any thread may call
 * at any time and which must not wait for a database write.
 *
 * Not here: rules of records (book/), what an event means (event/, engine/).
 */
#ifndef CAIRN_API_API_H
#define CAIRN_API_API_H

#include "base/clock.h"
#include "base/embedded.h"
#include "base/id.h"
#include "base/tz.h"

#include "api/gauge.h"
#include "book/account_list.h"
#include "book/link.h"
#include "book/merge.h"
#include "book/portfolio.h"
#include "book/subject_map.h"
#include "config/setting.h"
#include "engine/explain.h"
#include "event/log.h"
#include "event/rejected.h"
#include "metric/query.h"
#include "segment/board.h"
#include "signal/tell.h"
#include "sql/db.h"

struct cn_api;

enum {
    CN_SPARK_POINTS = 12 /* weeks */
};

/* Weekly points of an account, oldest first. */
struct cn_spark {
    double points[CN_SPARK_POINTS];
    size_t count;
};

/* Why a score is what it is. */
struct cn_account_explanation {
    cn_time at;
    struct cn_explanation now;
    bool has_previous;
    cn_time previous_at;
    struct cn_health_score previous;
    int64_t version; /* of the program, at both moments */
    int64_t previous_version;
    struct cn_shadow_score *shadows;
    size_t shadow_count;
};

struct cn_progress {
    cn_str label; /* "" when nothing is going on */
    int64_t done;
    int64_t total;
};

struct cn_engine; /* engine/engine.h */

/* The engine, as the API sees it. */
struct cn_api_engine {
    void *arg;
    struct cn_engine *live; /* for what is asked of the program; NULL: there is none */
    /* As cn_account_list(), from the frame; unit->conn may be NULL.  NULL: lists come from SQL. */
    bool (*list)(void *arg, const struct cn_unit *unit, const struct cn_account_filter *filter,
                 struct cn_account_list *list_out, struct cn_error *err);
    /* The figures of the accounts in the unit's scope; unit->conn may be NULL. */
    void (*portfolio)(void *arg, const struct cn_unit *unit,
                      const struct cn_portfolio_filter *filter, struct cn_portfolio *portfolio_out);
    /* What the engine knows of the account by now; leaves *derived alone if it knows nothing. NULL:
     * the stored record is as new. */
    void (*current)(void *arg, cn_account_id id, struct cn_arena *arena,
                    struct cn_account_derived *derived);
    /* Fills sparks_out[i] for ids[i], zeroed before.  NULL: there are none. */
    void (*sparks)(void *arg, const cn_account_id *ids, size_t count, struct cn_spark *sparks_out);
    bool (*explain)(void *arg, cn_account_id id, const struct cn_explain_ask *ask,
                    struct cn_arena *arena, struct cn_account_explanation *explanation_out,
                    struct cn_error *err);
    bool (*charts)(void *arg, cn_account_id id, int64_t first_day, int64_t last_day,
                   struct cn_arena *arena, struct cn_chart_list *list_out, struct cn_error *err);
    /* As engine/boards.h. */
    void (*standings)(void *arg, const cn_account_id *ids, size_t count, struct cn_arena *arena,
                      struct cn_standing *standings_out);
    void (*segments)(void *arg, const struct cn_unit *unit, struct cn_arena *arena,
                     struct cn_segment_board *board_out);
    bool (*overlap)(void *arg, const struct cn_unit *unit, const struct cn_overlap_ask *ask,
                    struct cn_arena *arena, struct cn_overlap *overlap_out, struct cn_error *err);
    void (*coverage)(void *arg, const struct cn_unit *unit, struct cn_arena *arena,
                     struct cn_coverage_board *board_out);
    /* Records have changed: look now.  May be NULL. */
    void (*wake)(void *arg);
    /* NULL where nothing ever runs in the background. */
    void (*progress)(void *arg, struct cn_arena *arena, struct cn_progress *progress_out);
};

/* What the API needs of telling people; see signal/tell.h and book/link.h. */
struct cn_api_notices {
    void *arg;
    const struct cn_tell_options *tell;
    const struct cn_link_key *link_key;
    void (*wake)(void *arg); /* something is in the outbox; NULL: nothing is sent */
};

/* A demo workspace: buttons whose calls the browser makes itself. */
struct cn_demo_call {
    cn_str method;
    cn_str path;
    cn_str headers;      /* a JSON object of names and values, or "" */
    cn_str body;         /* JSON, or "" */
    bool with_write_key; /* else with the session */
};

struct cn_demo_button {
    cn_str name;
    cn_str label;
    cn_str doc;
    struct cn_demo_call *calls;
    size_t call_count;
};

struct cn_demo_buttons {
    struct cn_demo_button *items;
    size_t count;
    cn_str write_key;
};

struct cn_api_demo {
    void *arg;
    bool (*buttons)(void *arg, struct cn_arena *arena, struct cn_demo_buttons *buttons_out,
                    struct cn_error *err);
};

struct cn_api_options {
    const struct cn_config *config;
    const struct cn_clock *clock;
    struct cn_id_source *ids;
    struct cn_db *db;
    const struct cn_tz *tz;
    cn_str workspace_name;
    cn_str currency;
    struct cn_event_log *events;
    struct cn_intake *intake;
    struct cn_subject_map *subjects;
    struct cn_api_engine engine;
    struct cn_api_notices notices;
    const struct cn_account_part *const *account_parts; /* what moves when accounts are merged */
    size_t account_part_count;
    const struct cn_api_demo *demo; /* NULL: not a demo */
    const struct cn_embedded_file *web;
    size_t web_count;
    const struct cn_gauge_source *gauges; /* of other parts, for /metrics */
    size_t gauge_count;
};

/* Starts the threads and listens on config->http_listen. */
CN_MUST_CHECK bool cn_api_start(const struct cn_api_options *options, struct cn_api **api_out,
                                struct cn_error *err);

uint16_t cn_api_port(const struct cn_api *api);

/* Not ready (the default) answers 503 on /readyz: the engine is still catching up. */
void cn_api_set_ready(struct cn_api *api, bool is_ready);

/* Answers what is under way, then stops.  NULL is allowed. */
void cn_api_stop(struct cn_api *api);

/*
 * Tells every live stream whose user may see the account that its figures or its record changed.
 * Several changes of one account within a moment are sent as one.  Any thread; never waits.
 */
void cn_api_publish_account(struct cn_api *api, cn_account_id id);

/* To everybody: another version of the program is active, or comes nearer to it. */
void cn_api_publish_program(struct cn_api *api);

/* Progress of something long, to everybody.  total 0: it is over. */
void cn_api_publish_progress(struct cn_api *api, const struct cn_progress *progress);

#endif
