-- What an account's score was from at_us on: written when the rounded point, the band, the fired
-- exceptions or the scorecard changes.  Points and confidence in thousandths; NULL: no score.
CREATE TABLE health_history (
    account_id      bigint   NOT NULL,
    at_us           bigint   NOT NULL,
    points          integer,
    band            smallint NOT NULL,
    grey            smallint NOT NULL,
    confidence      integer  NOT NULL,
    scorecard       text     NOT NULL,
    fired           bigint   NOT NULL,
    because         text     NOT NULL,
    backfilled      smallint NOT NULL,
    program_version bigint   NOT NULL,
    PRIMARY KEY (account_id, at_us)
);
-- @dist account_id
