/*
 * /metrics: figures in the text format 0.0.4 of Prometheus.
 *
 * A part of the program that has figures fills a cn_gauge_source and main lists it; nobody keeps
 * copies of figures.  A family is begun once and then has a value or several, told apart by a
 * label.
 */
#ifndef CAIRN_API_GAUGE_H
#define CAIRN_API_GAUGE_H

#include "base/buf.h"

enum cn_gauge_kind {
    CN_GAUGE,
    CN_COUNTER /* only grows; its name ends in _total */
};

struct cn_gauges {
    struct cn_buf *buf;
    const char *family;
};

/* name: "cairn_http_connections"; doc: one line. */
void cn_gauge_family(struct cn_gauges *out, const char *name, enum cn_gauge_kind kind,
                     const char *doc);

/* A value of the family that was begun last. */
void cn_gauge_value(struct cn_gauges *out, double value);
void cn_gauge_labelled(struct cn_gauges *out, const char *label, const char *label_value,
                       double value);

/* A family of one value. */
void cn_gauge(struct cn_gauges *out, const char *name, enum cn_gauge_kind kind, const char *doc,
              double value);

struct cn_gauge_source {
    void (*write)(void *arg, struct cn_gauges *out); /* any thread */
    void *arg;
};

#endif
