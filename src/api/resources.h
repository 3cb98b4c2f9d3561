/* Endpoints, one table a file; listed in api/routes.c. */
#ifndef CAIRN_API_RESOURCES_H
#define CAIRN_API_RESOURCES_H

struct cn_route_table;

extern const struct cn_route_table cn_api_accounts;
extern const struct cn_route_table cn_api_acknowledge;
extern const struct cn_route_table cn_api_contracts;
extern const struct cn_route_table cn_api_coverage;
extern const struct cn_route_table cn_api_deliveries;
extern const struct cn_route_table cn_api_demo_buttons;
extern const struct cn_route_table cn_api_events;
extern const struct cn_route_table cn_api_export;
extern const struct cn_route_table cn_api_health;
extern const struct cn_route_table cn_api_health_history;
extern const struct cn_route_table cn_api_holds;
extern const struct cn_route_table cn_api_backtests;
extern const struct cn_route_table cn_api_comparisons;
extern const struct cn_route_table cn_api_departures;
extern const struct cn_route_table cn_api_judgements;
extern const struct cn_route_table cn_api_live;
extern const struct cn_route_table cn_api_metrics;
extern const struct cn_route_table cn_api_people;
extern const struct cn_route_table cn_api_portfolio;
extern const struct cn_route_table cn_api_preferences;
extern const struct cn_route_table cn_api_program;
extern const struct cn_route_table cn_api_program_apply;
extern const struct cn_route_table cn_api_program_diff;
extern const struct cn_route_table cn_api_program_evaluate;
extern const struct cn_route_table cn_api_program_match;
extern const struct cn_route_table cn_api_program_names;
extern const struct cn_route_table cn_api_program_schema;
extern const struct cn_route_table cn_api_program_test;
extern const struct cn_route_table cn_api_questions;
extern const struct cn_route_table cn_api_scorecards;
extern const struct cn_route_table cn_api_segment_moves;
extern const struct cn_route_table cn_api_segments;
extern const struct cn_route_table cn_api_keys;
extern const struct cn_route_table cn_api_session;
extern const struct cn_route_table cn_api_sessions;
extern const struct cn_route_table cn_api_signal_actions;
extern const struct cn_route_table cn_api_signals;
extern const struct cn_route_table cn_api_sources;
extern const struct cn_route_table cn_api_tickets;
extern const struct cn_route_table cn_api_touches;
extern const struct cn_route_table cn_api_users;

#endif
