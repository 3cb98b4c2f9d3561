/*
 * Random programs over the columns of cel_world.h.
 */
#ifndef CAIRN_TESTS_UNIT_CEL_RANDOM_H
#define CAIRN_TESTS_UNIT_CEL_RANDOM_H

#include "tests/unit/cel_world.h"

/* A grammar of programs that mostly pass the check: text of the given kind. */
struct random_program {
    struct cn_rng *rng;
    char text[8192];
    size_t len;
};

static inline void put(struct random_program *out, const char *text)
{
    size_t len = strlen(text);
    if (out->len + len < sizeof(out->text)) {
        memcpy(out->text + out->len, text, len + 1);
        out->len += len;
    }
}

/* A template: letters b d i u s m e stand for operands of that kind, T C A for a list of s, i or d,
 * the rest is text. */
struct production {
    char kind;
    const char *form;
};

static const struct production leaves[] = {
    { 'b', "p" },
    { 'b', "q" },
    { 'b', "true" },
    { 'b', "false" },
    { 'b', "has(x)" },
    { 'b', "has(trait.plan)" },
    { 'd', "x" },
    { 'd', "y" },
    { 'd', "2.5" },
    { 'd', "0.0" },
    { 'd', "logins.sum(28)" },
    { 'd', "-1.0" },
    { 'd', "active_users" },
    { 'i', "i" },
    { 'i', "j" },
    { 'i', "3" },
    { 'i', "0" },
    { 'i', "-1" },
    { 'i', "9223372036854775807" },
    { 'u', "u" },
    { 'u', "v" },
    { 'u', "7u" },
    { 's', "s" },
    { 's', "trait.plan" },
    { 's', "'pro'" },
    { 's', "'be'" },
    { 's', "''" },
    { 'm', "m" },
    { 'm', "n" },
    { 'm', "timestamp('1970-01-02T00:00:00Z')" },
    { 'm', "timestamp('1970-01-02T00:00:00.000000001Z')" },
    { 'e', "d" },
    { 'e', "e" },
    { 'e', "duration('36h')" },
    { 'e', "duration('1ns')" },
    { 'T', "tags" },
    { 'T', "tags" },
    { 'T', "[]" },
    { 'C', "codes" },
    { 'C', "codes" },
    { 'C', "[1, 2]" },
    { 'A', "amounts" },
    { 'A', "[2.5]" },
};

