/*
 * Metric definitions: what program/metrics.yaml says is counted.
 *
 *   metrics:
 *     logins:        {event: Signed In, count: events}
 *     active_users:  {event: "*", count: distinct users}
 *     spend:         {event: Order Placed, sum: amount}         sum, min, max or last of a property
 *     features_used: {distinct: event names, event: "*"}
 *     regions:       {distinct: region, event: Report Opened}   distinct values of a property
 *     seats_used:    {trait: seats_used, keep: last}            of group calls; last, min or max
 *
 * Each may have `doc` and `unit`.  "*" is every track, page and screen call.  Immutable once
 * compiled.
 *
 * Not here: how values are kept (metric/rollup.h, metric/series.h), what a rule makes of them
 * (metric/window.h).
 */
#ifndef CAIRN_METRIC_DEFINITION_H
#define CAIRN_METRIC_DEFINITION_H

#include "base/diagnostics.h"

#include "program/program.h"

enum {
    CN_METRICS_MAX = 500, /* of one program */
};

/* What a metric says about a day. */
enum cn_metric_kind {
    CN_METRIC_COUNT,    /* how many events */
    CN_METRIC_DISTINCT, /* how many different members */
    CN_METRIC_SUM,
    CN_METRIC_MIN,
    CN_METRIC_MAX,
    CN_METRIC_LAST, /* the value of the newest event; holds until the next one */
};

/* What is told apart by a CN_METRIC_DISTINCT. */
enum cn_metric_member {
    CN_MEMBER_NONE,
    CN_MEMBER_USER,
    CN_MEMBER_NAME,  /* of the event */
    CN_MEMBER_VALUE, /* of a property */
};

struct cn_metric {
    cn_str name; /* "logins" */
    enum cn_metric_kind kind;
    enum cn_metric_member member;
    bool of_trait;   /* else of events */
    cn_str event;    /* "Signed In" or "*"; "" for a trait */
    cn_str property; /* property or trait that is read; "" if none is */
    cn_str unit;     /* "events", "users", or as the program says; may be "" */
    cn_str doc;      /* may be "" */
};

struct cn_metric_list {
    struct cn_metric *items; /* sorted by name */
    size_t count;
};

/* The metric of that name, or NULL; *index_out, if not NULL, is its place in the list. */
const struct cn_metric *cn_metric_find(const struct cn_metric_list *list, cn_str name,
                                       size_t *index_out);

/* The metrics of the values of the key `metrics`.  Adds every problem, each with its place. */
CN_MUST_CHECK bool cn_metrics_compile(const struct cn_section_input *input,
                                      struct cn_metric_list **list_out,
                                      struct cn_diagnostics *problems);

/* The program section `metrics`; its compiled struct is a struct cn_metric_list. */
extern const struct cn_program_section cn_metric_section;

#endif
