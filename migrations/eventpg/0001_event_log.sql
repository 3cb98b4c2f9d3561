-- The event log on PostgreSQL.  `subject` never changes, so the log is distributed by it; `day` is
-- the UTC day on which the event was stored, by which it is partitioned and dropped.  Partitions
-- are made by src/event/postgres.c.
CREATE TABLE event_log (
    subject       bigint   NOT NULL,
    seq           bigint   NOT NULL,
    day           integer  NOT NULL,
    type          smallint NOT NULL,
    source_id     bigint   NOT NULL,
    at_us         bigint   NOT NULL,
    received_us   bigint   NOT NULL,
    message_id    text     NOT NULL,
    name          text     NOT NULL,
    user_key      text     NOT NULL,
    anonymous_key text     NOT NULL,
    group_key     text     NOT NULL,
    previous_key  text     NOT NULL,
    email         text     NOT NULL,
    payload       text     NOT NULL,
    PRIMARY KEY (subject, seq, day)
) PARTITION BY RANGE (day);
-- @dist subject

CREATE INDEX event_log_seq ON event_log (seq);

-- Message-id hashes of the deduplication window.  Each claims the rows of its day and the next two;
-- it is new if none of them was there.  So any two claims within 48 hours share a row.
CREATE TABLE event_seen (
    key_hi bigint  NOT NULL,
    key_lo bigint  NOT NULL,
    day    integer NOT NULL,
    PRIMARY KEY (key_hi, key_lo, day)
) PARTITION BY RANGE (day);
-- @dist key_hi

-- Days that have partitions.
CREATE TABLE event_day (
    day integer NOT NULL PRIMARY KEY
);
-- @local

-- The newest sequence number; its row is locked from its update to the commit, so that the order of
-- commits is the order of the log.
CREATE TABLE event_position (
    node integer NOT NULL PRIMARY KEY,
    seq  bigint  NOT NULL
);
-- @local

INSERT INTO event_position (node, seq) VALUES (0, 0);
