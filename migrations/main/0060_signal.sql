-- Signals: what asked, or asks, a person for attention to an account.  A row is one signal from the
-- moment that its condition was found or became true; is_current marks the newest of each rule, from
-- which the engine goes on.  Numbers are those of signal/rule.h, signal/state.h and signal/inbox.h.
CREATE TABLE signal (
    account_id      bigint   NOT NULL,
    signal_id       bigint   NOT NULL,
    rule            text     NOT NULL,
    rule_hash       bigint   NOT NULL, -- of the condition under which it got where it is
    because         text     NOT NULL,
    severity        smallint NOT NULL,
    owner           smallint NOT NULL, -- who is asked: the account's owner, the team's leader
    state           smallint NOT NULL,
    is_current      smallint NOT NULL,
    was_raised      smallint NOT NULL, -- since it was last armed
    first_us        bigint   NOT NULL,
    since_us        bigint   NOT NULL, -- in its state
    raised_us       bigint,
    cleared_us      bigint,
    program_version bigint   NOT NULL,
    assignee_id     bigint,            -- who is asked to look at it
    told            smallint NOT NULL, -- 0: nobody, 1: its assignee, 2: not, the day's budget was spent
    acknowledged_us bigint,
    acknowledged_by bigint,
    snoozed_us      bigint,            -- until then
    start_us        bigint,            -- a person picked what was already true
    start_by        bigint,
    resolved_us     bigint,
    resolved_by     bigint,
    outcome         smallint,
    outcome_reason  text     NOT NULL DEFAULT '',
    version         bigint   NOT NULL,
    PRIMARY KEY (account_id, signal_id)
) {{table_suffix}};
-- @dist account_id
CREATE INDEX signal_of_rule ON signal(account_id, rule, is_current);
CREATE INDEX signal_by_state ON signal(state, severity, signal_id);
CREATE INDEX signal_by_assignee ON signal(assignee_id, raised_us);

-- What happened to a signal, whoever did it.  tick: that computed it, 0: a person did.  evidence: of
-- what raised it, frozen then: the condition, the values that it read with where they came from, the
-- score.
CREATE TABLE signal_event (
    account_id      bigint   NOT NULL,
    event_id        bigint   NOT NULL,
    signal_id       bigint   NOT NULL,
    rule            text     NOT NULL,
    kind            smallint NOT NULL,
    state           smallint NOT NULL, -- after it
    at_us           bigint   NOT NULL,
    tick            bigint   NOT NULL,
    user_id         bigint   NOT NULL, -- 0: Cairn itself
    program_version bigint   NOT NULL,
    note            text     NOT NULL,
    evidence        text,
    PRIMARY KEY (account_id, event_id)
) {{table_suffix}};
-- @dist account_id
CREATE INDEX signal_event_of_signal ON signal_event(account_id, signal_id);
CREATE INDEX signal_event_tick ON signal_event(tick);

-- Which rules have answered for an account: their hashes, in hexadecimal.  What is not here is asked
-- for the first time, and only sets a baseline.
CREATE TABLE signal_answered (
    account_id bigint NOT NULL PRIMARY KEY,
    rules      text   NOT NULL
) {{table_suffix}};
-- @dist account_id

-- For that time signals of a kind are not to bother an account.
CREATE TABLE hold (
    account_id bigint NOT NULL,
    hold_id    bigint NOT NULL,
    kind       text   NOT NULL,
    reason     text   NOT NULL,
    from_us    bigint NOT NULL,
    until_us   bigint,
    ended_us   bigint,
    created_us bigint NOT NULL,
    created_by bigint NOT NULL,
    PRIMARY KEY (account_id, hold_id)
) {{table_suffix}};
-- @dist account_id

-- What people decided about signals, under the tick that took it into account: holds (rule empty), and
-- starts of what was already true (kind empty).  So a tick can be computed again.
CREATE TABLE tick_decision (
    account_id bigint NOT NULL,
    tick       bigint NOT NULL,
    record_id  bigint NOT NULL, -- of the hold, of the signal
    rule       text   NOT NULL,
    kind       text   NOT NULL,
    from_us    bigint NOT NULL,
    until_us   bigint NOT NULL,
    PRIMARY KEY (account_id, tick, record_id)
) {{table_suffix}};
-- @dist account_id
CREATE INDEX tick_decision_tick ON tick_decision(tick);
