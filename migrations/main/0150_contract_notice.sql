-- The last day on which either side can give notice; without it nobody said one.
ALTER TABLE contract ADD COLUMN notice_on bigint;