static const struct production forms[] = {
    { 'b', "(b && b)" },
    { 'b', "(b || b)" },
    { 'b', "!b" },
    { 'b', "(b ? b : b)" },
    { 'b', "(d < d)" },
    { 'b', "(d <= d)" },
    { 'b', "(d > d)" },
    { 'b', "(d >= d)" },
    { 'b', "(d == d)" },
    { 'b', "(d != d)" },
    { 'b', "(i < d)" },
    { 'b', "(d >= i)" },
    { 'b', "(u <= d)" },
    { 'b', "(d > u)" },
    { 'b', "(i > u)" },
    { 'b', "(u < i)" },
    { 'b', "(i == d)" },
    { 'b', "(u != d)" },
    { 'b', "(i == u)" },
    { 'b', "(i != i)" },
    { 'b', "(i <= i)" },
    { 'b', "(u >= u)" },
    { 'b', "(u == u)" },
    { 'b', "(s == s)" },
    { 'b', "(s != s)" },
    { 'b', "(s < s)" },
    { 'b', "(s >= s)" },
    { 'b', "(b == b)" },
    { 'b', "(b < b)" },
    { 'b', "(b >= b)" },
    { 'b', "(m < m)" },
    { 'b', "(m == m)" },
    { 'b', "(m >= m)" },
    { 'b', "(e < e)" },
    { 'b', "(e != e)" },
    { 'b', "(s in ['pro', 'beta', 'vip'])" },
    { 'b', "(d in [1, 2.5, 3u])" },
    { 'b', "(i in [1, 2, 3])" },
    { 'b', "(i in [])" },
    { 'b', "(s in [s, s])" },
    { 'b', "s.startsWith('be')" },
    { 'b', "s.endsWith(s)" },
    { 'b', "s.contains('o')" },
    { 'b', "s.matches('^b.*x$')" },
    { 'b', "math.isNaN(d)" },
    { 'b', "math.isFinite(d)" },
    { 'b', "[d, d].exists(a, a > d)" },
    { 'b', "[i, i].all(a, a > i)" },
    { 'b', "has(tags)" },
    { 'b', "(s in T)" },
    { 'b', "(i in C)" },
    { 'b', "(d in A)" },
    { 'b', "T.exists(t, t == 'pro' || t.startsWith('be'))" },
    { 'b', "T.all(t, t < 'p' && t != '')" },
    { 'b', "C.all(c, c % 2 == 0)" },
    { 'b', "C.exists(c, 10 / c > 1)" },
    { 'b', "C.exists(c, c > i)" },
    { 'b', "A.exists(a, a > 1.0 || a < 0.0 - 2.0)" },
    { 'b', "A.all(a, a >= 0.0 ? a < 5.0 : math.isNaN(a))" },
    { 'b', "T.exists(t, t.matches('^[a-z]+$'))" },
    { 'b', "T.exists_one(t, t == s)" },
    { 'b', "(C.map(c, c + i) == C)" },
    { 'b', "C.exists(n, c, c == n)" },
    { 'b', "(T.size() > i)" },
    { 'b', "optional.of(b).orValue(b)" },
    { 'b', "C[?i].hasValue()" },
    { 'b', "cel.bind(w, d, w < d)" },
    { 'd', "A[?i].orValue(d)" },
    { 'd', "cel.bind(w, d, w + w)" },
    { 'd', "math.sqrt(d)" },
    { 'd', "A[i]" },
    { 'i', "size(T)" },
    { 'i', "C.size()" },
    { 'i', "C[i]" },
    { 'i', "size(C.filter(c, c > i))" },
    { 'i', "math.bitAnd(i, i)" },
    { 'i', "math.bitXor(i, i)" },
    { 'i', "math.bitNot(i)" },
    { 'i', "math.bitShiftLeft(i, i)" },
    { 'i', "math.bitShiftRight(i, i)" },
    { 'i', "s.indexOf(s)" },
    { 'i', "m.getHours('Europe/Berlin')" },
    { 'i', "m.getMinutes('+05:30')" },
    { 'u', "math.bitOr(u, u)" },
    { 'u', "math.bitShiftLeft(u, i)" },
    { 'u', "math.bitShiftRight(u, i)" },
    { 's', "s.upperAscii()" },
    { 's', "s.replace(s, 'x', 2)" },
    { 's', "s.split('e').join(s)" },
    { 's', "s.substring(i)" },
    { 's', "'%s-%d'.format([s, i])" },
    { 's', "strings.quote(s)" },
    { 's', "T.join('+')" },
    { 's', "T[?0].or(optional.of(s)).value()" },
    { 'T', "T.filter(t, t > s)" },
    { 'T', "(T + [s])" },
    { 'C', "C.map(c, c * 2)" },
    { 'C', "C.transformList(n, c, n < 2, c)" },
    { 'C', "[i, i]" },
    { 'A', "[d, d]" },
    { 'A', "A.map(a, a > d, -(a))" },
    { 'd', "(d + d)" },
    { 'd', "(d - d)" },
    { 'd', "(d * d)" },
    { 'd', "(d / d)" },
    { 'd', "-(d)" },
    { 'd', "(b ? d : d)" },
    { 'd', "double(i)" },
    { 'd', "double(u)" },
    { 'd', "math.least(d, d, d)" },
    { 'd', "math.greatest(d, d)" },
    { 'd', "math.abs(d)" },
    { 'd', "math.round(d)" },
    { 'd', "math.floor(d)" },
    { 'd', "math.ceil(d)" },
    { 'd', "math.sign(d)" },
    { 'd', "double(string(d))" },
    { 'i', "(i + i)" },
    { 'i', "(i - i)" },
    { 'i', "(i * i)" },
    { 'i', "(i / i)" },
    { 'i', "(i % i)" },
    { 'i', "-(i)" },
    { 'i', "(b ? i : i)" },
    { 'i', "int(d)" },
    { 'i', "int(u)" },
    { 'i', "size(s)" },
    { 'i', "s.size()" },
    { 'i', "math.abs(i)" },
    { 'i', "math.least(i, i)" },
    { 'i', "int(m)" },
    { 'i', "[i, i][i]" },
    { 'i', "m.getDayOfYear()" },
    { 'i', "e.getHours()" },
    { 'u', "(u + u)" },
    { 'u', "(u - u)" },
    { 'u', "(u * u)" },
    { 'u', "(u / u)" },
    { 'u', "(u % u)" },
    { 'u', "uint(i)" },
    { 'u', "uint(d)" },
    { 'u', "math.greatest(u, u)" },
    { 's', "(s + s)" },
    { 's', "string(i)" },
    { 's', "(b ? s : s)" },
    { 's', "string(b)" },
    { 'm', "(m + e)" },
    { 'm', "(m - e)" },
    { 'm', "(e + m)" },
    { 'm', "(b ? m : m)" },
    { 'e', "(m - m)" },
    { 'e', "(e + e)" },
    { 'e', "(e - e)" },
    { 'e', "(b ? e : e)" },
    { 'e', "duration(string(e))" },
};

static inline void generate(struct random_program *out, char kind, int depth)
{
    const struct production *list = depth > 0 ? forms : leaves;
    size_t count = depth > 0 ? CN_ARRAY_LEN(forms) : CN_ARRAY_LEN(leaves);
    if (depth > 0 && cn_rng_between(out->rng, 0, 5) == 0) {
        list = leaves;
        count = CN_ARRAY_LEN(leaves);
    }
    const char *form = NULL;
    while (form == NULL) {
        const struct production *one = &list[cn_rng_between(out->rng, 0, (int64_t)count - 1)];
        form = one->kind == kind ? one->form : NULL;
    }
    if (list == leaves) {
        put(out, form);
        return;
    }
    for (const char *at = form; *at != '\0'; at++) {
        bool is_alone = (at == form || strchr(" ([,!-.", at[-1]) != NULL) &&
                        strchr("bdiusmeTCA", *at) != NULL &&
                        (strchr(" )],.[", at[1]) != NULL || at[1] == '\0');
        char one[2] = { *at, '\0' };
        if (is_alone && (at == form || at[-1] != '.')) {
            generate(out, *at, depth - 1);
        } else {
            put(out, one);
        }
    }
}

#endif
