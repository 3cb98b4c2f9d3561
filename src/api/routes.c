#include "api/resources.h"
#include "api/route.h"

const struct cn_route_table *const cn_route_tables[] = {
    &cn_api_session,          &cn_api_accounts,       &cn_api_health,        &cn_api_metrics,
    &cn_api_people,           &cn_api_contracts,      &cn_api_tickets,       &cn_api_events,
    &cn_api_sources,          &cn_api_export,         &cn_api_demo_buttons,  &cn_api_live,
    &cn_api_program,          &cn_api_portfolio,      &cn_api_segments,      &cn_api_coverage,
    &cn_api_signals,          &cn_api_signal_actions, &cn_api_holds,         &cn_api_program_apply,
    &cn_api_program_diff,     &cn_api_program_match,  &cn_api_program_names, &cn_api_program_test,
    &cn_api_judgements,       &cn_api_program_schema, &cn_api_scorecards,    &cn_api_touches,
    &cn_api_segment_moves,    &cn_api_acknowledge,    &cn_api_preferences,   &cn_api_deliveries,
    &cn_api_program_evaluate, &cn_api_departures,     &cn_api_backtests,     &cn_api_health_history,
    &cn_api_questions,        &cn_api_users,          &cn_api_comparisons,   &cn_api_keys,
    &cn_api_sessions,
};
const size_t cn_route_table_count = CN_ARRAY_LEN(cn_route_tables);
