-- With which event of the log a trait was told: what was known at a tick goes by the tick's place in
-- the log, not by the clock.  0: before this was kept.
ALTER TABLE account_trait ADD COLUMN log_seq bigint NOT NULL DEFAULT 0;
