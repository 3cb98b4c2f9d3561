-- A touch: somebody of ours spoke with, met or wrote to an account.  `trigger_text` says what asked for it;
-- without it nothing did.  A row is added and never removed; one that was wrong is withdrawn.
CREATE TABLE touch (
    account_id   bigint   NOT NULL,
    touch_id     bigint   NOT NULL,
    kind         smallint NOT NULL,
    person_id    bigint,
    user_id      bigint   NOT NULL,
    note         text     NOT NULL,
    trigger_text text     NOT NULL,
    at_us        bigint   NOT NULL,
    known_us     bigint   NOT NULL,
    withdrawn_us bigint,
    PRIMARY KEY (account_id, touch_id)
) {{table_suffix}};
-- @dist account_id
