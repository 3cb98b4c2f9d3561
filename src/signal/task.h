/*
 * What is to be done about a signal: the tasks of its rule, frozen when it is raised, which people
 * tick off one by one.  Raised anew, a signal begins with the tasks that its rule has then.
 *
 * Everything is in the caller's scope; what is not in it is CN_NOT_FOUND.
 *
 * Not here: that the signal itself is seen or resolved (signal/inbox.h).
 */
#ifndef CAIRN_SIGNAL_TASK_H
#define CAIRN_SIGNAL_TASK_H

#include "signal/inbox.h"

struct cn_signal_task {
    int64_t number; /* from 1 on */
    cn_str text;
    cn_time done_at;
    enum cn_given done_at_given; /* CN_NULL: it is open */
    cn_user_id done_by;
    enum cn_given done_by_given;
};

struct cn_signal_task_list {
    struct cn_signal_task *items;
    size_t count;
};

/* The tasks of a signal that is raised now, instead of those that it may have had; inside the
 * transaction. */
CN_MUST_CHECK bool cn_signal_save_tasks(const struct cn_unit *unit, const struct cn_signal_row *row,
                                        struct cn_error *err);

/* In their order. */
CN_MUST_CHECK bool cn_signal_tasks(const struct cn_unit *unit, const struct cn_signal *signal,
                                   struct cn_signal_task_list *list_out, struct cn_error *err);

/* Says that the task is done, or is open again, and leaves an event in the signal's history unless
 * that was so already.  Fails with CN_NOT_FOUND if there is no such signal or task. */
CN_MUST_CHECK bool cn_signal_task_mark(const struct cn_unit *unit, cn_signal_id id, int64_t number,
                                       bool is_done, struct cn_signal *signal_out,
                                       struct cn_error *err);

#endif
