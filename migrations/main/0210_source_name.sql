-- A name that a source has for itself while it is enabled. Of those that were made with one name before, the first has it.
ALTER TABLE source ADD COLUMN claimed_name text;
UPDATE source SET claimed_name = name WHERE source_id IN
    (SELECT min(source_id) FROM source WHERE disabled_us IS NULL GROUP BY name);
CREATE UNIQUE INDEX source_by_name ON source(claimed_name);
