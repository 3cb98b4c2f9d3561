-- A run over the past tests a program on departures, or compares two: then of which accounts, and over which days.
ALTER TABLE backtest ADD COLUMN kind smallint NOT NULL DEFAULT 0; -- 0: back-test, 1: comparison
ALTER TABLE backtest ADD COLUMN first_day bigint;                 -- of a comparison, as all that follow
ALTER TABLE backtest ADD COLUMN last_day bigint;
ALTER TABLE backtest ADD COLUMN step_days bigint NOT NULL DEFAULT 1;
ALTER TABLE backtest ADD COLUMN owner_id bigint NOT NULL DEFAULT 0; -- 0: any
ALTER TABLE backtest ADD COLUMN segment text NOT NULL DEFAULT '';   -- '': any
