-- Metrics that are being filled from the log.  Of the events up to upto_seq those after after_seq are
-- still to be scanned; what comes later is counted as it comes.  -1: nobody knows, begin again.
CREATE TABLE rollup_build (
    metric    integer NOT NULL PRIMARY KEY,
    after_seq bigint  NOT NULL,
    upto_seq  bigint  NOT NULL
);
-- @local

-- Accounts whose rows were made anew since it began: complete, and left out of the rest.
CREATE TABLE rollup_build_account (
    account_id bigint NOT NULL PRIMARY KEY
);
-- @local
