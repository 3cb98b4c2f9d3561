-- What is to reach people outside of its page: written in the transaction that gives the reason, sent
-- by src/job.  Numbers are those of job/outbox.h.  The coordinator alone has it, as it has jobs.
CREATE TABLE outbox (
    outbox_id  bigint   NOT NULL PRIMARY KEY, -- also in the Message-ID
    dedup      text     NOT NULL UNIQUE,      -- the same reason, person and channel is one row
    kind       smallint NOT NULL,
    channel    smallint NOT NULL,
    user_id    bigint   NOT NULL,             -- 0: a channel that many read
    record_id  bigint   NOT NULL,             -- of the kind: the signal
    body       text     NOT NULL,             -- JSON of what was decided when it was written, or ''
    state      smallint NOT NULL,
    is_held    smallint NOT NULL,             -- by quiet hours
    due_us     bigint   NOT NULL,             -- not before
    attempts   smallint NOT NULL,
    created_us bigint   NOT NULL,
    done_us    bigint,                        -- sent, given up or dropped
    error      text     NOT NULL,             -- of the last attempt
    read_us    bigint                         -- in the app: seen
) {{table_suffix}};
-- @local
CREATE INDEX outbox_due ON outbox(state, channel, due_us);
CREATE INDEX outbox_of_user ON outbox(user_id, channel, outbox_id);

-- How a person wants to be told.  Who has no row has what signal/preference.c says.
CREATE TABLE notice_preference (
    user_id         bigint   NOT NULL PRIMARY KEY,
    in_app          smallint NOT NULL,
    email           smallint NOT NULL,
    slack           smallint NOT NULL,
    slack_user_id   text     NOT NULL,
    min_severity    smallint NOT NULL, -- less is for the digest
    quiet_from      smallint,          -- minutes of the day; both or neither
    quiet_until     smallint,
    critical_passes smallint NOT NULL,
    time_zone       text     NOT NULL, -- '': the workspace's
    digest_at       smallint           -- minute of the day; null: no digest
) {{table_suffix}};
-- @ref

-- Up to when a person's digests have told.
CREATE TABLE notice_digest (
    user_id  bigint NOT NULL PRIMARY KEY,
    until_us bigint NOT NULL
) {{table_suffix}};
-- @local
