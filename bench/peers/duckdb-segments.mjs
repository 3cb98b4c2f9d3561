// DuckDB on two threads: the twenty segments of bench/segments/segments.yaml over a million accounts, compared
// with those of the day before, into a table of memberships and one of moves.
//   node duckdb-segments.mjs FOLDER       FOLDER has before.csv and after.csv
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

const segments = {
  'strategic': 'arr >= 100000',
  'core': 'arr >= 20000 AND arr < 100000',
  'long-tail': 'arr < 20000',
  'enterprise': "plan = 'enterprise'",
  'self-serve': "plan IN ('free', 'team')",
  'business-emea': "plan = 'business' AND region = 'emea'",
  'unhealthy': 'health_score < 40',
  'renewing': 'days_to_renewal >= 0 AND days_to_renewal <= 90',
  'renewal-at-risk': 'days_to_renewal >= 0 AND days_to_renewal <= 120 AND health_score < 60',
  'rescue': 'arr >= 50000 AND health_score < 40 AND days_to_renewal <= 180',
  'quiet': 'active_users_days_since > 14',
  'declining': 'events_change < -0.3::DOUBLE AND logins_sum >= 20',
  'saturated': 'active_users_distinct >= seats * 0.9::DOUBLE',
  'shelfware': 'active_users_distinct < seats * 0.2::DOUBLE AND arr > 5000',
  'burdened': 'open_tickets >= 3 OR critical_tickets_open > 0',
  'detractors': 'nps < 0',
  'promoters': 'nps >= 50 AND health_score >= 70',
  'champion-missing': 'NOT has_champion AND arr > 20000',
  'ready-to-expand': "seats_used_last / seats >= 0.8::DOUBLE AND health_score >= 75 AND plan <> 'enterprise'",
  'slow-start': 'tenure_days < 90 AND features_used_distinct < 4',
};
const names = Object.keys(segments);
const numbers = ['arr', 'seats', 'days_to_renewal', 'tenure_days', 'health_score', 'active_users_days_since', 'events_change',
  'logins_sum', 'active_users_distinct', 'open_tickets', 'critical_tickets_open', 'nps', 'seats_used_last', 'features_used_distinct'];

const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
const db = await instance.connect();
const rowsOf = async sql => (await db.runAndReadAll(sql)).getRowObjectsJS();
const folder = process.argv[2];
for (const day of ['before', 'after']) {
  await db.run(`CREATE TABLE account_${day} AS SELECT id::INTEGER AS id, plan, region, has_champion::BOOLEAN AS has_champion,
    ${numbers.map(name => `${name}::DOUBLE AS ${name}`)}
    FROM read_csv('${join(folder, `${day}.csv`)}', header = true, all_varchar = true) ORDER BY id`);
}

// A bit a segment: an account has one row, whatever it is in.
const mask = Object.values(segments).map((condition, s) => `CASE WHEN ${condition} THEN ${1 << s} ELSE 0 END`).join(' | ');
const members = day => `CREATE OR REPLACE TABLE member_${day} AS SELECT id, ${mask} AS sets FROM account_${day}`;
const moves = `CREATE OR REPLACE TABLE move AS
  SELECT id, s, (sets >> s) & 1 = 1 AS is_entry
  FROM (SELECT now.id, now.sets, xor(now.sets, was.sets) AS moved FROM member_after AS now POSITIONAL JOIN member_before AS was
        WHERE now.sets <> was.sets), range(${names.length}) AS r(s)
  WHERE (moved >> s) & 1 = 1`;

await db.run(members('before'));
const times = [];
for (let round = 0; round < 9; round++) {
  const begun = performance.now();
  await db.run(members('after'));
  await db.run(moves);
  times.push(performance.now() - begun);
}

const counts = {};
for (const [s, name] of names.entries()) {
  const [row] = await rowsOf(`SELECT (SELECT count(*) FROM member_after WHERE sets & ${1 << s} <> 0)::INTEGER AS members,
    count(*) FILTER (is_entry)::INTEGER AS entered, count(*) FILTER (NOT is_entry)::INTEGER AS "left" FROM move WHERE s = ${s}`);
  counts[name] = row;
}
const [{ moved }] = await rowsOf('SELECT count(DISTINCT id)::INTEGER AS moved FROM move');
console.log(JSON.stringify({ ms: times.toSorted((a, b) => a - b)[4], accounts_moved: moved, segments: counts }));
