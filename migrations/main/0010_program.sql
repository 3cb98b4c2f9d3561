-- Versions of the program: immutable, the newest is active.
CREATE TABLE program_version (
    version   bigint NOT NULL PRIMARY KEY,
    author_id bigint NOT NULL,
    at_us     bigint NOT NULL,
    hash      text   NOT NULL,
    note      text   NOT NULL
);
-- @ref

CREATE TABLE program_file (
    version bigint NOT NULL,
    name    text   NOT NULL,
    body    text   NOT NULL,
    PRIMARY KEY (version, name)
);
-- @ref
