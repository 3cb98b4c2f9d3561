-- What a round of the engine that wrote something stood on, so that it can be computed again as known.
-- Numbered without a gap in the order in which they were.
CREATE TABLE tick (
    tick            bigint   NOT NULL PRIMARY KEY,
    at_us           bigint   NOT NULL, -- of the rows that it wrote
    clock_us        bigint   NOT NULL, -- for what depends on time: the last round that looked at the clock
    is_fresh        smallint NOT NULL, -- ranks as of last night were computed in it: a start, or a new day
    log_seq         bigint   NOT NULL, -- events up to it were counted
    change_seq      bigint   NOT NULL, -- records up to this change were read
    mapping         bigint   NOT NULL, -- version of the subjects' mapping
    program_version bigint   NOT NULL,
    engine_version  integer  NOT NULL,
    settings        bigint   NOT NULL, -- digest of the settings that matter
    zone            bigint   NOT NULL  -- digest of the time zone's data
) {{table_suffix}};
-- @local

-- Colours that a back-fill handed over to the live scores, under the tick that went on from them.
CREATE TABLE tick_colour (
    account_id bigint   NOT NULL,
    tick       bigint   NOT NULL,
    band       smallint NOT NULL,
    PRIMARY KEY (account_id, tick)
) {{table_suffix}};
-- @dist account_id
