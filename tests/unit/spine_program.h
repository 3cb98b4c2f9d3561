/*
 * A program that reads columns of every source and pace, over other rows too: for tests of whole
 * engines.
 */
#ifndef CAIRN_TESTS_UNIT_SPINE_PROGRAM_H
#define CAIRN_TESTS_UNIT_SPINE_PROGRAM_H

#include "program/program.h"

#define WORLD_TEXT(lit)      \
    {                        \
        lit, sizeof(lit) - 1 \
    }

static const struct cn_program_file world_metrics = {
    WORLD_TEXT("metrics.yaml"), WORLD_TEXT("metrics:\n"
                                           "  logins:       {event: Signed In, count: events}\n"
                                           "  events:       {event: \"*\", count: events}\n"
                                           "  users:        {event: \"*\", count: distinct users}\n"
                                           "  features:     {distinct: event names, event: \"*\"}\n"
                                           "  spend:        {event: Ordered, sum: amount}\n"
                                           "  peak:         {event: Ordered, max: amount}\n"
                                           "  seats_used:   {trait: seats_used, keep: last}\n")
};

/* Columns of every source and pace, over other rows too. */
static const struct cn_program_file world_scorecards = {
    WORLD_TEXT("scorecards/world.yaml"),
    WORLD_TEXT(
        "scorecard: world\n"
        "priority: 10\n"
        "groups:\n"
        "  - name: usage\n"
        "    weight: 50\n"
        "    measures:\n"
        "      - {name: logins, weight: 10, value: logins.sum(7), map: {0: 0, 9: 100}}\n"
        "      - {name: users, weight: 10, value: users.distinct(28), map: {0: 0, 5: 100}}\n"
        "      - {name: features, weight: 10, value: features.distinct(28), map: {0: 0, 3: 100}}\n"
        "      - {name: spend, weight: 10, value: spend.sum(28), map: {0: 0, 400: 100}}\n"
        "      - {name: peak, weight: 5, value: peak.max(28), map: {0: 0, 90: 100}}\n"
        "      - {name: seats, weight: 10, value: seats_used.last() / seats, map: {0: 0, 1: 100}}\n"
        "      - {name: quiet, weight: 10, value: events.days_since(), map: {0: 100, 30: 0}}\n"
        "      - {name: trend, weight: 10, value: events.change(7), map: {-1: 0, 1: 100}}\n"
        "      - {name: rank, weight: 10, value: 'peers.percentile(\"events.sum(28)\")',"
        " map: {0: 0, 1: 100}}\n"
        "  - name: book\n"
        "    weight: 50\n"
        "    measures:\n"
        "      - {name: arr, weight: 10, value: arr, map: {0: 0, 90000: 100}}\n"
        "      - {name: renewal, weight: 10, value: days_to_renewal, map: {-30: 0, 200: 100}}\n"
        "      - {name: notice, weight: 5, value: days_to_notice, map: {-300: 0, 30: 100}}\n"
        "      - {name: champion, weight: 10, score: \"has_champion ? 100.0 : 0.0\"}\n"
        "      - {name: plan, weight: 10, score: \"trait.plan == 'pro' ? 90.0 : 20.0\"}\n"
        "      - {name: open, weight: 10, value: open_tickets, map: {0: 100, 4: 0}}\n"
        "      - {name: age, weight: 10, value: oldest_ticket_hours, map: {0: 100, 72: 0}}\n"
        "      - {name: opened, weight: 5, value: tickets.opened(7), map: {0: 100, 5: 0}}\n"
        "      - {name: parent, weight: 5, value: 'parent.value(\"arr\")', map: {0: 0, 90000: "
        "100}}\n"
        "      - {name: feeling, weight: 10, score: sentiment, age: sentiment_age_days,"
        " validity: 1d, halflife: 1d}\n"
        "      - {name: touched, weight: 5, value: days_since_touch + touches.made(9) -"
        " touches.unasked(2), map: {0: 100, 30: 0}}\n"
        "      - {name: children, weight: 5, value: 'children.sum(\"arr\")',"
        " map: {0: 0, 90000: 100}}\n"
        "      - {name: waiting, weight: 5, value: 'children.max(\"oldest_ticket_hours\")',"
        " map: {0: 100, 72: 0}}\n"
        "exceptions:\n"
        "  - {when: \"!has_champion && arr > 30000\", cap: 49, because: no champion}\n"
        "  - {when: oldest_critical_hours > 5, cap: 60, because: critical ticket for hours}\n"
        "  - {when: stage == 'churned', cap: 20, because: churned}\n"
        "bands: {yellow: 40, green: 60, margin: 5}\n")
};

