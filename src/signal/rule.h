/*
 * Signals: conditions that ask a person for attention, compiled from the program.
 *
 *   signals:
 *     usage-drop:
 *       doc: what it means
 *       because: usage fell by more than 15 % in four weeks
 *       when: arr > 5000 && events.change(28) < -0.15
 *       clear: events.change(28) > -0.10        the negation of `when` unless given
 *       severity: high                          critical, high, medium or low; medium unless given
 *       owner: csm                              or leader: who is asked
 *       rearm: 7d                               how long it must be clear before it can raise again
 *       holds: expansion                        or true: which holds suppress it; none unless given
 *       was: usage-fell                         its former name, of which it keeps the state
 *
 *     old-ticket:
 *       each: tickets.critical_for(48)          one signal for each record that the value counts:
 *                                               about_id of all that follows is its id
 *
 * A rule of which `when` or `clear` changed is a new one to accounts on which it is not raised.
 * Immutable once compiled; any number of threads may evaluate with it.
 *
 * Not here: what follows from a condition (signal/state.h), playbooks.
 */
#ifndef CAIRN_SIGNAL_RULE_H
#define CAIRN_SIGNAL_RULE_H

#include "frame/rules.h"
#include "program/program.h"

enum {
    CN_SIGNALS_MAX = 200,
    CN_SIGNAL_HOLD_KIND_MAX_BYTES = 64,
};

/* Stored as numbers: only add at the end. */
enum cn_signal_severity {
    CN_SIGNAL_LOW,
    CN_SIGNAL_MEDIUM,
    CN_SIGNAL_HIGH,
    CN_SIGNAL_CRITICAL,
    CN_SIGNAL_SEVERITY_COUNT
};

extern const char *const cn_signal_severity_names[CN_SIGNAL_SEVERITY_COUNT];

/* Who is asked.  Stored as numbers: only add at the end. */
enum cn_signal_owner {
    CN_SIGNAL_OWNER_CSM,    /* the account's owner */
    CN_SIGNAL_OWNER_LEADER, /* who leads the account's team */
    CN_SIGNAL_OWNER_COUNT
};

extern const char *const cn_signal_owner_names[CN_SIGNAL_OWNER_COUNT];

enum cn_signal_holds {
    CN_SIGNAL_HOLDS_NONE,
    CN_SIGNAL_HOLDS_KIND, /* holds of that kind, and of kind "all" */
    CN_SIGNAL_HOLDS_ANY,
};

struct cn_signal_rule {
    cn_str name;
    cn_str was; /* "": it had no other name */
    cn_str doc;
    cn_str because; /* in a few words; the name unless given */
    enum cn_signal_severity severity;
    enum cn_signal_owner owner;
    int64_t rearm_us;
    enum cn_signal_holds holds;
    cn_str hold_kind;
    cn_str each_text;     /* "": it is about the account */
    cn_str when_text;     /* "" with `each` */
    cn_str clear_text;    /* "": the negation of `when` */
    uint64_t hash;        /* of all texts: what a state was reached under */
    bool reads_health;    /* freezes while the health is grey */
    uint32_t unit;        /* of the program's rules */
    uint32_t when;        /* rules of it; with `each`, that it counts any */
    uint32_t clear;       /* CN_NO_RULE: the negation of `when` */
    uint32_t each_column; /* that counts the records */
};

static inline bool cn_signal_rule_is_each(const struct cn_signal_rule *rule)
{
    return rule->each_text.len > 0;
}

struct cn_signal_model {
    struct cn_signal_rule *rules; /* by name */
    size_t rule_count;
    const struct cn_rules *program; /* the rules of the whole program */
    uint32_t section;               /* the number of signals there */
};

/* What the engine prepares before the section is compiled. */
struct cn_signal_env {
    struct cn_rules *rules; /* the conditions are added to it */
    uint32_t section;
};

/* The program section `signals`; env is a struct cn_signal_env, what is compiled a struct
 * cn_signal_model. */
extern const struct cn_program_section cn_signal_section;

/* The columns that the expressions of the rule read, each once, in the arena. */
const uint32_t *cn_signal_rule_columns(const struct cn_signal_model *model, size_t rule,
                                       struct cn_arena *arena, size_t *count_out);

/* The rule's number, or false. */
bool cn_signal_rule_find(const struct cn_signal_model *model, cn_str name, size_t *rule_out);

/* Names a rule with its condition: another condition, or another rule with the same, has another.
 */
uint64_t cn_signal_rule_key(cn_str name, uint64_t hash);

#endif
