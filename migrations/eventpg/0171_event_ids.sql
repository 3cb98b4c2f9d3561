-- The message-id hashes of the deduplication window, a row a group of events: 16 bytes an id, key_hi
-- and key_lo of each in the order of the log, big-endian.  `seq` is the group's last number, `day`
-- the UTC day on which it was stored.  Every process keeps the ids of the window in memory and reads
-- here what it has not seen yet (src/event/pg_seen.h).  Partitions are made by src/event/postgres.c.
CREATE TABLE event_ids (
    seq bigint  NOT NULL,
    day integer NOT NULL,
    ids bytea   NOT NULL,
    PRIMARY KEY (seq, day)
) PARTITION BY RANGE (day);
-- @local

-- Until now an id claimed a row of event_seen.  Those get numbers below those of all groups.  That
-- the table is gone stops a program of before, which would not see what is claimed here.
DO $$
DECLARE
    seen_day integer;
BEGIN
    FOR seen_day IN
        SELECT day FROM event_day
        WHERE day >= (SELECT coalesce(max(day), 0) FROM event_day) - 3
    LOOP
        EXECUTE format('CREATE TABLE event_ids_d%s PARTITION OF event_ids FOR VALUES FROM (%s) TO (%s)',
                       seen_day, seen_day, seen_day + 1);
    END LOOP;
END $$;

INSERT INTO event_ids (seq, day, ids)
SELECT row_number() OVER (ORDER BY s.day, s.part) - 1000000000000, s.day, s.ids
FROM (SELECT n.day, n.part, string_agg(int8send(n.key_hi) || int8send(n.key_lo), '') AS ids
      FROM (SELECT day, key_hi, key_lo, (row_number() OVER (PARTITION BY day) - 1) / 16384 AS part
            FROM event_seen) AS n
      GROUP BY n.day, n.part) AS s
WHERE s.day IN (SELECT day FROM event_day
                WHERE day >= (SELECT coalesce(max(day), 0) FROM event_day) - 3);

DROP TABLE event_seen;
