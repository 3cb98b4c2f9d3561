-- Subjects of counted events that belonged to no account.  0 is no subject: there are others too.
CREATE TABLE parked_subject (
    subject bigint NOT NULL PRIMARY KEY
) {{table_suffix}};
-- @local

-- What was counted before this list began is not in it.
INSERT INTO parked_subject (subject)
SELECT 0 WHERE EXISTS (SELECT 1 FROM rollup_metric);
