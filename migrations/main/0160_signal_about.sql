-- The record that a signal is about, of the kind that its rule counts: a ticket.  0: the account itself.
ALTER TABLE signal ADD COLUMN about_id bigint NOT NULL DEFAULT 0;
ALTER TABLE signal_event ADD COLUMN about_id bigint NOT NULL DEFAULT 0;
ALTER TABLE tick_decision ADD COLUMN about_id bigint NOT NULL DEFAULT 0;

-- Snoozes that are over are looked for each second.
CREATE INDEX signal_snoozed ON signal(snoozed_us);
