#include "signal/task.h"

#include "book/account.h"
#include "book/change.h"
#include "book/row.h"

static bool delete_tasks(const struct cn_unit *unit, const struct cn_signal_row *row,
                         struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "DELETE FROM signal_task WHERE account_id = $1 AND signal_id = $2", &stmt,
                        err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, row->account_id);
    cn_sql_bind_i64(stmt, 2, row->signal_id);
    return cn_sql_run(stmt, err);
}

static bool insert_task(const struct cn_unit *unit, const struct cn_signal_row *row, size_t index,
                        struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO signal_task(account_id, signal_id, number, text)"
                        " VALUES($1, $2, $3, $4)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, row->account_id);
    cn_sql_bind_i64(stmt, 2, row->signal_id);
    cn_sql_bind_i64(stmt, 3, (int64_t)index + 1);
    cn_sql_bind_str(stmt, 4, row->tasks[index]);
    return cn_sql_run(stmt, err);
}

bool cn_signal_save_tasks(const struct cn_unit *unit, const struct cn_signal_row *row,
                          struct cn_error *err)
{
    bool ok = row->is_new || delete_tasks(unit, row, err);
    for (size_t i = 0; ok && i < row->task_count; i++) {
        ok = insert_task(unit, row, i, err);
    }
    return ok;
}

bool cn_signal_tasks(const struct cn_unit *unit, const struct cn_signal *signal,
                     struct cn_signal_task_list *list_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_signal_task_list list = { .items = cn_arena_array(unit->arena, struct cn_signal_task,
                                                                CN_SIGNAL_TASKS_MAX) };
    bool row = false;
    bool ok = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT number, text, done_us, done_by FROM signal_task"
                        " WHERE account_id = $1 AND signal_id = $2 ORDER BY number LIMIT $3",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, signal->account_id.value);
    cn_sql_bind_i64(stmt, 2, signal->id.value);
    cn_sql_bind_i64(stmt, 3, CN_SIGNAL_TASKS_MAX);
    while ((ok = cn_sql_step(stmt, &row, err)) && row && list.count < CN_SIGNAL_TASKS_MAX) {
        struct cn_signal_task *task = &list.items[list.count++];
        *task = (struct cn_signal_task){ .number = cn_sql_column_i64(stmt, 0),
                                         .text = cn_row_str(unit->arena, stmt, 1) };
        task->done_at_given = cn_row_opt_i64(stmt, 2, &task->done_at.us);
        task->done_by_given = cn_row_opt_i64(stmt, 3, &task->done_by.value);
    }
    cn_sql_finish(stmt);
    if (ok) {
        *list_out = list;
    }
    return ok;
}

static bool find(const struct cn_unit *unit, const struct cn_signal *signal, int64_t number,
                 struct cn_signal_task *task_out, struct cn_error *err)
{
    struct cn_signal_task_list list;
    if (!cn_signal_tasks(unit, signal, &list, err)) {
        return false;
    }
    for (size_t i = 0; i < list.count; i++) {
        if (list.items[i].number == number) {
            *task_out = list.items[i];
            return true;
        }
    }
    return cn_fail(err, CN_NOT_FOUND, "the signal has no task %lld", (long long)number);
}

static bool write_mark(const struct cn_unit *unit, const struct cn_signal *signal, int64_t number,
                       bool is_done, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "UPDATE signal_task SET done_us = $4, done_by = $5"
                        " WHERE account_id = $1 AND signal_id = $2 AND number = $3",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, signal->account_id.value);
    cn_sql_bind_i64(stmt, 2, signal->id.value);
    cn_sql_bind_i64(stmt, 3, number);
    cn_row_bind_opt_i64(stmt, 4, is_done ? CN_GIVEN : CN_NULL, unit->now.us);
    cn_row_bind_opt_i64(stmt, 5, is_done ? CN_GIVEN : CN_NULL, unit->user.value);
    return cn_sql_run(stmt, err);
}

static bool mark(const struct cn_unit *unit, cn_signal_id id, int64_t number, bool is_done,
                 struct cn_signal *signal, struct cn_error *err)
{
    struct cn_signal_task task = { 0 };
    if (!cn_signal_load(unit, id, signal, err) || !cn_account_keep(unit, signal->account_id, err) ||
        !find(unit, signal, number, &task, err)) {
        return false;
    }
    if ((task.done_at_given == CN_GIVEN) == is_done) {
        return true;
    }
    enum cn_signal_event_kind kind =
        is_done ? CN_SIGNAL_EVENT_TASK_DONE : CN_SIGNAL_EVENT_TASK_REOPENED;
    if (!write_mark(unit, signal, number, is_done, err) ||
        !cn_signal_add_event(unit, cn_id_next(unit->ids, unit->now), signal, kind, task.text,
                             err)) {
        return false;
    }
    cn_change_note(unit, signal->account_id, CN_CHANGE_SIGNAL);
    return true;
}

bool cn_signal_task_mark(const struct cn_unit *unit, cn_signal_id id, int64_t number, bool is_done,
                         struct cn_signal *signal_out, struct cn_error *err)
{
    struct cn_signal signal;
    if (!cn_sql_begin(unit->conn, err)) {
        return cn_error_context(err, "working on a task");
    }
    if (!mark(unit, id, number, is_done, &signal, err) || !cn_sql_commit(unit->conn, err)) {
        cn_sql_rollback(unit->conn);
        return cn_error_context(err, "working on a task");
    }
    *signal_out = signal;
    return true;
}
