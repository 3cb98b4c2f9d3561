-- Where the account stands now, for lists: the newest of its placement_history.
ALTER TABLE account ADD COLUMN placement text NOT NULL DEFAULT '';
