-- Who entered and left a segment lately, of all accounts: the newest rows first.
CREATE INDEX placement_history_at ON placement_history(at_us DESC, account_id);
