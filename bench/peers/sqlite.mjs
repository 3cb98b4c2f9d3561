// fastify + better-sqlite3, WAL, synchronous FULL.
//   node sqlite.mjs FILE request    one commit a request
//   node sqlite.mjs FILE group      requests of 2 ms share a commit
import Database from 'better-sqlite3';
import { serve } from './intake.mjs';

const [file, mode] = process.argv.slice(2);
const db = new Database(file);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec(`CREATE TABLE IF NOT EXISTS event (
  seq INTEGER PRIMARY KEY, message_id TEXT NOT NULL UNIQUE, type TEXT, name TEXT, user_key TEXT, account_key TEXT,
  at INTEGER, received INTEGER, payload TEXT)`);
const insert = db.prepare('INSERT OR IGNORE INTO event VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)');
const insertAll = db.transaction(rows => {
  for (const r of rows) insert.run(r.id, r.type, r.name, r.user, r.account, r.at, r.received, r.payload);
});

let waiting = [];
function commitGroup() {
  const group = waiting;
  waiting = [];
  try {
    insertAll(group.flatMap(({ rows }) => rows));
    for (const { resolve } of group) resolve();
  } catch (error) {
    for (const { reject } of group) reject(error);
  }
}

await serve(mode === 'group'
  ? rows => new Promise((resolve, reject) => {
    if (waiting.push({ rows, resolve, reject }) === 1) setTimeout(commitGroup, 2);
  })
  : async rows => insertAll(rows));
