#include "book/apply.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/subject.h"
#include "base/utf8.h"

#include "book/account.h"
#include "book/apply_batch.h"
#include "book/change.h"
#include "book/fold.h"
#include "book/person.h"
#include "book/row.h"
#include "book/trait.h"
#include "json/writer.h"

enum {
    TRAITS_MAX_BYTES = 512 * 1024,
    ARENA_BLOCK_BYTES = 16 * 1024,
    PERSON_NAME_MAX_BYTES = 200,
};

/* What a fact's traits say that is not only a trait. */
struct named {
    cn_str name;
    cn_str domain; /* of `domain` or `website`, normal */
};

struct cn_book_batch *cn_book_batch_new(const struct cn_book_batch_options *options)
{
    struct cn_book_batch *batch = cn_heap_resize(NULL, sizeof(*batch));
    *batch = (struct cn_book_batch){ .options = *options };
    cn_arena_init(&batch->arena, ARENA_BLOCK_BYTES);
    cn_str_map_init(&batch->accounts);
    batch->parser = cn_json_parser_new(TRAITS_MAX_BYTES);
    return batch;
}

void cn_book_batch_free(struct cn_book_batch *batch)
{
    if (batch == NULL) {
        return;
    }
    cn_map_deinit(&batch->pending_index);
    cn_map_deinit(&batch->touched);
    cn_map_deinit(&batch->created);
    cn_map_deinit(&batch->survivors);
    cn_str_map_deinit(&batch->accounts);
    cn_json_parser_free(batch->parser);
    cn_arena_deinit(&batch->arena);
    free(batch);
}

/* The transaction begins anew: nothing that an earlier try did is there. */
static void forget(struct cn_book_batch *batch)
{
    batch->pending = NULL;
    batch->pending_count = 0;
    batch->pending_capacity = 0;
    batch->version = 0; /* that of an attempt which was rolled back was not taken */
    cn_map_clear(&batch->pending_index);
    cn_map_clear(&batch->touched);
    cn_map_clear(&batch->created);
    cn_map_clear(&batch->survivors);
    cn_str_map_deinit(&batch->accounts);
    cn_str_map_init(&batch->accounts);
    cn_arena_reset(&batch->arena);
}

static void touch(struct cn_map *set, int64_t account_id)
{
    bool was_new = false;
    *cn_map_put(set, (uint64_t)account_id, &was_new) = 1;
}

bool cn_book_fact_is_news(const struct cn_book_batch_options *options,
                          const struct cn_book_fact *fact)
{
    if (fact->type != CN_BOOK_FACT_OTHER) {
        return true;
    }
    return fact->group_key.len > 0 && options->unknown_account == CN_UNKNOWN_CREATE &&
           cn_subject_map_account(options->map, fact->group_key) == 0;
}

/* PostgreSQL's text holds no NUL.  A key with one is nobody's, and a fact must never keep all that
 * come after it waiting. */
static cn_str storable(cn_str text)
{
    return text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL ? (cn_str){ "", 0 } : text;
}

/* ---- accounts ---- */

static bool find_stored(const struct cn_unit *unit, const char *sql, cn_str key,
                        int64_t *account_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(unit->conn, sql, &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, key);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok) {
        *account_out = found ? cn_sql_column_i64(stmt, 0) : 0;
    }
    cn_sql_finish(stmt);
    return ok;
}

static bool create_account(struct cn_book_batch *batch, const struct cn_unit *unit,
                           const struct cn_book_fact *fact, const struct named *named,
                           int64_t *account_out, struct cn_error *err)
{
    struct cn_account account;
    cn_str name = named->name.len > 0 ? named->name : fact->group_key;
    const struct cn_account_new new_account = {
        .name = cn_utf8_clip(name, CN_ACCOUNT_NAME_MAX_BYTES),
        .external_id = fact->group_key,
        .stage = CN_STAGE_ADOPTION,
        .created_at = fact->at.us < unit->now.us ? fact->at : unit->now,
    };
    struct cn_unit own;
    if (!cn_batch_unit(batch, unit, &own, err)) {
        return false;
    }
    if (!cn_account_create(&own, &new_account, &account, err)) {
        if (err->code == CN_CONFLICT) {
            err->code = CN_UNAVAILABLE; /* another node was faster: tried again it finds it */
        }
        return false;
    }
    touch(&batch->created, account.id.value);
    touch(&batch->touched, account.id.value);
    *account_out = account.id.value;
    return true;
}

