-- Runs of the back-test that were asked for, and what came of them.  The last few are kept.
CREATE TABLE backtest (
    backtest_id bigint   NOT NULL PRIMARY KEY,
    state       smallint NOT NULL,
    author_id   bigint   NOT NULL,
    version     bigint   NOT NULL, -- of the program; 0: files that were never a version
    against     bigint   NOT NULL, -- the second version; 0: none
    basis       smallint NOT NULL,
    left_from   bigint,            -- of the departures that are asked about; null: all
    left_to     bigint,
    asked_us    bigint   NOT NULL,
    ended_us    bigint,
    failure     text     NOT NULL,
    reports     text     NOT NULL  -- JSON, or ''
) {{table_suffix}};
-- @local
