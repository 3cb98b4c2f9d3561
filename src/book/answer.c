#include "book/answer.h"

#include "base/str.h"

#include "book/row.h"

bool cn_answer_find(const struct cn_unit *unit, const struct cn_answer_key *key,
                    struct cn_answer *answer_out, bool *found_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(unit->conn,
                        "SELECT request_hash, status, version, location, body FROM answer"
                        " WHERE user_id = $1 AND operation = $2 AND key = $3 AND created_us > $4",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, unit->user.value);
    cn_sql_bind_str(stmt, 2, key->operation);
    cn_sql_bind_str(stmt, 3, key->key);
    cn_sql_bind_i64(stmt, 4, unit->now.us - key->ttl_us);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && found && !cn_str_equal(cn_sql_column_str(stmt, 0), key->request_hash)) {
        ok = cn_fail(err, CN_INVALID, "another request was made under this idempotency key");
    }
    if (ok && found) {
        *answer_out = (struct cn_answer){
            .status = cn_sql_column_i64(stmt, 1),
            .version = cn_sql_column_i64(stmt, 2),
            .location = cn_row_str(unit->arena, stmt, 3),
            .body = cn_row_str(unit->arena, stmt, 4),
        };
    }
    cn_sql_finish(stmt);
    if (ok) {
        *found_out = found;
    }
    return ok;
}

static bool prune(const struct cn_unit *unit, int64_t ttl_us, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn, "DELETE FROM answer WHERE created_us <= $1", &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, unit->now.us - ttl_us);
    return cn_sql_run(stmt, err);
}

bool cn_answer_save(const struct cn_unit *unit, const struct cn_answer_key *key,
                    const struct cn_answer *answer, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    int64_t changed = 0;
    if (!prune(unit, key->ttl_us, err) ||
        !cn_sql_prepare(unit->conn,
                        "INSERT INTO answer(user_id, operation, key, request_hash, status, version,"
                        " location, body, created_us) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                        " ON CONFLICT (user_id, operation, key) DO NOTHING",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, unit->user.value);
    cn_sql_bind_str(stmt, 2, key->operation);
    cn_sql_bind_str(stmt, 3, key->key);
    cn_sql_bind_str(stmt, 4, key->request_hash);
    cn_sql_bind_i64(stmt, 5, answer->status);
    cn_sql_bind_i64(stmt, 6, answer->version);
    cn_sql_bind_str(stmt, 7, answer->location);
    cn_sql_bind_str(stmt, 8, answer->body);
    cn_sql_bind_i64(stmt, 9, unit->now.us);
    return cn_row_run(unit, stmt, &changed, err) &&
           (changed == 1 || cn_fail(err, CN_CONFLICT, "the same request is just being answered"));
}
