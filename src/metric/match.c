#include "metric/match.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/str.h"

#include "json/reader.h"

enum {
    TEXT_BLOCK_BYTES = 4096,
    PAYLOAD_MAX_BYTES = 1024 * 1024, /* intake takes less */
};

/* Seeds, so that a name and a value that read the same are different members. */
enum {
    SEED_NAME = 11,
    SEED_TEXT = 12,
    SEED_NUMBER = 13,
    SEED_BOOL = 14,
};

void cn_matcher_init(struct cn_matcher *matcher)
{
    *matcher = (struct cn_matcher){ 0 };
    cn_str_map_init(&matcher->names);
    cn_arena_init(&matcher->texts, TEXT_BLOCK_BYTES);
}

void cn_matcher_deinit(struct cn_matcher *matcher)
{
    for (size_t i = 0; i < matcher->name_count; i++) {
        free(matcher->by_name[i].items);
    }
    free(matcher->by_name);
    free(matcher->every.items);
    free(matcher->traits.items);
    cn_str_map_deinit(&matcher->names);
    cn_arena_deinit(&matcher->texts);
    cn_json_parser_free(matcher->parser);
    *matcher = (struct cn_matcher){ 0 };
}

bool cn_matcher_knows(const struct cn_matcher *matcher, cn_str name)
{
    const uint64_t *index = cn_str_map_get(&matcher->names, name);
    const struct cn_match_rules *rules = index != NULL ? &matcher->by_name[*index] : NULL;
    for (size_t i = 0; rules != NULL && i < rules->count; i++) {
        if (rules->items[i].take == CN_TAKE_EVENT_USER) {
            return true;
        }
    }
    return false;
}

static void add_rule(struct cn_matcher *matcher, struct cn_match_rules *rules,
                     struct cn_match_rule rule)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (rules->items[i].take == rule.take && rules->items[i].target == rule.target) {
            return;
        }
    }
    rule.property = cn_arena_str(&matcher->texts, rule.property);
    if (rule.property.len > 0 && matcher->parser == NULL) {
        matcher->parser = cn_json_parser_new(PAYLOAD_MAX_BYTES);
    }
    rules->items = cn_heap_resize(rules->items, (rules->count + 1) * sizeof(rules->items[0]));
    rules->items[rules->count++] = rule;
}

void cn_matcher_add(struct cn_matcher *matcher, cn_str event, struct cn_match_rule rule)
{
    if (cn_str_equal(event, CN_STR("*"))) {
        add_rule(matcher, &matcher->every, rule);
        return;
    }
    bool was_new = false;
    uint64_t *index = cn_str_map_put(&matcher->names, event, &was_new);
    if (was_new) {
        *index = matcher->name_count;
        matcher->by_name = cn_heap_resize(matcher->by_name,
                                          (matcher->name_count + 1) * sizeof(matcher->by_name[0]));
        matcher->by_name[matcher->name_count++] = (struct cn_match_rules){ 0 };
    }
    add_rule(matcher, &matcher->by_name[*index], rule);
}

void cn_matcher_add_trait(struct cn_matcher *matcher, struct cn_match_rule rule)
{
    add_rule(matcher, &matcher->traits, rule);
}

uint64_t cn_match_name_member(cn_str name)
{
    uint64_t hash = cn_hash128_of(name, SEED_NAME).lo;
    return hash != 0 ? hash : 1;
}

struct cn_touch *cn_touch_add(struct cn_match_touches *touches)
{
    if (touches->count == touches->capacity) {
        touches->capacity = touches->capacity == 0 ? 64 : touches->capacity * 2;
        touches->items =
            cn_heap_resize(touches->items, touches->capacity * sizeof(touches->items[0]));
    }
    touches->items[touches->count] = (struct cn_touch){ 0 };
    return &touches->items[touches->count++];
}

void cn_match_refuse(struct cn_matcher *matcher, cn_str property, const char *why)
{
    matcher->refused++;
    (void)snprintf(matcher->refused_text, sizeof(matcher->refused_text), "%.*s: %s",
                   CN_STR_ARG(cn_str_slice(property, 0, 80)), why); /* may be cut */
}