/* Conditions of every kind: over time, health, other rows, with margins and holds. */
static const struct cn_program_file world_signals = {
    WORLD_TEXT("signals.yaml"),
    WORLD_TEXT(
        "signals:\n"
        "  red: {when: health.colour == 'red', severity: high, rearm: 1d}\n"
        "  waits: {when: oldest_critical_hours > 10.0, severity: critical, rearm: 2d}\n"
        "  stuck: {each: tickets.critical_for(12), rearm: 1d}\n"
        "  old: {each: tickets.open_for(30), rearm: 1d, holds: true}\n"
        "  quiet:\n"
        "    when: events.change(7) < -0.2\n"
        "    clear: events.change(7) > 0.0\n"
        "    holds: true\n"
        "    rearm: 1d\n"
        "  big:\n"
        "    when: arr > 30000.0 && peers.percentile(\"events.sum(28)\") >= 0.5\n"
        "    holds: expansion\n"
        "    rearm: 1d\n"
        "  ends: {when: days_to_renewal <= 60.0 && health.colour != 'green', owner: leader}\n")
};

/* The same, where one has another name, one another condition, and one is gone. */
static const struct cn_program_file world_other_signals = {
    WORLD_TEXT("signals.yaml"),
    WORLD_TEXT("signals:\n"
               "  in-red: {was: red, when: health.colour == 'red', severity: high, rearm: 1d}\n"
               "  waits: {each: tickets.critical_for(20), severity: critical, rearm: 2d}\n"
               "  stuck: {when: open_tickets >= 3.0, rearm: 1d}\n"
               "  old: {each: tickets.open_for(15), rearm: 1d, holds: true}\n"
               "  quiet:\n"
               "    when: events.change(7) < -0.2\n"
               "    clear: events.change(7) > 0.0\n"
               "    holds: true\n"
               "    rearm: 1d\n"
               "  busy: {when: events.sum(7) >= 3.0, clear: events.sum(7) < 2.0, holds: true}\n"
               "  asks: {when: open_tickets >= 2.0, rearm: 3d}\n"
               "  low: {when: health.score < 45.0, clear: health.score >= 50.0, rearm: 1d}\n"
               "  ends: {when: days_to_renewal <= 60.0 && health.colour != 'green'}\n")
};

/* Another version: churned accounts have a scorecard of their own, before all others. */
static const struct cn_program_file world_churned = {
    WORLD_TEXT("scorecards/churned.yaml"),
    WORLD_TEXT("scorecard: churned\n"
               "priority: 5\n"
               "applies_when: stage == 'churned' || stage == 'onboarding'\n"
               "groups:\n"
               "  - name: all\n"
               "    weight: 100\n"
               "    measures:\n"
               "      - {name: people, weight: 10, value: people, map: {0: 0, 6: 100}}\n"
               "      - {name: users, weight: 10, value: users.distinct(7), map: {0: 0, 5: 100}}\n"
               "bands: {yellow: 40, green: 60, margin: 5}\n")
};

