-- Events that were refused, for people to see: the newest 10,000 of each source.  `number` tells
-- apart what was refused in the same microsecond.
CREATE TABLE rejected (
    source_id bigint NOT NULL,
    at_us     bigint NOT NULL,
    number    bigint NOT NULL,
    reason    text   NOT NULL,
    pointer   text   NOT NULL,
    excerpt   text   NOT NULL,
    PRIMARY KEY (source_id, at_us, number)
);
-- @local
