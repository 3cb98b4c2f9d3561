#include "signal/state.h"

const char *const cn_signal_state_names[CN_SIGNAL_STATE_COUNT] = {
    [CN_SIGNAL_UNKNOWN] = "unknown",
    [CN_SIGNAL_CLEAR] = "clear",
    [CN_SIGNAL_BASELINE] = "already_true",
    [CN_SIGNAL_RAISED] = "raised",
    [CN_SIGNAL_HELD] = "held",
};

enum cn_answer cn_answer_not(enum cn_answer answer)
{
    if (answer == CN_ANSWER_MISSING) {
        return CN_ANSWER_MISSING;
    }
    return answer == CN_ANSWER_TRUE ? CN_ANSWER_FALSE : CN_ANSWER_TRUE;
}

static enum cn_signal_move clear(struct cn_signal_mark *mark, cn_time now)
{
    mark->state = CN_SIGNAL_CLEAR;
    mark->cleared_at = now;
    return CN_SIGNAL_CLEARS;
}

/* The condition is true where it was not. */
static enum cn_signal_move become_true(struct cn_signal_mark *mark,
                                       const struct cn_signal_condition *condition)
{
    bool is_armed =
        !mark->was_raised || condition->now.us - mark->cleared_at.us >= condition->rearm_us;
    if (condition->is_held) {
        mark->state = CN_SIGNAL_HELD;
        mark->was_raised = !is_armed;
        return CN_SIGNAL_IS_HELD;
    }
    if (!is_armed) {
        mark->state = CN_SIGNAL_RAISED;
        return CN_SIGNAL_RETURNS;
    }
    mark->was_raised = false;
    if (condition->is_settling) {
        mark->state = CN_SIGNAL_BASELINE;
        return CN_SIGNAL_FOUND;
    }
    mark->state = CN_SIGNAL_RAISED;
    mark->was_raised = true;
    return CN_SIGNAL_RAISES;
}

/* What would be, or is, a baseline is raised as a person asked. */
static enum cn_signal_move start(struct cn_signal_mark *mark,
                                 const struct cn_signal_condition *condition)
{
    mark->state = condition->is_held ? CN_SIGNAL_HELD : CN_SIGNAL_RAISED;
    mark->was_raised = !condition->is_held;
    return condition->is_held ? CN_SIGNAL_IS_HELD : CN_SIGNAL_RAISES;
}

static enum cn_signal_move first_answer(struct cn_signal_mark *mark,
                                        const struct cn_signal_condition *condition)
{
    if (condition->when == CN_ANSWER_MISSING) {
        return CN_SIGNAL_STAYS;
    }
    bool is_true = condition->when == CN_ANSWER_TRUE;
    if (is_true && condition->is_at_once) {
        return start(mark, condition);
    }
    mark->state = is_true ? CN_SIGNAL_BASELINE : CN_SIGNAL_CLEAR;
    return is_true ? CN_SIGNAL_FOUND : CN_SIGNAL_LEARNED;
}

/* It is raised as soon as the hold ends, if it is still true then. */
static enum cn_signal_move leave_hold(struct cn_signal_mark *mark,
                                      const struct cn_signal_condition *condition)
{
    if (condition->clear == CN_ANSWER_TRUE) {
        return clear(mark, condition->now);
    }
    if (condition->is_held || condition->when != CN_ANSWER_TRUE) {
        return CN_SIGNAL_STAYS;
    }
    mark->state = CN_SIGNAL_RAISED;
    mark->was_raised = true;
    return CN_SIGNAL_RAISES;
}

static enum cn_signal_move leave_true(struct cn_signal_mark *mark,
                                      const struct cn_signal_condition *condition)
{
    if (condition->clear == CN_ANSWER_TRUE) {
        return clear(mark, condition->now);
    }
    if (condition->is_held && mark->state == CN_SIGNAL_RAISED) {
        mark->state = CN_SIGNAL_HELD;
        return CN_SIGNAL_IS_HELD;
    }
    return CN_SIGNAL_STAYS;
}

enum cn_signal_move cn_signal_step(struct cn_signal_mark *mark,
                                   const struct cn_signal_condition *condition)
{
    if (condition->is_started && mark->state == CN_SIGNAL_BASELINE) {
        return start(mark, condition);
    }
    if (condition->is_frozen) {
        return CN_SIGNAL_STAYS;
    }
    switch (mark->state) {
    case CN_SIGNAL_UNKNOWN:
        return first_answer(mark, condition);
    case CN_SIGNAL_CLEAR:
        return condition->when == CN_ANSWER_TRUE ? become_true(mark, condition) : CN_SIGNAL_STAYS;
    case CN_SIGNAL_HELD:
        return leave_hold(mark, condition);
    case CN_SIGNAL_BASELINE:
    case CN_SIGNAL_RAISED:
    case CN_SIGNAL_STATE_COUNT:
        break;
    }
    return leave_true(mark, condition);
}

void cn_signal_forget(struct cn_signal_mark *mark)
{
    if (mark->state != CN_SIGNAL_RAISED) {
        *mark = (struct cn_signal_mark){ .state = CN_SIGNAL_UNKNOWN };
    }
}
