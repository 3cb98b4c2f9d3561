-- What shadow scorecards made of accounts, for the line beside the live score; nothing else reads it.
-- At most one row a day for an account and a shadow: the last that changed on it, in the workspace's zone.
-- Points and confidence in thousandths; NULL: no score, or the shadow no longer applied.
CREATE TABLE shadow_history (
    account_id      bigint   NOT NULL,
    scorecard       text     NOT NULL,
    day             integer  NOT NULL,
    at_us           bigint   NOT NULL,
    points          integer,
    band            smallint NOT NULL,
    grey            smallint NOT NULL,
    confidence      integer  NOT NULL,
    fired           bigint   NOT NULL,
    because         text     NOT NULL,
    backfilled      smallint NOT NULL,
    program_version bigint   NOT NULL,
    PRIMARY KEY (account_id, scorecard, day)
) {{table_suffix}};
-- @dist account_id
CREATE INDEX shadow_history_day ON shadow_history(day);
