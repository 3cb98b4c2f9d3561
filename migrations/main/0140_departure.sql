-- Accounts that left, for the back-test: the day of leaving, in the workspace's zone, and when we were told.
CREATE TABLE departure (
    account_id bigint NOT NULL PRIMARY KEY,
    left_on    bigint NOT NULL,
    reason     text   NOT NULL,
    author_id  bigint NOT NULL,
    known_us   bigint NOT NULL
) {{table_suffix}};
-- @dist account_id
