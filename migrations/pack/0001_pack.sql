-- A packed log segment, see src/event/pack.h.
-- span: consecutive events that were sorted together, and the chunks they went to.
CREATE TABLE span (
    first_seq INTEGER PRIMARY KEY,
    last_seq INTEGER NOT NULL,
    first_received INTEGER NOT NULL,
    last_received INTEGER NOT NULL,
    first_chunk INTEGER NOT NULL,
    last_chunk INTEGER NOT NULL
);

-- body: zstd of the number of events, their sequence numbers and a block (src/event/block.h).
CREATE TABLE chunk (
    chunk INTEGER PRIMARY KEY,
    body BLOB NOT NULL
);

-- Where a subject's events are: n of them from the place `first` of a chunk.
CREATE TABLE posting (
    subject INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    first INTEGER NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (subject, chunk)
) WITHOUT ROWID;
