-- The order of the inbox, for those who ask for all states at once; and a signal by its id alone.
CREATE INDEX signal_by_severity ON signal(severity, signal_id);
CREATE INDEX signal_by_id ON signal(signal_id);
