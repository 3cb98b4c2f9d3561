/*
 * The inbox: what signals ask people for, and what people do about them.
 *
 * Who is asked to look at a signal by somebody else is told (signal/tell.h).
 *
 * Everything is in the caller's scope; what is not in it is CN_NOT_FOUND.  Actions change one
 * signal, note CN_CHANGE_SIGNAL and leave an event in its history.
 *
 * Not here: raising and clearing (signal/state.h), which the engine does.
 */
#ifndef CAIRN_SIGNAL_INBOX_H
#define CAIRN_SIGNAL_INBOX_H

#include "book/ticket.h"
#include "signal/store.h"

enum {
    CN_SIGNAL_LIST_MAX = 200, /* rows of a page */
    CN_SIGNAL_EVENTS_MAX = 500,
    CN_SIGNAL_REASON_MAX_BYTES = 1000,
};

/* Where a signal stands for people: the engine's state, and what they did. */
enum cn_signal_view {
    CN_SIGNAL_VIEW_OPEN,         /* raised, nobody has resolved or snoozed it */
    CN_SIGNAL_VIEW_SNOOZED,      /* raised, until later */
    CN_SIGNAL_VIEW_RESOLVED,     /* a person said what came of it */
    CN_SIGNAL_VIEW_CLEARED,      /* its condition is over, and nobody has said */
    CN_SIGNAL_VIEW_ALREADY_TRUE, /* the baseline, to be picked from */
    CN_SIGNAL_VIEW_HELD,
    CN_SIGNAL_VIEW_COUNT
};

extern const char *const cn_signal_view_names[CN_SIGNAL_VIEW_COUNT];

/* What came of it.  Stored as numbers: only add at the end. */
enum cn_signal_outcome {
    CN_SIGNAL_USEFUL,
    CN_SIGNAL_NOT_USEFUL,
    CN_SIGNAL_OUTCOME_COUNT
};

extern const char *const cn_signal_outcome_names[CN_SIGNAL_OUTCOME_COUNT];

struct cn_signal {
    cn_signal_id id;
    cn_account_id account_id;
    cn_str account_name;
    cn_str rule;
    cn_str because;
    cn_ticket_id ticket_id; /* that it is about */
    enum cn_given ticket_id_given;
    cn_str ticket_subject; /* "" without, or if the ticket is gone */
    enum cn_signal_severity severity;
    enum cn_signal_owner owner;
    enum cn_signal_view view;
    enum cn_signal_state state;
    cn_time since;
    cn_time first_at;
    cn_time raised_at;
    enum cn_given raised_at_given; /* CN_NULL: it was not raised; likewise below */
    cn_time cleared_at;
    enum cn_given cleared_at_given;
    cn_user_id assignee_id;
    enum cn_given assignee_id_given;
    bool over_budget; /* its assignee was not told: the day's budget was spent */
    bool is_starting; /* a person picked it, the engine has not come to it */
    cn_time acknowledged_at;
    enum cn_given acknowledged_at_given;
    cn_time snoozed_until;
    enum cn_given snoozed_until_given;
    cn_time resolved_at;
    enum cn_given resolved_at_given;
    enum cn_signal_outcome outcome;
    enum cn_given outcome_given;
    cn_str outcome_reason;
    int64_t program_version;
    int64_t version;
};

struct cn_signal_filter {
    unsigned views;         /* 1 << enum cn_signal_view, or 0: any */
    unsigned severities;    /* 1 << enum cn_signal_severity, or 0: any */
    cn_str rule;            /* "": any */
    cn_user_id assignee_id; /* 0: any */
    bool without_assignee;
    cn_account_id account_id; /* 0: any */
    cn_time raised_since;     /* 0: raised or not, whenever */
    int64_t limit;
    cn_signal_id after; /* the last of the page before, or 0 */
};