/* A number is the same member however it was written: 7, 7.0 and 70e-1. */
static bool member_of(cn_json_value value, uint64_t *member_out)
{
    enum cn_json_kind kind = cn_json_kind(value);
    uint64_t hash = 0;
    if (kind == CN_JSON_STR) {
        hash = cn_hash128_of(cn_json_get_str(value), SEED_TEXT).lo;
    } else if (kind == CN_JSON_I64 || kind == CN_JSON_F64) {
        double number = cn_json_get_f64(value) + 0.0; /* -0 becomes 0 */
        hash = cn_hash128_of((cn_str){ (const char *)&number, sizeof(number) }, SEED_NUMBER).lo;
    } else if (kind == CN_JSON_BOOL) {
        hash = cn_hash128_of(cn_json_get_bool(value) ? CN_STR("1") : CN_STR("0"), SEED_BOOL).lo;
    } else {
        return false;
    }
    *member_out = hash != 0 ? hash : 1;
    return true;
}

static void take_property(struct cn_matcher *matcher, const struct cn_match_rule *rule,
                          cn_json_value value, struct cn_match_touches *touches)
{
    enum cn_json_kind kind = cn_json_kind(value);
    uint64_t member = 0;
    if (rule->take == CN_TAKE_VALUE) {
        if (member_of(value, &member)) {
            *cn_touch_add(touches) =
                (struct cn_touch){ .target = rule->target, .has_member = true, .member = member };
        }
        return;
    }
    if (kind == CN_JSON_NULL) {
        return;
    }
    if (kind != CN_JSON_I64 && kind != CN_JSON_F64) {
        cn_match_refuse(matcher, rule->property, "not a number");
        return;
    }
    *cn_touch_add(touches) = (struct cn_touch){ .target = rule->target,
                                                .has_number = true,
                                                .number = cn_json_get_f64(value) + 0.0 };
}

/* A member that occurs twice counts as its last occurrence, as in JavaScript. */
static void take_properties(struct cn_matcher *matcher, const struct cn_match_rules *rules,
                            cn_json_value root, struct cn_match_touches *touches)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct cn_match_rule *rule = &rules->items[i];
        if (rule->property.len == 0) {
            continue;
        }
        struct cn_json_iter iter = cn_json_iterate(root);
        cn_str name;
        cn_json_value value;
        cn_json_value found = { { 0 } };
        bool has_found = false;
        while (cn_json_next(&iter, &name, &value)) {
            if (cn_str_equal(name, rule->property)) {
                found = value;
                has_found = true;
            }
        }
        if (has_found) {
            take_property(matcher, rule, found, touches);
        }
    }
}

/* What needs no look into the payload; true if a rule does need one. */
static bool take_plain(const struct cn_match_rules *rules, const struct cn_metric_fact *fact,
                       struct cn_match_touches *touches)
{
    bool needs_payload = false;
    for (size_t i = 0; i < rules->count; i++) {
        const struct cn_match_rule *rule = &rules->items[i];
        if (rule->property.len > 0) {
            needs_payload = true;
            continue;
        }
        struct cn_touch touch = { .target = rule->target };
        if (rule->take == CN_TAKE_NAME) {
            touch.has_member = fact->name.len > 0;
            touch.member = touch.has_member ? cn_match_name_member(fact->name) : 0;
        } else if (rule->take != CN_TAKE_EVENT) {
            touch.has_member = fact->user != 0;
            touch.member = fact->user;
        }
        if (touch.has_member || rule->take == CN_TAKE_EVENT || rule->take == CN_TAKE_EVENT_USER) {
            *cn_touch_add(touches) = touch;
        }
    }
    return needs_payload;
}

void cn_match(struct cn_matcher *matcher, const struct cn_metric_fact *fact,
              struct cn_match_touches *touches)
{
    const struct cn_match_rules *sets[2] = { NULL, NULL };
    if (fact->kind == CN_FACT_TRAITS) {
        sets[0] = &matcher->traits;
    } else {
        const uint64_t *index = cn_str_map_get(&matcher->names, fact->name);
        sets[0] = &matcher->every;
        sets[1] = index != NULL ? &matcher->by_name[*index] : NULL;
    }
    bool needs_payload = take_plain(sets[0], fact, touches);
    if (sets[1] != NULL && take_plain(sets[1], fact, touches)) {
        needs_payload = true;
    }
    if (!needs_payload || fact->payload.len == 0) {
        return;
    }
    struct cn_error err;
    cn_json_value root;
    if (!cn_json_parse(matcher->parser, fact->payload, &root, &err) ||
        cn_json_kind(root) != CN_JSON_OBJECT) {
        return; /* the intake lets nothing else through */
    }
    take_properties(matcher, sets[0], root, touches);
    if (sets[1] != NULL) {
        take_properties(matcher, sets[1], root, touches);
    }
}
