-- Accounts that became part of another.  What stood for the merged one - external ids, domains -
-- stands for the survivor from that version of the subjects' mapping on; a survivor may itself be
-- merged later.  Rows are added and never changed.
CREATE TABLE account_merge (
    merged_id   bigint NOT NULL PRIMARY KEY,
    survivor_id bigint NOT NULL,
    user_id     bigint NOT NULL,
    known_us    bigint NOT NULL,
    version     bigint NOT NULL
);
-- @ref
