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
        "      - {name: champion, weight: 10, score: \"has_champion ? 100.0 : 0.0\"}\n"
        "      - {name: plan, weight: 10, score: \"trait.plan == 'pro' ? 90.0 : 20.0\"}\n"
        "      - {name: open, weight: 10, value: open_tickets, map: {0: 100, 4: 0}}\n"
        "      - {name: age, weight: 10, value: oldest_ticket_hours, map: {0: 100, 72: 0}}\n"
        "      - {name: opened, weight: 5, value: tickets.opened(7), map: {0: 100, 5: 0}}\n"
        "      - {name: parent, weight: 5, value: 'parent.value(\"arr\")', map: {0: 0, 90000: "
        "100}}\n"
        "      - {name: feeling, weight: 10, score: sentiment, age: sentiment_age_days,"
        " validity: 1d, halflife: 1d}\n"
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

#endif