struct cn_signal_list {
    struct cn_signal *items;
    size_t count;
    int64_t total;                                 /* of all that match */
    int64_t by_view[CN_SIGNAL_VIEW_COUNT];         /* whatever view was asked for */
    int64_t by_severity[CN_SIGNAL_SEVERITY_COUNT]; /* whatever severity was */
};

/* The most severe first, then the newest.  Fails with CN_MALFORMED if `after` is gone. */
CN_MUST_CHECK bool cn_signal_list(const struct cn_unit *unit, const struct cn_signal_filter *filter,
                                  struct cn_signal_list *list_out, struct cn_error *err);

CN_MUST_CHECK bool cn_signal_load(const struct cn_unit *unit, cn_signal_id id,
                                  struct cn_signal *signal_out, struct cn_error *err);

struct cn_signal_event {
    enum cn_signal_event_kind kind;
    cn_time at;
    cn_user_id user_id; /* 0: Cairn itself */
    int64_t program_version;
    cn_str note;
    cn_str evidence; /* JSON, "" without */
};

struct cn_signal_event_list {
    struct cn_signal_event *items;
    size_t count;
};

/* The newest CN_SIGNAL_EVENTS_MAX, oldest first, and always the last raise among them. */
CN_MUST_CHECK bool cn_signal_events(const struct cn_unit *unit, const struct cn_signal *signal,
                                    struct cn_signal_event_list *list_out, struct cn_error *err);

enum cn_signal_verb {
    CN_SIGNAL_ACKNOWLEDGE,
    CN_SIGNAL_SNOOZE,
    CN_SIGNAL_ASSIGN,
    CN_SIGNAL_RESOLVE,
    CN_SIGNAL_START,  /* what was already true is raised, by the engine, at once */
    CN_SIGNAL_REOPEN, /* a deed is taken back */
};

/* What a reopen takes back; a later one lies over those before it. */
enum cn_signal_deed {
    CN_SIGNAL_ACKNOWLEDGED,
    CN_SIGNAL_SNOOZED,
    CN_SIGNAL_RESOLVED,
    CN_SIGNAL_DEED_COUNT
};

struct cn_signal_action {
    enum cn_signal_verb verb;
    cn_time until;          /* of a snooze */
    cn_user_id assignee_id; /* 0: nobody */
    enum cn_signal_outcome outcome;
    cn_str reason;                      /* may be "" */
    enum cn_signal_deed deed;           /* of a reopen: that alone is taken back */
    enum cn_given deed_given;           /* CN_ABSENT: the outermost that stands is */
    const struct cn_tell_options *tell; /* how the new assignee is told; NULL: they are not */
};

/* Fails with CN_CONFLICT if the signal is not where the verb can be done: only what is already true
 * can be started, only what was raised can be worked on, only what stands can be taken back; with
 * CN_INVALID (field until or assignee_id) if it cannot be snoozed until then, or is handed to who
 * may not see its account.
 * A reopened signal is where the engine has it: open if its condition still stands, else cleared.
 * A snooze that is taken back leaves the one before it, if that is not over yet.
 * Nobody is told. */
CN_MUST_CHECK bool cn_signal_act(const struct cn_unit *unit, cn_signal_id id,
                                 const struct cn_signal_action *action,
                                 struct cn_signal *signal_out, struct cn_error *err);

/* What the signal's history says of a person; inside the transaction. */
CN_MUST_CHECK bool cn_signal_add_event(const struct cn_unit *unit, int64_t event_id,
                                       const struct cn_signal *signal,
                                       enum cn_signal_event_kind kind, cn_str note,
                                       struct cn_error *err);

/* How good a rule is, by what people said afterwards. */
struct cn_signal_precision {
    cn_str rule;
    int64_t raised; /* since then */
    int64_t useful;
    int64_t not_useful;
};

struct cn_signal_precision_list {
    struct cn_signal_precision *items;
    size_t count;
};

CN_MUST_CHECK bool cn_signal_precisions(const struct cn_unit *unit, cn_time since,
                                        struct cn_signal_precision_list *list_out,
                                        struct cn_error *err);

#endif
