#include "signal/hand.h"

#include "book/user.h"
#include "signal/inbox.h"

static bool hand_over(const struct cn_unit *unit, cn_user_id from, const struct cn_account *account,
                      const struct cn_tell_options *tell, struct cn_error *err)
{
    const struct cn_signal_filter filter = {
        .views = 1U << CN_SIGNAL_VIEW_OPEN | 1U << CN_SIGNAL_VIEW_SNOOZED,
        .assignee_id = from,
        .account_id = account->id,
        .limit = CN_SIGNAL_LIST_MAX,
    };
    const struct cn_signal_action assign = {
        .verb = CN_SIGNAL_ASSIGN,
        .assignee_id = account->owner_id,
        .tell = tell,
    };
    struct cn_signal_list list;
    struct cn_signal signal;
    struct cn_user owner;
    if (!cn_user_load(unit, account->owner_id, &owner, err)) {
        return false;
    }
    const struct cn_unit reader = cn_user_reader(unit, &owner);
    if (!cn_unit_sees(&reader, account->team_id.value, account->owner_id.value)) {
        return true;
    }
    bool ok = cn_signal_list(unit, &filter, &list, err);
    for (size_t i = 0; ok && i < list.count; i++) {
        ok = cn_signal_act(unit, list.items[i].id, &assign, &signal, err);
    }
    return ok;
}

bool cn_signal_update_account(const struct cn_unit *unit, cn_account_id id, int64_t version,
                              const struct cn_account_patch *patch,
                              const struct cn_tell_options *tell, struct cn_account *account_out,
                              struct cn_error *err)
{
    /* Who gives an account away may not see it any more. */
    struct cn_unit everything = *unit;
    struct cn_account before;
    everything.scope = CN_SCOPE_ALL;
    if (patch->owner_id_given != CN_GIVEN) {
        return cn_account_update(unit, id, version, patch, account_out, err);
    }
    if (!cn_sql_begin(unit->conn, err)) {
        return cn_error_context(err, "giving an account to somebody");
    }
    if (!cn_account_load(unit, id, &before, err) ||
        !cn_account_update(unit, id, version, patch, account_out, err) ||
        (before.owner_id_given == CN_GIVEN &&
         before.owner_id.value != account_out->owner_id.value &&
         !hand_over(&everything, before.owner_id, account_out, tell, err)) ||
        !cn_sql_commit(unit->conn, err)) {
        cn_sql_rollback(unit->conn);
        return false;
    }
    return true;
}
