/* Applying a version of the program while an engine runs. */
#ifndef CAIRN_TESTS_UNIT_SPINE_APPLY_H
#define CAIRN_TESTS_UNIT_SPINE_APPLY_H

#include "engine/apply.h"
#include "tests/unit/spine.h"

/* As a server or a command does it: the change is noted, so that a running engine takes it. */
static inline bool apply_program_work(void *arg, struct cn_sql_conn *conn, struct cn_error *err)
{
    struct spine_program *program = arg;
    struct cn_unit unit = { .conn = conn,
                            .arena = &program->spine->arena,
                            .ids = &program->spine->ids,
                            .scope = CN_SCOPE_ALL,
                            .now = cn_now(&program->spine->clock) };
    if (!save_program(arg, conn, err)) {
        return false;
    }
    cn_change_note(&unit, (cn_account_id){ 0 }, CN_CHANGE_PROGRAM);
    return true;
}

/* The number of the version. */
static inline int64_t apply_program(struct spine *spine, const struct cn_program_file *files,
                                    size_t count)
{
    struct cn_program_file copy[16];
    struct cn_error err;
    assert_true(count <= CN_ARRAY_LEN(copy));
    memcpy(copy, files, count * sizeof(copy[0]));
    struct spine_program program = { .spine = spine, .files = { copy, count } };
    if (!cn_db_write(spine->db, apply_program_work, &program, &err)) {
        fail_msg("%s", err.message);
    }
    return program.number;
}

#endif
