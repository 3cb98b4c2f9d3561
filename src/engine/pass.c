#include "engine/pass.h"

bool cn_engine_pass(const struct cn_engine_pass *pass, struct cn_arena *arena, struct cn_error *err)
{
    const struct cn_engine_program *program = pass->program;
    const struct cn_engine_results *results = pass->results;
    cn_health_bind(program->health, pass->frame, results->health);
    cn_segment_bind(program->segments, pass->frame, results->segments);
    struct cn_rule_consumer consumers[4];
    size_t count = 0;
    consumers[count++] =
        cn_health_consumer_with(program->health, results->health, results->health_changes,
                                results->shadow_changes, cn_frame_dirty(pass->frame), arena);
    consumers[count++] = cn_segment_consumer(program->segments, results->segments, arena);
    if (results->signals != NULL) {
        consumers[count++] = cn_signal_consumer(results->signals, results->signal_states,
                                                results->signal_moves, arena);
    }
    if (results->asked != NULL) {
        consumers[count++] = *results->asked;
    }
    return cn_rules_run(program->rules,
                        &(struct cn_rule_pass){ .frame = pass->frame,
                                                .rows = pass->rows,
                                                .fill = pass->fill,
                                                .arg = pass->arg,
                                                .consumers = consumers,
                                                .consumer_count = count,
                                                .workers = pass->workers },
                        arena, err);
}