/* Sets that read health, and a scorecard that reads them; a parent's score; a colour. */
static const struct cn_program_file world_segments = {
    WORLD_TEXT("segments.yaml"),
    WORLD_TEXT("segment_models:\n"
               "  size: {primary: true, question: who}\n"
               "segments:\n"
               "  large: {model: size, when: arr >= 40000.0}\n"
               "  small: {model: size, when: arr < 20000.0}\n"
               "  active: {when: logins.sum(7) > 2.0}\n"
               "  healthy: {when: health.score >= 50.0 && segment.active}\n"
               "  red: {when: health.colour == 'red'}\n"
               "  below-parent: {when: 'parent.value(\"health.score\") > health.score'}\n"
               "  waits: {when: oldest_ticket_hours > 5.0}\n"
               "coverage:\n"
               "  low: {from: 0, below: 30000, cadence: 30d}\n"
               "  high: {from: 30000, cadence: 14d, colours: {red: {cadence: 7d}}}\n")
};

static const struct cn_program_file world_chosen = {
    WORLD_TEXT("scorecards/chosen.yaml"),
    WORLD_TEXT("scorecard: chosen\n"
               "priority: 20\n"
               "applies_when: coverage == 'high' && segment.active\n"
               "measures:\n"
               "  - {name: logins, weight: 1, value: logins.sum(7), map: {0: 0, 9: 100}}\n"
               "  - {name: size, weight: 1, score: \"segment.small ? 80.0 : 30.0\"}\n"
               "bands: {yellow: 40, green: 60, margin: 5}\n")
};

/* Another version: other names, stages instead of the record's, another order. */
static const struct cn_program_file world_renamed = {
    WORLD_TEXT("segments.yaml"),
    WORLD_TEXT("segment_models:\n"
               "  size: {primary: true, question: who}\n"
               "segments:\n"
               "  active: {when: logins.sum(7) > 1.0}\n"
               "  small: {model: size, when: arr < 20000.0}\n"
               "  enterprise: {model: size, when: arr >= 40000.0, was: large}\n"
               "  seated: {when: seats >= 10.0}\n"
               "coverage:\n"
               "  low: {from: 0, below: 30000}\n"
               "  high: {from: 30000}\n"
               "lifecycle:\n"
               "  stages:\n"
               "    onboarding: {from: 0, stall_after: 2d,"
               " goals: [{name: used, when: events.sum(7) > 3.0}]}\n"
               "    later: {from: 6}\n"
               "  renewal_window: days_to_renewal <= 90.0 && cadence_days > 0.0\n")
};

/* Metrics that need a scan of the log, others gone or renamed, and a rule that looks back further.
 */
static const struct cn_program_file world_other_metrics = {
    WORLD_TEXT("metrics.yaml"), WORLD_TEXT("metrics:\n"
                                           "  events:       {event: \"*\", count: events}\n"
                                           "  everybody:    {event: \"*\", count: distinct users}\n"
                                           "  exported:     {event: Exported, sum: amount}\n"
                                           "  amounts:      {distinct: amount, event: Ordered}\n"
                                           "  spend:        {event: Ordered, sum: amount}\n"
                                           "  plans:        {trait: seats_used, keep: max}\n")
};
static const struct cn_program_file world_other_scorecards = {
    WORLD_TEXT("scorecards/world.yaml"),
    WORLD_TEXT(
        "scorecard: world\n"
        "groups:\n"
        "  - name: all\n"
        "    weight: 100\n"
        "    measures:\n"
        "      - {name: exported, weight: 10, value: exported.sum(56), map: {0: 0, 300: 100}}\n"
        "      - {name: amounts, weight: 10, value: amounts.distinct(28), map: {0: 0, 9: 100}}\n"
        "      - {name: spend, weight: 10, value: spend.sum(7), map: {0: 0, 90: 100}}\n"
        "      - {name: users, weight: 10, value: everybody.distinct(28), map: {0: 0, 5: 100}}\n"
        "      - {name: plans, weight: 10, value: plans.max(28), map: {0: 0, 20: 100}}\n"
        "      - {name: rank, weight: 10, value: 'peers.percentile(\"exported.sum(28)\")',"
        " map: {0: 0, 1: 100}}\n"
        "exceptions:\n"
        "  - {when: arr > 60000, cap: 55, because: large}\n"
        "bands: {yellow: 40, green: 60, margin: 5}\n")
};

#endif
