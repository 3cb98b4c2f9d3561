-- A log segment as it is written: a row is a block of events that were committed together.
--   seq       sequence number of the block's first event; the others follow without a gap
--   n         events
--   received  receive time of the newest event, microseconds
--   ids       16 bytes an event: message-id hash, the higher half first, each little-endian
--   chain     16 bytes an event: subject, then seq of the subject's previous event in this
--             segment or 0; little-endian
--   codec     of the body: 0 raw, 1 zstd
--   body      the events, see src/event/block.h
CREATE TABLE block (
    seq INTEGER PRIMARY KEY,
    n INTEGER NOT NULL,
    received INTEGER NOT NULL,
    ids BLOB NOT NULL,
    chain BLOB NOT NULL,
    codec INTEGER NOT NULL,
    body BLOB NOT NULL
);
