-- Where an account stands from at_us on: segments, coverage model, stage, goals, as one text
-- ("|coverage:mid|segment:vip|"), written when it changes.  tick as in health_history.
CREATE TABLE placement_history (
    account_id      bigint   NOT NULL,
    at_us           bigint   NOT NULL,
    placement       text     NOT NULL,
    backfilled      smallint NOT NULL,
    program_version bigint   NOT NULL,
    tick            bigint   NOT NULL,
    PRIMARY KEY (account_id, at_us)
);
-- @dist account_id
CREATE INDEX placement_history_tick ON placement_history(tick);