/* The account of the fact's group key, made if the options say so; 0: parked. */
static bool ensure_account(struct cn_book_batch *batch, const struct cn_unit *unit,
                           const struct cn_book_fact *fact, const struct named *named,
                           int64_t *account_out, struct cn_error *err)
{
    int64_t account_id = cn_subject_map_account(batch->options.map, fact->group_key);
    const uint64_t *looked_up = cn_str_map_get(&batch->accounts, fact->group_key);
    if (account_id == 0 && looked_up != NULL) {
        account_id = (int64_t)*looked_up;
    } else if (account_id == 0) {
        bool was_new = false;
        if (!find_stored(unit, "SELECT account_id FROM ident WHERE ext_key = $1", fact->group_key,
                         &account_id, err) ||
            (account_id == 0 && batch->options.unknown_account == CN_UNKNOWN_CREATE &&
             !create_account(batch, unit, fact, named, &account_id, err))) {
            return false;
        }
        *cn_str_map_put(&batch->accounts, fact->group_key, &was_new) = (uint64_t)account_id;
        if (account_id != 0) {
            cn_batch_name(batch, PENDING_ACCOUNT, fact->group_key, account_id);
        }
    }
    *account_out = cn_batch_survivor(batch, account_id);
    return true;
}

/* The domain that the account says is its own, unless another has it. */
static bool claim_domain(struct cn_book_batch *batch, const struct cn_unit *unit, cn_str domain,
                         int64_t account_id, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    struct cn_unit own;
    int64_t changed = 0;
    if (cn_subject_map_domain(batch->options.map, domain) != 0) {
        return true;
    }
    if (!cn_batch_unit(batch, unit, &own, err) ||
        !cn_sql_prepare(unit->conn,
                        "INSERT INTO account_domain(domain, account_id, known_us, version)"
                        " VALUES($1, $2, $3, $4) ON CONFLICT (domain) DO NOTHING",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_str(stmt, 1, domain);
    cn_sql_bind_i64(stmt, 2, account_id);
    cn_sql_bind_i64(stmt, 3, unit->now.us);
    cn_sql_bind_i64(stmt, 4, own.mapping);
    if (!cn_row_run(unit, stmt, &changed, err)) {
        return false;
    }
    if (changed > 0) {
        cn_batch_name(batch, PENDING_DOMAIN, domain, account_id);
    }
    return true;
}

/* An account that only had its key for a name takes the first that comes. */
static bool take_name(struct cn_book_batch *batch, const struct cn_unit *unit,
                      const struct named *named, int64_t account_id, struct cn_error *err)
{
    struct cn_account account;
    struct cn_unit own = *unit;
    const cn_account_id id = { account_id };
    if (!cn_account_load(unit, id, &account, err)) {
        return false;
    }
    const struct cn_account_patch patch = {
        .name = cn_utf8_clip(named->name, CN_ACCOUNT_NAME_MAX_BYTES),
        .name_given = named->name.len > 0 && cn_str_equal(account.name, account.external_id)
                          ? CN_GIVEN
                          : CN_ABSENT,
        .domain = named->domain,
        .domain_given =
            named->domain.len > 0 && account.domain_given != CN_GIVEN ? CN_GIVEN : CN_ABSENT,
    };
    if (patch.name_given == CN_ABSENT && patch.domain_given == CN_ABSENT) {
        return true;
    }
    if (patch.domain_given == CN_GIVEN && !cn_batch_unit(batch, unit, &own, err)) {
        return false;
    }
    if (!cn_account_update(&own, id, 0, &patch, &account, err)) {
        return false;
    }
    touch(&batch->touched, account_id);
    return true;
}

/* ---- traits ---- */

/* A scalar as JSON; false for what is kept by no trait. */
static bool scalar_text(struct cn_arena *arena, cn_json_value value, cn_str *text_out)
{
    struct cn_buf buf;
    struct cn_json_writer out;
    struct cn_error err;
    enum cn_json_kind kind = cn_json_kind(value);
    if (kind == CN_JSON_ARRAY || kind == CN_JSON_OBJECT) {
        return false;
    }
    cn_buf_init(&buf, CN_TRAIT_VALUE_MAX_BYTES);
    cn_json_writer_init(&out, &buf);
    if (kind == CN_JSON_STR) {
        cn_json_str(&out, cn_json_get_str(value));
    } else if (kind == CN_JSON_I64) {
        cn_json_i64(&out, cn_json_get_i64(value));
    } else if (kind == CN_JSON_F64) {
        cn_json_f64(&out, cn_json_get_f64(value));
    } else if (kind == CN_JSON_BOOL) {
        cn_json_bool(&out, cn_json_get_bool(value));
    } else {
        cn_json_null(&out);
    }
    cn_str text;
    bool ok = cn_json_finish(&out, &text, &err); /* too long for a trait: left out */
    if (ok) {
        *text_out = cn_arena_str(arena, text);
    }
    cn_buf_deinit(&buf);
    return ok;
}

/* The traits object; false if there is none, which was the sender's to say. */
static bool parse_traits(struct cn_book_batch *batch, const struct cn_book_fact *fact,
                         cn_json_value *root_out)
{
    struct cn_error err;
    return fact->traits.len > 0 && cn_json_parse(batch->parser, fact->traits, root_out, &err) &&
           cn_json_kind(*root_out) == CN_JSON_OBJECT;
}

static struct named read_named(struct cn_book_batch *batch, const struct cn_unit *unit,
                               const struct cn_book_fact *fact)
{
    struct named named = { { "", 0 }, { "", 0 } };
    cn_json_value root;
    cn_str first = { "", 0 };
    cn_str last = { "", 0 };
    cn_str name;
    cn_json_value value;
    if (!parse_traits(batch, fact, &root)) {
        return named;
    }
    struct cn_json_iter iter = cn_json_iterate(root);
    while (cn_json_next(&iter, &name, &value)) {
        if (cn_json_kind(value) != CN_JSON_STR) {
            continue;
        }
        cn_str text = storable(cn_str_trim(cn_json_get_str(value)));
        if (cn_str_equal(name, CN_STR("name"))) {
            named.name = cn_arena_str(unit->arena, text);
        } else if (cn_str_equal(name, CN_STR("firstName"))) {
            first = cn_arena_str(unit->arena, text);
        } else if (cn_str_equal(name, CN_STR("lastName"))) {
            last = cn_arena_str(unit->arena, text);
        } else if (cn_str_equal(name, CN_STR("domain")) || cn_str_equal(name, CN_STR("website"))) {
            named.domain = cn_domain_normal(unit->arena, text);
        }
    }
    if (named.name.len == 0 && first.len + last.len > 0) {
        char *both = cn_arena_calloc(unit->arena, first.len + last.len + 1, 1);
        memcpy(both, first.ptr, first.len);
        both[first.len] = ' ';
        memcpy(both + first.len + 1, last.ptr, last.len);
        named.name = cn_str_trim((cn_str){ both, first.len + last.len + 1 });
    }
    return named;
}

static bool observe_traits(struct cn_book_batch *batch, const struct cn_unit *unit,
                           const struct cn_book_fact *fact, int64_t account_id,
                           struct cn_error *err)
{
    cn_json_value root;
    cn_json_value value;
    cn_str name;
    if (!parse_traits(batch, fact, &root)) {
        return true;
    }
    struct cn_json_iter iter = cn_json_iterate(root);
    while (cn_json_next(&iter, &name, &value)) {
        struct cn_trait_observation observation = {
            .account_id = { account_id },
            .name = name,
            .at = fact->at,
            .tie = fact->tie,
            .log_seq = fact->seq,
        };
        bool is_newest = false;
        if (storable(name).len == 0 || name.len > CN_TRAIT_NAME_MAX_BYTES ||
            !scalar_text(unit->arena, value, &observation.value)) {
            continue;
        }
        if (!cn_trait_observe(unit, &observation, &is_newest, err)) {
            return false;
        }
        if (is_newest) {
            touch(&batch->touched, account_id);
        }
    }
    return true;
}

/* ---- people ---- */

/* Remembers who the user is; the latest by (event time, tie) stays. */
static bool remember_person(const struct cn_unit *unit, const struct cn_book_fact *fact,
                            int64_t subject, cn_str name, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    if (!cn_sql_prepare(unit->conn,
                        "INSERT INTO subject_person(subject, user_key, email, name, at_us, tie)"
                        " VALUES($1, $2, $3, $4, $5, $6) ON CONFLICT (subject) DO UPDATE SET"
                        " email = CASE WHEN excluded.email = '' THEN subject_person.email"
                        " ELSE excluded.email END,"
                        " name = CASE WHEN excluded.name = '' THEN subject_person.name"
                        " ELSE excluded.name END,"
                        " at_us = excluded.at_us, tie = excluded.tie"
                        " WHERE (excluded.at_us, excluded.tie) >"
                        " (subject_person.at_us, subject_person.tie)",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, subject);
    cn_sql_bind_str(stmt, 2, fact->user_key);
    cn_sql_bind_str(stmt, 3, fact->email);
    cn_sql_bind_str(stmt, 4, name);
    cn_sql_bind_i64(stmt, 5, fact->at.us);
    cn_sql_bind_i64(stmt, 6, fact->tie);
    return cn_sql_run(stmt, err);
}

static bool recall_person(const struct cn_unit *unit, int64_t subject, cn_str *email_out,
                          cn_str *name_out, struct cn_error *err)
{
    struct cn_sql_stmt *stmt = NULL;
    bool found = false;
    if (!cn_sql_prepare(unit->conn, "SELECT email, name FROM subject_person WHERE subject = $1",
                        &stmt, err)) {
        return false;
    }
    cn_sql_bind_i64(stmt, 1, subject);
    bool ok = cn_sql_step(stmt, &found, err);
    if (ok && found) {
        *email_out = cn_row_str(unit->arena, stmt, 0);
        *name_out = cn_row_str(unit->arena, stmt, 1);
    }
    cn_sql_finish(stmt);
    return ok;
}

/* The user is a person of the account. */
static bool join_person(struct cn_book_batch *batch, const struct cn_unit *unit,
                        const struct cn_book_fact *fact, int64_t subject, int64_t account_id,
                        struct cn_error *err)
{
    cn_str email = { "", 0 };
    cn_str name = { "", 0 };
    bool changed = false;
    if (account_id == 0 || fact->user_key.len == 0) {
        return true;
    }
    if (!recall_person(unit, subject, &email, &name, err) ||
        !cn_person_identify(unit, (cn_account_id){ account_id }, fact->user_key, email, name,
                            &changed, err)) {
        return false;
    }
    if (changed) {
        touch(&batch->touched, account_id);
    }
    return true;
}

/* ---- facts ---- */

static bool apply_group(struct cn_book_batch *batch, const struct cn_unit *unit,
                        const struct cn_book_fact *fact, struct cn_error *err)
{
    int64_t account_id = 0;
    struct named named = read_named(batch, unit, fact);
    int64_t subject = cn_subject_of_keys((cn_str){ "", 0 }, fact->user_key, fact->anonymous_key);
    if (fact->group_key.len == 0) {
        return true;
    }
    if (!ensure_account(batch, unit, fact, &named, &account_id, err)) {
        return false;
    }
    cn_batch_see_group(batch, subject, fact->group_key, fact->at);
    if (account_id == 0) {
        return true; /* its traits come again when somebody knows the account */
    }
    return (named.domain.len == 0 || claim_domain(batch, unit, named.domain, account_id, err)) &&
           take_name(batch, unit, &named, account_id, err) &&
           observe_traits(batch, unit, fact, account_id, err) &&
           join_person(batch, unit, fact, subject, account_id, err);
}

static bool apply_identify(struct cn_book_batch *batch, const struct cn_unit *unit,
                           const struct cn_book_fact *fact, struct cn_error *err)
{
    int64_t account_id = 0;
    const struct named none = { { "", 0 }, { "", 0 } };
    int64_t subject = cn_subject_of_keys((cn_str){ "", 0 }, fact->user_key, fact->anonymous_key);
    cn_str domain = cn_mail_domain(unit->arena, fact->email);
    cn_batch_see_mail(batch, subject, domain, fact->at);
    if (fact->group_key.len > 0) {
        if (!ensure_account(batch, unit, fact, &none, &account_id, err)) {
            return false;
        }
        cn_batch_see_group(batch, subject, fact->group_key, fact->at);
    }
    if (fact->user_key.len == 0) {
        return true;
    }
    cn_batch_see_link(batch, cn_subject_of(CN_SUBJECT_ANONYMOUS, fact->anonymous_key), subject,
                      fact->at);
    if (account_id == 0) {
        account_id = cn_subject_map_find(batch->options.map, subject, fact->at);
    }
    if (account_id == 0 && domain.len > 0) {
        account_id = cn_subject_map_domain(batch->options.map, domain);
    }
    account_id = cn_batch_survivor(batch, account_id);
    cn_str name = read_named(batch, unit, fact).name;
    return remember_person(unit, fact, subject, cn_utf8_clip(name, PERSON_NAME_MAX_BYTES), err) &&
           join_person(batch, unit, fact, subject, account_id, err);
}

/* A former id, of which nobody says whether it was anonymous, leads to the user. */
static void apply_alias(struct cn_book_batch *batch, const struct cn_book_fact *fact)
{
    int64_t target = cn_subject_of(CN_SUBJECT_USER, fact->user_key);
    cn_batch_see_link(batch, cn_subject_of(CN_SUBJECT_ANONYMOUS, fact->previous_key), target,
                      fact->at);
    cn_batch_see_link(batch, cn_subject_of(CN_SUBJECT_USER, fact->previous_key), target, fact->at);
}

static struct cn_book_fact cleaned(const struct cn_book_fact *fact)
{
    struct cn_book_fact clean = *fact;
    clean.user_key = storable(fact->user_key);
    clean.anonymous_key = storable(fact->anonymous_key);
    clean.group_key = storable(fact->group_key);
    clean.previous_key = storable(fact->previous_key);
    clean.email = storable(fact->email);
    return clean;
}

static bool apply_one(struct cn_book_batch *batch, const struct cn_unit *unit,
                      const struct cn_book_fact *fact, struct cn_error *err)
{
    const struct named none = { { "", 0 }, { "", 0 } };
    int64_t account_id = 0;
    switch (fact->type) {
    case CN_BOOK_FACT_IDENTIFY:
        return apply_identify(batch, unit, fact, err);
    case CN_BOOK_FACT_GROUP:
        return apply_group(batch, unit, fact, err);
    case CN_BOOK_FACT_ALIAS:
        apply_alias(batch, fact);
        return true;
    case CN_BOOK_FACT_OTHER:
        break;
    }
    return fact->group_key.len == 0 || ensure_account(batch, unit, fact, &none, &account_id, err);
}

bool cn_book_batch_apply(struct cn_book_batch *batch, const struct cn_unit *unit,
                         const struct cn_book_fact *facts, size_t count, struct cn_error *err)
{
    forget(batch);
    if (!cn_batch_learn_merges(batch, unit, err)) {
        return cn_error_context(err, "applying events to the book");
    }
    for (size_t i = 0; i < count; i++) {
        struct cn_book_fact fact = cleaned(&facts[i]);
        if (!apply_one(batch, unit, &fact, err)) {
            return cn_error_context(err, "applying events to the book");
        }
    }
    return cn_batch_store(batch, unit, err) || cn_error_context(err, "applying events to the book");
}
