/*
 * Merging accounts: one becomes part of another, with everything that is told of it.
 *
 * The merged account's record is gone from then on; asking for it says which account took its place
 * (CN_GONE).  Its external ids and domains stand for the survivor, whatever the time of the event.
 * People, contracts, tickets, traits and the history of fields move; the survivor's own values win,
 * and what it lacks (owner, domain, ARR without contracts) is taken over.  Of two people with the
 * same user key one stays.
 *
 * One transaction does all of that.  What is counted from events is not in it: the engine makes the
 * rollups of both accounts anew when it sees the change, or at the next start.
 *
 * What is evaluated as known for a moment before the merge no longer finds the records of the
 * merged account where they were.
 *
 * Not here: taking a merge back.
 */
#ifndef CAIRN_BOOK_MERGE_H
#define CAIRN_BOOK_MERGE_H

#include "book/account.h"

/*
 * What one kind of record has to do when accounts are merged; each domain folder fills in its own,
 * engine/parts.c lists them.
 */
struct cn_account_part {
    const char *name;
    /* Inside the transaction, under which nobody else writes what belongs to `from`: gives what it
     * has to `into`.  Nothing of it may be left, but for what is history of `from` itself. */
    bool (*move)(const struct cn_unit *unit, cn_account_id from, cn_account_id into,
                 struct cn_error *err);
};

/* For a part: runs `copy`, which puts the rows of account $1 to account $2, then `drop`, which
 * deletes those of account $1.  In book/merge_part.c. */
CN_MUST_CHECK bool cn_merge_move_rows(const struct cn_unit *unit, const char *copy,
                                      const char *drop, cn_account_id from, cn_account_id into,
                                      struct cn_error *err);

/* For a part whose history ends with the account: `sql` gives the last instant in microseconds and
 * how many rows account $1 has.  *end_out is the moment after all of them, now at the earliest, and
 * *has_any_out says whether there is one to end.  In book/merge_part.c. */
CN_MUST_CHECK bool cn_merge_history_end(const struct cn_unit *unit, const char *sql,
                                        cn_account_id from, cn_time *end_out, bool *has_any_out,
                                        struct cn_error *err);

/* Those of book/, in book/merge_part.c. */
extern const struct cn_account_part cn_person_part;
extern const struct cn_account_part cn_contract_part;
extern const struct cn_account_part cn_ticket_part;
extern const struct cn_account_part cn_trait_part;
extern const struct cn_account_part cn_history_part;

struct cn_merge {
    cn_account_id from;
    cn_account_id into;
    int64_t version; /* that `from` must be at; 0: whatever it is at */
    const struct cn_account_part *const *parts;
    size_t part_count;
};

/* Makes `from` a part of `into`, in one transaction; *survivor_out is `into` as it is then.  Fails
 * with CN_NOT_FOUND or CN_GONE if there is no `from`, with CN_STALE, with CN_INVALID if `into` is
 * not an account in scope or is `from`, or contracts of both run on the same day in two currencies,
 * or as sql/sql.h says; then nothing has changed. */
CN_MUST_CHECK bool cn_account_merge(const struct cn_unit *unit, const struct cn_merge *merge,
                                    struct cn_account *survivor_out, struct cn_error *err);

/* The account that `id` is part of by now: itself if it was never merged.  It need not exist. */
CN_MUST_CHECK bool cn_merge_survivor(const struct cn_unit *unit, cn_account_id id,
                                     cn_account_id *survivor_out, struct cn_error *err);

/* Whoever writes records for events holds off merges until the end of its transaction, and waits
 * for one that runs. */
CN_MUST_CHECK bool cn_merge_hold(const struct cn_unit *unit, struct cn_error *err);

#endif
