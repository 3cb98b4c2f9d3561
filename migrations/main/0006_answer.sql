-- Answers to requests that carried an Idempotency-Key, so that a repeated one is not done twice.

CREATE TABLE answer (
    user_id      bigint   NOT NULL,
    operation    text     NOT NULL,
    key          text     NOT NULL,
    request_hash text     NOT NULL,
    status       smallint NOT NULL,
    version      bigint   NOT NULL,
    location     text     NOT NULL,
    body         text     NOT NULL,
    created_us   bigint   NOT NULL,
    PRIMARY KEY (user_id, operation, key)
);
-- @local
CREATE INDEX answer_by_age ON answer(created_us);
