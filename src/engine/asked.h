/*
 * The values of one expression that was asked beside a program's own (struct cn_program_asked),
 * gathered while a pass evaluates it.  For engine/ only.
 */
#ifndef CAIRN_ENGINE_ASKED_H
#define CAIRN_ENGINE_ASKED_H

#include "engine/program.h"

struct cn_asked_value {
    bool has_value; /* false: missing, or an error */
    bool truth;     /* of a bool */
    double number;  /* of a double */
    int64_t whole;  /* of int and uint; microseconds of a moment or a span */
    uint32_t text;  /* of a string: its number in the interner */
};

struct cn_asked {
    const struct cn_program_asked *what;
    enum cn_cel_kind kind;         /* of all values, once there is one */
    struct cn_asked_value *values; /* by row of the frame; the caller's */
};

/* `asked` outlives the pass. */
struct cn_rule_consumer cn_asked_consumer(struct cn_asked *asked);

/* For people: "yes", "1,200", "missing". */
cn_str cn_asked_text(const struct cn_interner *strings, enum cn_cel_kind kind,
                     const struct cn_asked_value *value, struct cn_arena *arena);

/* Row i of a result. */
struct cn_asked_value cn_asked_value_of(const struct cn_cel_result *result, size_t i);

#endif
