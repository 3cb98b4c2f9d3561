/*
 * Which counters a fact touches, as data.  Only metric/ includes this header.
 *
 * A rule says for one event name, for every event or for group calls what to take from a fact; a
 * touch is one such taking.  Rollups and series have rules of their own over the same code, so that
 * they cannot disagree on what counts.
 */
#ifndef CAIRN_METRIC_MATCH_H
#define CAIRN_METRIC_MATCH_H

#include "base/map.h"

#include "metric/fact.h"

enum cn_match_take {
    CN_TAKE_EVENT,      /* that it happened */
    CN_TAKE_EVENT_USER, /* that it happened, and its user as a member */
    CN_TAKE_USER,       /* its user as a member */
    CN_TAKE_NAME,       /* its name as a member */
    CN_TAKE_NUMBER,     /* the property as a number */
    CN_TAKE_VALUE,      /* the property as a member */
};

struct cn_match_rule {
    enum cn_match_take take;
    uint32_t target; /* the caller's own number */
    cn_str property; /* lives in the matcher */
};

struct cn_match_rules {
    struct cn_match_rule *items;
    size_t count;
};

struct cn_touch {
    uint32_t target;
    bool has_member;
    bool has_number;
    uint64_t member; /* a hash, never 0 */
    double number;
    uint32_t fact; /* the caller's own: which of several facts */
    uint32_t row;  /* the caller's own: where it goes */
};

struct cn_match_touches {
    struct cn_touch *items;
    size_t count;
    size_t capacity;
};

struct cn_matcher {
    struct cn_str_map names; /* event name to index into `by_name` */
    struct cn_match_rules *by_name;
    size_t name_count;
    struct cn_match_rules every;  /* event */
    struct cn_match_rules traits; /* group call */
    struct cn_arena texts;
    struct cn_json_parser *parser; /* made when the first property is read */
    int64_t refused;               /* properties that should have been numbers */
    char refused_text[160];        /* the newest of them and why */
};

void cn_matcher_init(struct cn_matcher *matcher);
void cn_matcher_deinit(struct cn_matcher *matcher); /* safe on a zeroed one and twice */

/* Whether events of that name have rows of their own; rules for their properties do not matter. */
bool cn_matcher_knows(const struct cn_matcher *matcher, cn_str name);

/* `event` is a name or "*"; property "" if none is read.  A rule that is there already is kept. */
void cn_matcher_add(struct cn_matcher *matcher, cn_str event, struct cn_match_rule rule);
void cn_matcher_add_trait(struct cn_matcher *matcher, struct cn_match_rule rule);

/* Appends to `touches` what the fact touches. */
void cn_match(struct cn_matcher *matcher, const struct cn_metric_fact *fact,
              struct cn_match_touches *touches);

/* Room for another touch. */
struct cn_touch *cn_touch_add(struct cn_match_touches *touches);

/* Takes note of a value that was left out. */
void cn_match_refuse(struct cn_matcher *matcher, cn_str property, const char *why);

/* The hash of an event name as a member. */
uint64_t cn_match_name_member(cn_str name);

#endif
