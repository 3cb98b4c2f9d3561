/*
 * A column source for tests of health: what a table says, account 1 being its first row.  NAN is
 * missing.
 */
#ifndef CAIRN_TESTS_UNIT_FAKE_COLUMNS_H
#define CAIRN_TESTS_UNIT_FAKE_COLUMNS_H

#include <math.h>

#include "base/str.h"

#include "frame/source.h"

enum {
    FAKE_ROWS_MAX = 3000
};

enum fake_column {
    FAKE_ARR,
    FAKE_SEATS,
    FAKE_DAYS_TO_RENEWAL,
    FAKE_DAYS_TO_NOTICE,
    FAKE_SENTIMENT,
    FAKE_HAS_CHAMPION,
    FAKE_HAS_SPONSOR,
    FAKE_OPEN_TICKETS,
    FAKE_CRITICAL_TICKETS,
    FAKE_CRITICAL_HOURS,
    FAKE_FEATURES,
    FAKE_USERS_CHANGE,
    FAKE_USERS_SINCE,
    FAKE_EVENTS_CHANGE,
    FAKE_SEATS_USED,
    FAKE_LOGINS,
    FAKE_BREADTH,
    FAKE_CSAT,
    FAKE_TICKETS,
    FAKE_SPONSOR,
    FAKE_SURVEY_AGE,
    FAKE_TENURE_DAYS,
    FAKE_CHAMPION_LEFT,
    FAKE_SINCE_TOUCH,
    FAKE_LOGINS_SUM,
    FAKE_ACTIVE_USERS,
    FAKE_PARENT,
    FAKE_EMPLOYEES,
    FAKE_COLUMNS
};

static const struct {
    const char *name;
    const char *method;
    enum cn_column_type type;
    const char *unit;
} fake_columns[FAKE_COLUMNS] = {
    [FAKE_ARR] = { "arr", "", CN_COLUMN_F64, "USD" },
    [FAKE_SEATS] = { "seats", "", CN_COLUMN_F64, "seats" },
    [FAKE_DAYS_TO_RENEWAL] = { "days_to_renewal", "", CN_COLUMN_F64, "days" },
    [FAKE_DAYS_TO_NOTICE] = { "days_to_notice", "", CN_COLUMN_F64, "days" },
    [FAKE_SENTIMENT] = { "sentiment", "", CN_COLUMN_F64, "" },
    [FAKE_HAS_CHAMPION] = { "has_champion", "", CN_COLUMN_BOOL, "" },
    [FAKE_HAS_SPONSOR] = { "has_sponsor", "", CN_COLUMN_BOOL, "" },
    [FAKE_OPEN_TICKETS] = { "open_tickets", "", CN_COLUMN_F64, "tickets" },
    [FAKE_CRITICAL_TICKETS] = { "critical_tickets_open", "", CN_COLUMN_F64, "tickets" },
    [FAKE_CRITICAL_HOURS] = { "oldest_critical_hours", "", CN_COLUMN_F64, "hours" },
    [FAKE_FEATURES] = { "features_used", "distinct", CN_COLUMN_F64, "names" },
    [FAKE_USERS_CHANGE] = { "active_users", "change", CN_COLUMN_F64, "" },
    [FAKE_USERS_SINCE] = { "active_users", "days_since", CN_COLUMN_F64, "days" },
    [FAKE_EVENTS_CHANGE] = { "events", "change", CN_COLUMN_F64, "" },
    [FAKE_SEATS_USED] = { "seats_used", "last", CN_COLUMN_F64, "seats" },
    [FAKE_LOGINS] = { "logins", "", CN_COLUMN_F64, "" },
    [FAKE_BREADTH] = { "breadth", "", CN_COLUMN_F64, "" },
    [FAKE_CSAT] = { "csat", "", CN_COLUMN_F64, "" },
    [FAKE_TICKETS] = { "tickets", "", CN_COLUMN_F64, "" },
    [FAKE_SPONSOR] = { "sponsor", "", CN_COLUMN_F64, "" },
    [FAKE_SURVEY_AGE] = { "survey_age", "", CN_COLUMN_F64, "days" },
    [FAKE_TENURE_DAYS] = { "tenure_days", "", CN_COLUMN_F64, "days" },
    [FAKE_CHAMPION_LEFT] = { "days_since_champion_left", "", CN_COLUMN_F64, "days" },
    [FAKE_SINCE_TOUCH] = { "days_since_touch", "", CN_COLUMN_F64, "days" },
    [FAKE_LOGINS_SUM] = { "logins", "sum", CN_COLUMN_F64, "" },
    [FAKE_ACTIVE_USERS] = { "active_users", "distinct", CN_COLUMN_F64, "users" },
    [FAKE_PARENT] = { "parent_id", "", CN_COLUMN_I64, "" },
    [FAKE_EMPLOYEES] = { "trait.employees", "number", CN_COLUMN_F64, "" },
};

struct fake_table {
    double cells[FAKE_COLUMNS][FAKE_ROWS_MAX];
};

static enum cn_resolve fake_resolve(void *ctx, const struct cn_column_request *request,
                                    struct cn_column_spec *spec_out, struct cn_error *err)
{
    bool is_known = false;
    (void)ctx;
    for (int32_t i = 0; i < FAKE_COLUMNS; i++) {
        if (!cn_str_equal(request->name, cn_str_of(fake_columns[i].name))) {
            continue;
        }
        is_known = true;
        if (cn_str_equal(request->method, cn_str_of(fake_columns[i].method))) {
            *spec_out = (struct cn_column_spec){ .type = fake_columns[i].type,
                                                 .unit = fake_columns[i].unit,
                                                 .op = i };
            return CN_RESOLVE_FOUND;
        }
    }
    if (is_known) {
        cn_fail(err, CN_INVALID, "no such method");
        return CN_RESOLVE_WRONG;
    }
    return CN_RESOLVE_UNKNOWN;
}

static bool fake_fill(void *ctx, const struct cn_column_spec *spec, const struct cn_fill *fill,
                      struct cn_column *column, struct cn_error *err)
{
    const struct fake_table *table = ctx;
    (void)err;
    for (size_t i = 0; i < fill->count; i++) {
        size_t row = cn_fill_row(fill, i);
        int64_t account = fill->accounts[row];
        double value = account == 0 ? NAN : table->cells[spec->op][account - 1];
        if (isnan(value)) {
            cn_column_set_missing(column, row);
        } else if (spec->type == CN_COLUMN_BOOL) {
            cn_column_set_bool(column, row, value != 0);
        } else if (spec->type == CN_COLUMN_I64) {
            cn_column_set_i64(column, row, (int64_t)value);
        } else {
            cn_column_set_f64(column, row, value);
        }
    }
    return true;
}

static bool fake_list(void *ctx, size_t index, struct cn_column_name *name_out)
{
    (void)ctx;
    if (index >= FAKE_COLUMNS) {
        return false;
    }
    *name_out = (struct cn_column_name){ .name = cn_str_of(fake_columns[index].name),
                                         .method = cn_str_of(fake_columns[index].method) };
    return true;
}

/* Borrows the table. */
static inline struct cn_column_source fake_source(struct fake_table *table)
{
    return (struct cn_column_source){
        .name = "fake", .ctx = table, .resolve = fake_resolve, .fill = fake_fill, .list = fake_list
    };
}

#endif
