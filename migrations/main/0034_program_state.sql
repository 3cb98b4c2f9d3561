-- What became of versions of the program: the active one is the position of the consumer "program".
ALTER TABLE program_version ADD COLUMN rolls_back bigint NOT NULL DEFAULT 0;

-- Versions that could not be made active, and why.
CREATE TABLE program_failure (
    version bigint NOT NULL PRIMARY KEY,
    at_us   bigint NOT NULL,
    message text   NOT NULL
);
-- @ref
