-- Signals that a version of the program raises at once for accounts that match when it becomes active.
CREATE TABLE program_start (
    version bigint NOT NULL,
    rule    text   NOT NULL,
    PRIMARY KEY (version, rule)
);
-- @ref
