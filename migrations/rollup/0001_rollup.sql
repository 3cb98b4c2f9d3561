-- Numbers of metrics: what is counted has a name ("event:Signed In") and keeps its number.
-- built = 0: the rows are incomplete, because the metric began when events were there already.
CREATE TABLE rollup_metric (
    metric integer  NOT NULL PRIMARY KEY,
    name   text     NOT NULL,
    built  smallint NOT NULL,
    UNIQUE (name)
);
-- @ref

-- Embedded: the rows are made of the log up to seq.  Everywhere: under that version of the subjects'
-- mapping.
CREATE TABLE rollup_position (
    id      smallint NOT NULL PRIMARY KEY,
    seq     bigint   NOT NULL,
    mapping bigint   NOT NULL
);
-- @local

INSERT INTO rollup_position (id, seq, mapping) VALUES (1, 0, 0);

-- plus and minus are millionths, the largest bigint: does not fit.  last is of the greatest
-- (last_at, last_tie).  members counts the rows of metric_member.
CREATE TABLE metric_daily (
    account_id bigint  NOT NULL,
    metric     integer NOT NULL,
    day        integer NOT NULL,
    count      bigint  NOT NULL,
    members    integer NOT NULL,
    plus       bigint,
    minus      bigint,
    min_value  double precision,
    max_value  double precision,
    last_value double precision,
    last_at    bigint,
    last_tie   bigint,
    PRIMARY KEY (account_id, metric, day)
) {{table_suffix}};
-- @dist account_id

CREATE INDEX metric_daily_large ON metric_daily (members) WHERE members >= 100;

CREATE TABLE metric_member (
    account_id bigint  NOT NULL,
    metric     integer NOT NULL,
    day        integer NOT NULL,
    member     bigint  NOT NULL,
    PRIMARY KEY (account_id, metric, day, member)
) {{table_suffix}};
-- @dist account_id

-- Embedded: the same of the newest days, keyed so that a flush touches few pages.
CREATE TABLE rollup_hot (
    day        integer NOT NULL,
    account_id bigint  NOT NULL,
    metric     integer NOT NULL,
    count      bigint  NOT NULL,
    members    integer NOT NULL,
    plus       bigint,
    minus      bigint,
    min_value  double precision,
    max_value  double precision,
    last_value double precision,
    last_at    bigint,
    last_tie   bigint,
    PRIMARY KEY (day, account_id, metric)
) {{table_suffix}};
-- @dist account_id

CREATE INDEX rollup_hot_large ON rollup_hot (members) WHERE members >= 100;

CREATE TABLE rollup_hot_member (
    day        integer NOT NULL,
    account_id bigint  NOT NULL,
    metric     integer NOT NULL,
    member     bigint  NOT NULL,
    PRIMARY KEY (day, account_id, metric, member)
) {{table_suffix}};
-- @dist account_id
