/*
 * What a round of the engine stood on: kept for each that wrote something, in the same transaction,
 * so that it can be computed again as known (engine/known.h).
 *
 * A round is a function of these alone: the events counted, the records read, the mapping, the
 * program, and one moment for all that depends on time.
 */
#ifndef CAIRN_ENGINE_TICK_H
#define CAIRN_ENGINE_TICK_H

#include "book/account.h"
#include "sql/sql.h"

/* Of what rounds make of the same facts.  Raise it when a change of this program gives other scores
 * for them: replay as known ends at ticks of another version. */
enum {
    CN_ENGINE_VERSION = 1
};

struct cn_tick {
    int64_t number; /* from 1, without a gap, in the order in which they were */
    cn_time at;     /* of the rows that it wrote; later than any before it */
    cn_time clock;  /* for what depends on time: the last round that looked at the clock */
    bool is_fresh;  /* ranks as of last night were computed: a start, a new day, late facts */
    int64_t log_seq;
    int64_t change_seq;
    int64_t mapping;
    int64_t program_version;
    int64_t engine_version;
    int64_t settings; /* digest of the settings that matter */
    int64_t zone;     /* digest of the time zone's data */
};

/* A colour that a back-fill handed over: what the account's next score stands on, from that tick.
 */
struct cn_tick_colour {
    int64_t tick;
    int64_t account_id;
    enum cn_band band;
};

CN_MUST_CHECK bool cn_ticks_save(struct cn_sql_conn *conn, const struct cn_tick *ticks,
                                 size_t count, struct cn_error *err);
CN_MUST_CHECK bool cn_tick_colours_save(struct cn_sql_conn *conn,
                                        const struct cn_tick_colour *colours, size_t count,
                                        struct cn_error *err);

/* The newest tick; number 0 if there is none. */
CN_MUST_CHECK bool cn_tick_newest(struct cn_sql_conn *conn, struct cn_tick *tick_out,
                                  struct cn_error *err);

/* The newest tick of which the rows are not later; number 0 if there is none. */
CN_MUST_CHECK bool cn_tick_at(struct cn_sql_conn *conn, cn_time at, struct cn_tick *tick_out,
                              struct cn_error *err);

/* At most `limit` ticks after that number, in their order, in `arena`. */
CN_MUST_CHECK bool cn_ticks_load(struct cn_sql_conn *conn, int64_t after, size_t limit,
                                 struct cn_arena *arena, struct cn_tick **ticks_out,
                                 size_t *count_out, struct cn_error *err);

/* The colours of the ticks from first to last, by tick and account. */
CN_MUST_CHECK bool cn_tick_colours_each(struct cn_sql_conn *conn, int64_t first, int64_t last,
                                        void (*each)(void *arg,
                                                     const struct cn_tick_colour *colour),
                                        void *arg, struct cn_error *err);

#endif
