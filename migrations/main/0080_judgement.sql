-- What a user says of an account, with a reason and until when: kind 0 is a sentiment, 1 a score set by
-- hand, both 0 to 100.  A row is added and never removed; a newer one of its kind ends the one before,
-- which sets until_us.
CREATE TABLE judgement (
    account_id     bigint   NOT NULL,
    judgement_id   bigint   NOT NULL,
    kind           smallint NOT NULL,
    value          integer  NOT NULL,
    reason         text     NOT NULL,
    author_id      bigint   NOT NULL,
    at_us          bigint   NOT NULL,
    until_us       bigint   NOT NULL,
    known_us       bigint   NOT NULL,
    until_known_us bigint   NOT NULL,
    PRIMARY KEY (account_id, judgement_id)
) {{table_suffix}};
-- @dist account_id
