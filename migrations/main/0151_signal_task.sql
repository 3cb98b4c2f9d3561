-- What is to be done about a signal, as its rule said when it was raised, by number from 1 on.
CREATE TABLE signal_task (
    account_id bigint   NOT NULL,
    signal_id  bigint   NOT NULL,
    number     smallint NOT NULL,
    text       text     NOT NULL,
    done_us    bigint,
    done_by    bigint,
    PRIMARY KEY (account_id, signal_id, number)
) {{table_suffix}};
-- @dist account_id
