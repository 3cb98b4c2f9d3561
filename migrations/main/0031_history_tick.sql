-- The tick that computed a lived row, of table `tick`.  0: a back-filled row, or one from before ticks
-- were kept.
ALTER TABLE health_history ADD COLUMN tick bigint NOT NULL DEFAULT 0;
CREATE INDEX health_history_tick ON health_history(tick);
