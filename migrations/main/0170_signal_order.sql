-- The order of the inbox, for those who ask for all states at once.
CREATE INDEX signal_by_severity ON signal(severity, signal_id);
